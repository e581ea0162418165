"""A GPU as a found device: whole, cut into MIG instances, or shared as vGPUs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS
from cyborg_rr.domain.hardware.devices import DeviceFacts, Trouble, render_slot_key
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.gpu.nvidia.facts import SWITCH, GpuFacts
from cyborg_rr.drivers.gpu.nvidia.health import GpuCondition
from cyborg_rr.drivers.gpu.nvidia.links import render_near
from cyborg_rr.drivers.pci.reading.function import PciFunction

CONTROLLERS: Mapping[str, str] = {
    "0300": "VGA compatible controller",
    "0302": "3D controller",
}


@dataclass(frozen=True, slots=True)
class GpuReport:
    """What is known of one GPU at a look: what it said now or before, and how it is now.

    ``condition`` is None where it could not be asked; ``is_unseen`` says that nobody can see who
    uses it or whether it is cut up. ``board`` is the first GPU of its board.
    """

    function: PciFunction
    facts: GpuFacts = field(default_factory=GpuFacts)
    condition: GpuCondition | None = None
    trouble: Trouble | None = None
    board: str | None = None
    is_unseen: bool = False

    @property
    def slot_key(self) -> str:
        """Text for the slot together with what kind of GPU is in it."""
        return render_slot_key(
            self.function.address.render_handle_info(), self.function.describe("GPU")
        )


def describe_gpu(report: GpuReport) -> DeviceFacts:
    """The facts of a whole GPU."""
    gpu = report.facts
    return replace(
        report.function.describe("GPU"),
        product_name=gpu.name,
        memory_bytes=gpu.memory_bytes,
        architecture=gpu.architecture,
        driver_version=gpu.driver_version,
        firmware_version=gpu.firmware_version,
        bandwidth_bytes_per_second=gpu.bandwidth_bytes_per_second,
        pcie=gpu.pcie,
        interconnect=gpu.links.interconnect,
        interconnect_bytes_per_second=gpu.links.bytes_per_second,
        partition_modes=gpu.mig.modes if gpu.mig is not None else (),
    )


def make_whole_part(report: GpuReport) -> FoundPart:
    """The GPU as one part, which takes all of it."""
    function = report.function
    handle = replace(function.handle, consumes={FUNCTIONS: ALL_FUNCTIONS})
    return FoundPart(function.address.render(), (handle,))


def make_device(
    report: GpuReport,
    parts: tuple[FoundPart, ...],
    capacities: Mapping[str, int],
    used_by_host: str | None = None,
) -> FoundDevice:
    """One GPU with its parts, each of which shows what the GPU says of itself."""
    function, gpu = report.function, report.facts
    identity = function.identity
    shown = render_attributes(report)
    return FoundDevice(
        control_path=function.address.render_handle_info(),
        facts=describe_gpu(report),
        fields=DeviceFields(
            vendor=identity.vendor_id,
            model=gpu.name or f"NVIDIA {identity.device_id}",
            std_board_info={
                "product_id": identity.device_id,
                "controller": CONTROLLERS[identity.pci_class[:4]],
            },
            vendor_board_info={"uuid": gpu.uuid} if gpu.uuid else {},
            numa_node=function.numa_node,
            peers=gpu.links.peers,
            versions=_list_versions(gpu),
        ),
        parts=tuple(replace(part, attributes={**shown, **part.attributes}) for part in parts),
        vendor_name="NVIDIA",
        identity=gpu.identity,
        capacities=capacities,
        trouble=report.trouble,
        used_by_host=used_by_host,
    )


def _list_versions(gpu: GpuFacts) -> dict[str, str]:
    versions = {"nvidia": gpu.driver_version, "cuda": gpu.cuda_version}
    return {name: version for name, version in versions.items() if version}


def render_attributes(report: GpuReport) -> dict[str, str]:
    """What the GPU says of itself that has no field of its own."""
    gpu = report.facts
    shown = dict(gpu.attributes) | render_near(gpu.near)
    if gpu.mig is not None:
        shown["mig_mode"] = SWITCH[int(gpu.mig.is_enabled)]
        shown["mig_mode_pending"] = SWITCH[int(gpu.mig.is_pending)]
    if report.board is not None:
        shown["board"] = report.board
    return shown
