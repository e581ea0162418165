"""vGPUs by mediated devices: what the kernel still makes is offered, made and ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.capacities import Drawing, find_overdraft
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import HandleUnusable, Look
from tests.drivers.hosts import SmallHost
from tests.drivers.nvidia.machines import Machine, names_of
from tests.fakes.mdev_kernel import T4_TYPES, MdevKernel, VgpuType
from tests.fakes.nvml import FakeNvml, Gpu

ADDRESS = "0000:3b:00.0"
T4: dict[str, str | bytes] = {"vendor": "0x10de", "device": "0x1eb8", "class": "0x030200"}
ONE, TWO, WHOLE, OFFICE = T4_TYPES
FOREIGN = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def kernel(tmp_path: Path) -> MdevKernel:
    host = SmallHost(tmp_path / "sys")
    host.add(ADDRESS, T4, driver="nvidia", group=3)
    return MdevKernel(host.root, [ADDRESS])


@pytest.fixture
def machine(kernel: MdevKernel) -> Machine:
    nvml = FakeNvml({ADDRESS: Gpu(name="Tesla T4", mig_mode=None, capability=(7, 5))})
    return Machine(kernel.root, nvml, write=kernel.write)


def counts_of(machine: Machine) -> dict[str, int]:
    (device,) = machine.report()
    return {part.part: part.fields.num_accelerators for part in device.deployables}


def get(device: FoundDevice, part_name: str, place: str) -> AttachHandle:
    (part,) = [part for part in device.parts if part.name == part_name]
    (handle,) = [handle for handle in part.handles if handle.place == place]
    return handle


def test_each_type_is_a_part_with_as_many_places_as_the_kernel_makes(machine: Machine) -> None:
    assert counts_of(machine) == {
        "": 1,
        "vgpu-T4-16Q": 1,
        "vgpu-T4-1A": 16,
        "vgpu-T4-1Q": 16,
        "vgpu-T4-2Q": 8,
    }
    (device,) = machine.report()
    part = next(part for part in device.deployables if part.part == "vgpu-T4-2Q")
    assert part.resource_class == "VGPU"
    assert part.traits == ("OWNER_CYBORG", "CUSTOM_NVIDIA_1EB8_T4_2Q")
    assert part.part_facts is not None
    assert part.part_facts.memory_bytes == 2 << 30
    assert part.handles[3].place == "3"
    assert part.handles[3].type == "MDEV"
    assert part.handles[3].info["asked_type"] == "nvidia-231"
    assert part.handles[3].info["bus"] == "3b"


def test_prepare_makes_the_device_and_release_ends_it(machine: Machine, kernel: MdevKernel) -> None:
    handle = get(machine.look_at_one(), "vgpu-T4-2Q", "3")
    for _ in range(2):
        machine.driver.prepare(handle)
        assert kernel.made == {handle.info["uuid"]: (ADDRESS, TWO)}
    for _ in range(2):
        machine.driver.release(handle)
        assert kernel.made == {}


def test_the_same_place_has_the_same_uuid_after_a_reboot(
    machine: Machine, kernel: MdevKernel
) -> None:
    handle = get(machine.look_at_one(), "vgpu-T4-1Q", "7")
    machine.driver.prepare(handle)
    kernel.reboot()
    machine.restart()
    assert get(machine.look_at_one(), "vgpu-T4-1Q", "7") == handle
    machine.driver.prepare(handle)
    assert list(kernel.made) == [handle.info["uuid"]]


def test_places_and_types_have_uuids_of_their_own(machine: Machine) -> None:
    uuids = [
        handle.info["uuid"]
        for part in machine.look_at_one().parts
        for handle in part.handles
        if handle.type == "MDEV"
    ]
    assert len(set(uuids)) == len(uuids) == 41


def test_in_equal_size_mode_the_kernels_word_rules_out_other_sizes(machine: Machine) -> None:
    machine.driver.prepare(get(machine.look_at_one(), "vgpu-T4-1Q", "5"))
    assert counts_of(machine) == {"": 1, "vgpu-T4-1A": 15, "vgpu-T4-1Q": 16}
    places = [h.place for part in machine.look_at_one().parts[2:] for h in part.handles]
    assert places == [str(number) for number in range(16)]


def test_in_mixed_size_mode_other_sizes_stay_as_far_as_they_fit(
    machine: Machine, kernel: MdevKernel
) -> None:
    kernel.is_mixed = True
    machine.driver.prepare(get(machine.look_at_one(), "vgpu-T4-2Q", "0"))
    assert counts_of(machine) == {"": 1, "vgpu-T4-1A": 14, "vgpu-T4-1Q": 14, "vgpu-T4-2Q": 8}


def test_the_whole_gpu_and_its_vgpus_exclude_each_other(machine: Machine) -> None:
    device = machine.look_at_one()
    whole = Drawing("gpu", get(device, "", "").consumes)
    small = Drawing("gpu", get(device, "vgpu-T4-1Q", "0").consumes)
    large = Drawing("gpu", get(device, "vgpu-T4-16Q", "0").consumes)
    for one, other in ((whole, small), (whole, large), (small, large)):
        assert find_overdraft(one, [other], device.capacities) is not None
        assert find_overdraft(other, [one], device.capacities) is not None
    assert find_overdraft(small, [small], device.capacities) is None


def test_a_second_size_that_was_granted_at_once_is_refused_by_the_kernel(
    machine: Machine,
) -> None:
    device = machine.look_at_one()
    machine.driver.prepare(get(device, "vgpu-T4-1Q", "0"))
    with pytest.raises(HandleUnusable, match=r"makes no vGPU: .*: No space left"):
        machine.driver.prepare(get(device, "vgpu-T4-2Q", "0"))


def test_a_vgpu_of_somebody_else_takes_its_share_and_the_whole_gpu(
    machine: Machine, kernel: MdevKernel
) -> None:
    kernel.make(ADDRESS, ONE, FOREIGN)
    assert counts_of(machine) == {"vgpu-T4-1A": 15, "vgpu-T4-1Q": 15}
    kernel.remove(FOREIGN)
    kernel.make(ADDRESS, WHOLE, FOREIGN)
    assert machine.look() == ()


def test_a_device_that_cannot_be_ended_is_not_given_up(
    machine: Machine, kernel: MdevKernel
) -> None:
    handle = get(machine.look_at_one(), "vgpu-T4-1Q", "0")
    machine.driver.prepare(handle)
    kernel.is_broken = True
    with pytest.raises(HandleUnusable, match="could not be removed"):
        machine.driver.release(handle)


def test_a_guests_gpu_makes_no_vgpu(machine: Machine, kernel: MdevKernel) -> None:
    handle = get(machine.look_at_one(), "vgpu-T4-1Q", "0")
    types = (kernel.root / "bus/pci/devices" / ADDRESS / "mdev_supported_types").resolve()
    types.rename(types.parent / "elsewhere")
    assert names_of(machine.look_at_one().parts) == [""]
    with pytest.raises(HandleUnusable, match="makes no vGPU of this type now"):
        machine.driver.prepare(handle)
    machine.driver.release(handle)


@pytest.mark.parametrize(
    "info",
    [
        {"uuid": "../../etc"},
        {"uuid": ""},
        {"asked_type": "../nvidia-230"},
        {"asked_type": "nvidia-230/.."},
        {"bus": "x"},
    ],
)
def test_a_handle_of_another_form_writes_nothing(
    machine: Machine, kernel: MdevKernel, info: dict[str, str]
) -> None:
    handle = get(machine.look_at_one(), "vgpu-T4-1Q", "0")
    bad = AttachHandle("MDEV", {**handle.info, **info})
    for act in (machine.driver.prepare, machine.driver.release):
        with pytest.raises(HandleUnusable, match="not a handle of a mediated device"):
            act(bad)
    assert kernel.made == {}


@pytest.mark.parametrize(
    ("file", "text"), [("available_instances", "many"), ("available_instances", "-1"), ("name", "")]
)
def test_types_that_are_garbage_leave_the_gpu_out_with_the_cause(
    machine: Machine, kernel: MdevKernel, file: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    types = kernel.root / "bus/pci/devices" / ADDRESS / "mdev_supported_types/nvidia-230"
    (types / file).write_text(text)
    assert machine.look() == ()
    assert f"{ADDRESS} is left out" in caplog.text


def test_absurd_numbers_make_no_absurd_inventory(machine: Machine, kernel: MdevKernel) -> None:
    folder = kernel.root / "bus/pci/devices" / ADDRESS / "mdev_supported_types/nvidia-230"
    (folder / "available_instances").write_text("999999999")
    (folder / "description").write_text("framebuffer=1M, max_instance=9999")
    assert counts_of(machine)["vgpu-T4-1Q"] == 64


@pytest.fixture
def virtual(tmp_path: Path) -> Callable[[], tuple[Machine, MdevKernel]]:
    """An A40 whose four virtual functions each make one vGPU of any type."""

    def make() -> tuple[Machine, MdevKernel]:
        host = SmallHost(tmp_path / "sriov")
        a40: dict[str, str | bytes] = {"vendor": "0x10de", "device": "0x2235", "class": "0x030200"}
        addresses = [f"0000:3b:00.{number}" for number in range(4, 8)]
        links = {f"virtfn{index}": address for index, address in enumerate(addresses)}
        host.add(ADDRESS, a40, driver="nvidia", links=links)
        for address in addresses:
            host.add(address, a40, driver="nvidia", links={"physfn": ADDRESS})
        types = (
            VgpuType("nvidia-557", "NVIDIA A40-24Q", 24576, 2),
            VgpuType("nvidia-558", "NVIDIA A40-48Q", 49152, 1),
        )
        kernel = MdevKernel(host.root, addresses, types)
        return Machine(host.root, None, write=kernel.write), kernel

    return make


def test_virtual_functions_make_one_vgpu_each_and_no_more_than_the_gpu_has_memory_for(
    virtual: Callable[[], tuple[Machine, MdevKernel]],
) -> None:
    machine, kernel = virtual()
    assert counts_of(machine) == {"vgpu-A40-24Q": 2, "vgpu-A40-48Q": 1}
    device = machine.look_at_one()
    assert [h.place for h in device.parts[0].handles] == ["vf0", "vf1", "vf2", "vf3"]
    handle = get(device, "vgpu-A40-24Q", "vf2")
    assert handle.info["function"] == "6"
    machine.driver.prepare(handle)
    assert list(kernel.made) == [handle.info["uuid"]]
    assert counts_of(machine) == {"vgpu-A40-24Q": 2}
    one, other = (
        Drawing("gpu", get(device, f"vgpu-A40-{s}", "vf0").consumes) for s in ("24Q", "48Q")
    )
    assert find_overdraft(one, [other], device.capacities) is not None


@pytest.mark.parametrize(("says_its_uuid", "count"), [(True, 1), (False, 2)])
def test_equal_gpus_in_equal_slots_of_two_hosts_make_other_devices(
    kernel: MdevKernel, says_its_uuid: bool, count: int
) -> None:
    nvml = FakeNvml({ADDRESS: Gpu(name="Tesla T4", mig_mode=None, capability=(7, 5))})
    machine = Machine(kernel.root, nvml if says_its_uuid else None, write=kernel.write)
    made = set()
    for host_id in ("a", "b"):
        (device,) = machine.driver.discover(Look(machine.memory, host_id))
        made.add(get(device, "vgpu-T4-1Q", "7").info["uuid"])
    assert len(made) == count
