"""Cleaning an NVIDIA GPU: whole by a reset, parts by their end, never the one by the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.driver import CleanFailed, DriverContext, NoCleanMethod
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.privileged import acts
from tests.drivers.hosts import SmallHost
from tests.drivers.nvidia.machines import Machine
from tests.fakes.mdev_kernel import MdevKernel
from tests.fakes.nvml import FakeNvml, Gpu, Link, Process
from tests.fakes.nvml_mig import MigCard
from tests.fakes.pci_kernel import PciKernel

CARD, OTHER = "0000:3b:00.0", "0000:5e:00.0"
A100 = {"vendor": "0x10de", "device": "0x20b5", "class": "0x030200", "reset": ""}
FLR: dict[str, str | bytes] = {**A100, "reset_method": "flr"}


class Host:
    """A host with two GPUs, its kernel, and NVIDIA's library for them."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tree = SmallHost(root / "sys")
        for address in (CARD, OTHER):
            tree.add(address, FLR)
        self.kernel = PciKernel(tree.root, {CARD: "nvidia", OTHER: "nvidia"}, frozenset())
        monkeypatch.setattr(acts, "write_attribute", self.kernel.write)
        self.gpus = {address: Gpu(uuid=f"GPU-{address}") for address in (CARD, OTHER)}
        self.nvml = FakeNvml(self.gpus)
        self.proc = root / "proc"
        self.machine = Machine(tree.root, self.nvml)
        self.restart()

    def restart(self, **options: object) -> None:
        context = DriverContext(self.machine.root, {"proc": str(self.proc), **options})
        self.machine.driver = NvidiaGpuDriver(context, self.machine.nvml)

    def get_handle(self, address: str = CARD) -> AttachHandle:
        devices = self.machine.look()
        (handle,) = [
            handle
            for device in devices
            for part in device.parts
            for handle in part.handles
            if handle.info["bus"] == address[5:7]
        ]
        return handle

    def fail(self, handle: AttachHandle) -> str:
        with pytest.raises(CleanFailed) as raised:
            self.machine.driver.clean(handle)
        return raised.value.cause


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_a_whole_gpu_is_reset_without_its_driver_and_idle_after(host: Host) -> None:
    assert host.machine.driver.clean(host.get_handle()) == "function_reset"
    assert host.kernel.reset == [(CARD, None)]
    assert host.kernel.driver_of(CARD) == "nvidia"
    assert host.nvml.open_count == 0


def test_a_gpu_that_guests_have_is_reset_as_it_is(host: Host) -> None:
    handle = host.get_handle()
    host.kernel.set_override(CARD, "vfio-pci")
    host.gpus[CARD].error = "GPU_IS_LOST"  # it would not be asked
    assert host.machine.driver.clean(handle) == "function_reset"
    assert host.kernel.reset == [(CARD, "vfio-pci")]


@pytest.mark.parametrize(
    "change",
    [
        lambda gpu: gpu.processes.append(Process(4711)),
        lambda gpu: setattr(gpu, "used", 1 << 30),
        lambda gpu: setattr(gpu, "persistence", 1),
    ],
)
def test_a_gpu_that_somebody_has_is_not_taken_from_its_driver(
    host: Host, change: Callable[[Gpu], None]
) -> None:
    handle = host.get_handle()
    change(host.gpus[CARD])
    assert host.fail(handle) == "gpu_in_use"
    assert (host.kernel.reset, host.kernel.written) == ([], [])


def test_a_process_that_has_the_device_open_is_found(host: Host) -> None:
    handle = host.get_handle()
    host.gpus[CARD].minor = 3
    files = host.proc / "4711" / "fd"
    files.mkdir(parents=True)
    (files / "0").symlink_to("/dev/nvidia30")
    (host.proc / "self").mkdir()
    assert host.machine.driver.clean(handle) == "function_reset"
    (files / "1").symlink_to("/dev/nvidia3")
    assert host.fail(handle) == "gpu_in_use"
    assert len(host.kernel.reset) == 1


