"""NVIDIA GPUs: what sysfs alone tells, what NVML adds, and what happens when it fails."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import Device, Snapshot
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.gpu.nvidia.nvml import error_name
from tests.builders import hash_of
from tests.drivers.subjects import look
from tests.fakes.nvml import ERROR_CODES, FakeNvml, Gpu

ADDRESSES = [f"0000:{bus}:00.0" for bus in ("1b", "43", "52", "61", "9d", "c3", "d1", "df")]


@pytest.fixture
def hgx(shared_trees: dict[str, Path]) -> Path:
    return shared_trees["nvidia-hgx-h100"]


def make_nvml(**changes: Any) -> FakeNvml:
    return FakeNvml({address: Gpu() for address in ADDRESSES}, **changes)


def discover(root: Path, nvml: FakeNvml | None) -> tuple[Device, ...]:
    return look(NvidiaGpuDriver(DriverContext(root), nvml), "h")


def addresses_of(devices: tuple[Device, ...]) -> list[str]:
    return [device.deployables[0].name.removeprefix("h_") for device in devices]


def test_sysfs_alone_tells_ids_place_and_handle(hgx: Path) -> None:
    devices = discover(hgx, None)
    assert addresses_of(devices) == ADDRESSES
    first = devices[0]
    assert (first.type, first.fields.vendor, first.fields.numa_node) == ("GPU", "10de", 0)
    assert devices[-1].fields.numa_node == 1
    assert first.facts.device_id == "2330"
    assert first.facts.subsystem_device_id == "16c1"
    assert first.facts.memory_bytes is None
    assert first.fields.std_board_info == {"product_id": "2330", "controller": "3D controller"}
    (deployable,) = first.deployables
    assert deployable.resource_class == "PGPU"
    assert deployable.traits == ("OWNER_CYBORG", "CUSTOM_NVIDIA_2330")
    assert [handle.info for handle in deployable.handles] == [
        {"domain": "0000", "bus": "1b", "device": "00", "function": "0"}
    ]


def test_switches_bridges_and_other_displays_are_no_gpus(hgx: Path) -> None:
    found = set(addresses_of(discover(hgx, None)))
    assert not found & {"0000:05:00.0", "0000:00:02.0", "0000:19:01.0"}


def test_nvml_adds_memory_architecture_versions_and_name(hgx: Path) -> None:
    nvml = make_nvml()
    device = discover(hgx, nvml)[0]
    facts = device.facts
    assert facts.memory_bytes == (81_559 - 551) << 20
    assert facts.architecture == "sm_90"
    assert facts.driver_version == "570.133.20"
    assert facts.firmware_version == "96.00.74.00.01"
    assert facts.product_name == device.fields.model == "NVIDIA H100 80GB HBM3"
    assert device.fields.vendor_board_info == {"uuid": "GPU-1b5a0f2e-0000-4000-8000-000000000000"}
    assert device.deployables[0].attributes == {"mig_mode": "disabled"}


def test_the_library_is_closed_again_after_each_look(hgx: Path) -> None:
    nvml = make_nvml()
    driver = NvidiaGpuDriver(DriverContext(hgx), nvml)
    driver.discover(Look())
    driver.discover(Look())
    assert (nvml.open_count, nvml.look_count) == (0, 2)


def test_an_older_library_without_the_second_memory_question_gives_the_total(hgx: Path) -> None:
    nvml = make_nvml(has_second_memory_question=False)
    assert discover(hgx, nvml)[0].facts.memory_bytes == 81_559 << 20


def test_a_gpu_that_cannot_be_split_has_no_mig_mode(hgx: Path) -> None:
    nvml = make_nvml()
    nvml.gpus[ADDRESSES[0]].mig_mode = None
    nvml.gpus[ADDRESSES[1]].mig_mode = (1, 1)
    attributes = [device.deployables[0].attributes for device in discover(hgx, nvml)[:2]]
    assert attributes == [{}, {"mig_mode": "enabled"}]


@pytest.mark.parametrize("error", ["GPU_IS_LOST", "UNKNOWN", "NOT_FOUND"])
def test_one_lost_gpu_is_left_out_and_the_others_stay(
    hgx: Path, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    nvml = make_nvml()
    nvml.gpus[ADDRESSES[2]].error = error
    assert addresses_of(discover(hgx, nvml)) == [a for a in ADDRESSES if a != ADDRESSES[2]]
    assert nvml.open_count == 0
    assert f"{ADDRESSES[2]} is left out: NVML:" in caplog.text


def test_a_lost_gpu_comes_back_when_it_answers_again(
    hgx: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nvml = make_nvml()
    driver = NvidiaGpuDriver(DriverContext(hgx), nvml)
    for _ in range(3):
        nvml.gpus[ADDRESSES[2]].error = "GPU_IS_LOST"
        assert len(driver.discover(Look())) == len(driver.discover(Look())) == 7
        nvml.gpus[ADDRESSES[2]].error = None
        assert len(driver.discover(Look())) == 8
    assert caplog.text.count("is left out") == 3


@pytest.mark.parametrize(
    ("error", "is_warned"),
    [
        ("LIBRARY_NOT_FOUND", False),
        ("DRIVER_NOT_LOADED", False),
        ("LIB_RM_VERSION_MISMATCH", True),
        ("UNKNOWN", True),
    ],
)
def test_without_an_answering_library_sysfs_is_enough(
    hgx: Path, error: str, is_warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert discover(hgx, make_nvml(init_error=error)) == discover(hgx, None)
    assert bool(caplog.records) is is_warned


def test_a_gpu_keeps_its_description_while_the_library_fails(hgx: Path) -> None:
    nvml = make_nvml()
    driver = NvidiaGpuDriver(DriverContext(hgx), nvml)
    before = hash_of(Snapshot("h", look(driver)))
    nvml.init_error = "UNKNOWN"
    assert hash_of(Snapshot("h", look(driver))) == before


def test_only_gpus_of_nvidias_kernel_driver_are_asked_about(shared_trees: dict[str, Path]) -> None:
    nvml = FakeNvml({"0000:01:00.0": Gpu(name="NVIDIA GeForce RTX 4090", capability=(8, 9))})
    options = {"offer_in_use": ["0000:01:00.0"]}
    driver = NvidiaGpuDriver(DriverContext(shared_trees["nvidia-mixed"], options), nvml)
    devices = look(driver, "h")
    assert addresses_of(devices) == ["0000:01:00.0", "0000:b0:00.0"]
    assert [device.facts.architecture for device in devices] == ["sm_89", None]


def test_neither_virtual_functions_nor_their_gpu_are_given_out_whole(
    shared_trees: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        devices = discover(shared_trees["nvidia-mixed"], None)
    assert not [address for address in addresses_of(devices) if address.startswith("0000:3b")]
    assert "0000:3b:00.0 is left out: its 4 virtual functions are enabled" in caplog.text


def test_the_library_is_not_even_opened_when_the_option_forbids_it(hgx: Path) -> None:
    nvml = make_nvml()
    NvidiaGpuDriver(DriverContext(hgx, {"nvml": False}), nvml).discover(Look())
    assert nvml.look_count == 0


def test_the_library_is_not_opened_on_a_host_without_gpus(shared_trees: dict[str, Path]) -> None:
    nvml = make_nvml()
    assert discover(shared_trees["virtual-machine"], nvml) == ()
    assert nvml.look_count == 0


def test_a_mistaken_option_is_refused() -> None:
    with pytest.raises(InvalidInput, match="option nvml must be true or false, not 'yes'"):
        NvidiaGpuDriver(DriverContext(options={"nvml": "yes"}))


def test_control_characters_in_a_name_do_not_get_through(hgx: Path) -> None:
    nvml = make_nvml()
    nvml.gpus[ADDRESSES[0]].name = "H100\x00\x1b[31m\nred\u202e" + "x" * 400
    name = discover(hgx, nvml)[0].facts.product_name
    assert name is not None
    assert name.startswith("H100[31m redx")
    assert len(name) == 255


def test_the_fake_library_has_the_real_ones_names_and_codes() -> None:
    pynvml = pytest.importorskip("pynvml")
    for name, code in ERROR_CODES.items():
        assert getattr(pynvml, f"NVML_ERROR_{name}") == code
    for name in dir(FakeNvml):
        if name.startswith("nvml"):
            assert hasattr(pynvml, name), name
    assert error_name(pynvml, pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)) == "GPU_IS_LOST"


def test_the_real_binding_on_a_host_without_the_library_changes_nothing(hgx: Path) -> None:
    pynvml = pytest.importorskip("pynvml")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound:
        assert discover(hgx, pynvml) == discover(hgx, None)
    else:
        pynvml.nvmlShutdown()
        pytest.skip("this host has the NVIDIA library")
