"""NVIDIA GPUs: what sysfs alone tells, what NVML adds, and what happens when it fails."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.drivers.driver import DriverContext, Look, Memory
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.gpu.nvidia.nvml import error_name
from tests.drivers.subjects import look
from tests.fakes.nvml import CONSTANTS, ERROR_CODES, FakeNvml, Gpu

ADDRESSES = [f"0000:{bus}:00.0" for bus in ("1b", "43", "52", "61", "9d", "c3", "d1", "df")]


@pytest.fixture
def hgx(shared_trees: dict[str, Path]) -> Path:
    return shared_trees["nvidia-hgx-h100"]


def make_nvml(**changes: Any) -> FakeNvml:
    gpus = {
        address: Gpu(uuid=f"GPU-1b5a0f2e-0000-4000-8000-{number:012}")
        for number, address in enumerate(ADDRESSES)
    }
    return FakeNvml(gpus, **changes)


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
    assert device.identity == "nvidia:GPU-1b5a0f2e-0000-4000-8000-000000000000"
    assert device.fields.versions == {"nvidia": "570.133.20", "cuda": "12.8"}
    assert device.deployables[0].attributes == {
        "mig_mode": "disabled",
        "mig_mode_pending": "disabled",
    }


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
    assert "mig_mode" not in discover(hgx, nvml)[0].deployables[0].attributes


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("GPU_IS_LOST", "gpu_lost"),
        ("UNKNOWN", "gpu_lost"),
        ("NOT_FOUND", "gpu_lost"),
        ("RESET_REQUIRED", "recovery_needed"),
    ],
)
def test_one_lost_gpu_is_in_trouble_and_the_others_are_not(
    hgx: Path, error: str, code: str
) -> None:
    nvml = make_nvml()
    nvml.gpus[ADDRESSES[2]].error = error
    troubles = [device.trouble for device in discover(hgx, nvml)]
    assert [trouble.code if trouble else None for trouble in troubles] == [
        code if address == ADDRESSES[2] else None for address in ADDRESSES
    ]
    assert nvml.open_count == 0


def test_a_lost_gpu_is_described_as_before_and_is_sound_when_it_answers_again(hgx: Path) -> None:
    nvml, memory = make_nvml(), Memory()
    driver = NvidiaGpuDriver(DriverContext(hgx), nvml)
    sound = driver.discover(Look(memory))[2]
    nvml.gpus[ADDRESSES[2]].error = "GPU_IS_LOST"
    lost = driver.discover(Look(memory))[2]
    assert lost.trouble is not None
    assert replace(lost, trouble=None) == sound
    nvml.gpus[ADDRESSES[2]].error = None
    assert driver.discover(Look(memory))[2] == sound


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
    nvml, memory = make_nvml(), Memory()
    driver = NvidiaGpuDriver(DriverContext(hgx), nvml)
    before = driver.discover(Look(memory))
    nvml.init_error = "UNKNOWN"
    assert driver.discover(Look(memory)) == before


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
    for name, value in CONSTANTS.items():
        assert getattr(pynvml, f"NVML_{name}") == value
    for name in ("c_nvmlGpuInstance_t", "c_nvmlComputeInstance_t"):
        assert hasattr(pynvml, name)
    fields = [name for name, *_ in pynvml.c_nvmlGpuInstancePlacement_t._fields_]
    assert fields == [name for name, *_ in FakeNvml.c_nvmlGpuInstancePlacement_t._fields_]
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