def test_a_gpu_whose_memory_is_taken_after_its_reset_is_not_clean(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = host.get_handle()
    reset = host.kernel._reset

    def reset_and_keep(address: str) -> None:
        reset(address)
        host.gpus[CARD].used = 1 << 30

    monkeypatch.setattr(host.kernel, "_reset", reset_and_keep)
    assert host.fail(handle) == "gpu_in_use"


def test_a_gpu_that_nobody_can_ask_is_not_taken_from_its_driver(host: Host) -> None:
    handle = host.get_handle()
    host.nvml.init_error = "UNKNOWN"
    assert host.fail(handle) == "gpu_silent"
    host.nvml.init_error = None
    host.gpus[CARD].error = "GPU_IS_LOST"
    assert host.fail(handle) == "gpu_silent"
    assert host.kernel.written == []


@pytest.mark.parametrize(("capability", "is_alone"), [((7, 0), False), ((8, 0), True)])
def test_gpus_that_must_be_reset_together_are_not_reset(
    host: Host, capability: tuple[int, int], is_alone: bool
) -> None:
    gpu = host.gpus[CARD]
    gpu.capability, gpu.links = capability, [Link(OTHER)]
    handle = host.get_handle()
    if is_alone:
        assert host.machine.driver.clean(handle) == "function_reset"
        return
    assert host.fail(handle) == "linked_gpus"
    assert host.kernel.reset == []
    host.restart(reset_suffices=["nvidia_gpu"])
    assert host.machine.driver.clean(handle) == "function_reset"


def test_a_gpu_in_mig_mode_is_not_reset_for_an_old_holder_of_the_whole(host: Host) -> None:
    handle = host.get_handle()
    host.gpus[CARD].mig_mode = (1, 1)
    assert host.fail(handle) == "split"
    assert host.kernel.written == []


def cut(host: Host, *given: tuple[str, int]) -> Gpu:
    """The GPU in MIG mode, with instances that its operator made."""
    gpu = host.gpus[CARD]
    gpu.mig_mode, gpu.mig = (1, 1), MigCard("A100-80")
    for name, start in given:
        host.machine.look()
        handle = host.machine.get_handle(f"{name}@{start}")
        host.machine.driver.prepare(handle)
    if given:
        host.machine.memory = type(host.machine.memory)()
        host.restart()
    return gpu


def test_a_mig_instance_is_clean_when_it_has_ended_and_the_card_is_not_touched(host: Host) -> None:
    gpu = cut(host)
    mine, other = (host.machine.get_handle(place) for place in ("1g.10gb@0", "1g.10gb@1"))
    host.machine.driver.prepare(mine)
    host.machine.driver.prepare(other)
    host.machine.driver.release(mine)
    assert host.machine.driver.clean(mine) == "mig_instance_ended"
    assert [one.start for one in gpu.mig.instances] == [1]
    assert (host.kernel.reset, host.kernel.written) == ([], [])


def test_a_mig_instance_that_was_left_is_ended_by_its_clean(host: Host) -> None:
    gpu = cut(host)
    mine = host.machine.get_handle("1g.10gb@0")
    host.machine.driver.prepare(mine)
    assert host.machine.driver.clean(mine) == "mig_instance_ended"
    assert gpu.mig.instances == []


def test_a_mig_instance_of_somebody_else_stays_and_has_no_method(host: Host) -> None:
    gpu = cut(host, ("1g.10gb", 0))
    handle = host.machine.get_handle("1g.10gb@0")
    with pytest.raises(NoCleanMethod, match="stays"):
        host.machine.driver.clean(handle)
    on_demand = replace(handle, info={k: v for k, v in handle.info.items() if k != "uuid"})
    assert host.fail(on_demand) == "gpu_in_use"
    host.restart(reset_suffices=["nvidia_gpu"])
    assert host.machine.driver.clean(handle) == "mig_instance_idle"
    assert len(gpu.mig.instances) == 1
    assert host.kernel.written == []


def test_on_a_host_of_vgpus_a_mig_instance_has_no_method(host: Host) -> None:
    gpu = cut(host)
    mine = host.machine.get_handle("1g.10gb@0")
    gpu.virtualization = 3
    with pytest.raises(NoCleanMethod, match="vGPUs"):
        host.machine.driver.clean(mine)


def test_a_mig_instance_that_nobody_can_see_is_not_clean(host: Host) -> None:
    cut(host)
    mine = host.machine.get_handle("1g.10gb@0")
    host.nvml.init_error = "UNKNOWN"
    assert host.fail(mine) == "gpu_silent"


def test_a_mediated_device_is_removed_and_its_card_not_reset_meanwhile(tmp_path: Path) -> None:
    tree = SmallHost(tmp_path / "sys")
    t4: dict[str, str | bytes] = {**FLR, "device": "0x1eb8"}
    tree.add(CARD, t4, driver="nvidia", group=3)
    kernel = MdevKernel(tree.root, [CARD])
    machine = Machine(tree.root, FakeNvml({CARD: Gpu(mig_mode=None)}), write=kernel.write)
    parts = {part.name: part for part in machine.look_at_one().parts}
    whole, handle = parts[""].handles[0], parts["vgpu-T4-2Q"].handles[0]
    machine.driver.prepare(handle)
    with pytest.raises(CleanFailed) as raised:
        machine.driver.clean(whole)
    assert raised.value.cause == "split"
    assert machine.driver.clean(handle) == "mdev_removed"
    assert machine.driver.clean(handle) == "mdev_removed"
    assert (tree.root / "bus/pci/devices" / CARD / "reset").read_text().strip() == ""


def test_the_function_of_a_vgpu_keeps_its_driver_and_its_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = SmallHost(tmp_path / "sys")
    tree.add(CARD, FLR)
    one, two = "0000:3b:00.4", "0000:3b:00.5"
    tree.add_virtual(CARD, FLR, one, two)
    folder = tree.root / "bus/pci/devices" / one / "nvidia"
    folder.mkdir()
    (folder / "current_vgpu_type").write_text("1157\n")
    (folder / "creatable_vgpu_types").write_text("1157 : NVIDIA L40S-12Q\n")
    kernel = PciKernel(tree.root, dict.fromkeys((CARD, one, two), "nvidia"), frozenset())
    monkeypatch.setattr(acts, "write_attribute", kernel.write)
    machine = Machine(tree.root, None)
    assert machine.driver.clean(machine.get_handle("L40S-12Q@vf0")) == "function_reset"
    assert kernel.reset == [(one, "nvidia")]
    assert [path for path, _ in kernel.written if path.endswith("bind")] == []
