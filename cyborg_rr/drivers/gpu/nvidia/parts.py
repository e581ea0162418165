"""What of a GPU can be handed out now: the whole, MIG instances or vGPUs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS
from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import NO_VGPU_TYPE
from cyborg_rr.drivers.gpu.nvidia.describing import (
    GpuReport,
    describe_gpu,
    make_device,
    make_whole_part,
)
from cyborg_rr.drivers.gpu.nvidia.health import describe_use
from cyborg_rr.drivers.gpu.nvidia.mig import profiles
from cyborg_rr.drivers.gpu.nvidia.vgpu import mdev, vf
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.pci.state import SPLIT, UNREADABLE, USED_BY_HOST, Unusable
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

UNSEEN = (
    "NVIDIA's driver has it, and NVML, which says who uses it and whether MIG mode is on, cannot be"
    " opened: install cyborg_rr[nvidia] for the agent and the driver's libnvidia-ml.so.1, or give"
    " the GPU to vfio-pci"
)
"""Why a GPU is not given out blindly."""


class PartFinder:
    """Makes devices of reports, with what sysfs says of their virtual functions and vGPU types.

    ``virtual`` are the virtual functions of all GPUs by address, as far as they can be handed out.
    Of the GPUs in ``exact`` it does not matter what the host does with them. ``host_id`` tells GPUs
    that do not say which one they are from those in the same slot of other hosts.
    """

    def __init__(
        self,
        sysfs: Sysfs,
        virtual: Mapping[PciAddress, PciFunction],
        exact: frozenset[PciAddress] = frozenset(),
        host_id: str = "",
    ) -> None:
        self._sysfs = sysfs
        self._exact = exact
        self._host_id = host_id
        self._rest = dict(virtual)
        self._bare: list[tuple[PciFunction, Trouble]] = []

    def make(self, report: GpuReport, made: frozenset[str]) -> FoundDevice:
        """The device; ``Unreadable`` says why nothing of it can be handed out.

        ``made`` are the places of MIG instances that were made here.
        """
        function, state = report.function, report.facts.mig
        if function.virtual_functions:
            return self._make_shared(report)
        types = tuple(mdev.list_types(self._sysfs, function))
        if report.is_unseen and not types:
            raise Unusable(UNREADABLE, UNSEEN)
        if state is not None and state.is_enabled:
            return _make_cut(report, state, made)
        if types:
            return self._make_with_mdevs(report, types)
        used = self._find_use(report)
        return make_device(report, (make_whole_part(report),), {FUNCTIONS: ALL_FUNCTIONS}, used)

    def _make_with_mdevs(self, report: GpuReport, types: tuple[mdev.MdevType, ...]) -> FoundDevice:
        """A GPU that makes vGPUs itself: whole too, unless somebody else has made one."""
        parts = mdev.list_parts(
            report.function.address, self._name_gpu(report), describe_gpu(report), types, {}
        )
        own = {handle.info["uuid"] for part in parts for handle in part.handles}
        there = {device for kind in types for device in kind.devices}
        has_whole = not there - own and not report.is_unseen
        whole = (make_whole_part(report),) if has_whole else ()
        if not whole and not parts:
            raise Unusable(USED_BY_HOST, "all its vGPUs have been made by somebody else")
        used = None if there else self._find_use(report)
        return make_device(report, whole + parts, mdev.count_capacities(types, {}), used)

    def _name_gpu(self, report: GpuReport) -> str:
        """Which GPU of all hosts it is: the UUID of a mediated device is its own everywhere."""
        return report.facts.identity or f"{self._host_id} {report.slot_key}"

    def _find_use(self, report: GpuReport) -> str | None:
        if report.condition is None or report.function.address in self._exact:
            return None
        return describe_use(report.condition)

    def _make_shared(self, report: GpuReport) -> FoundDevice:
        """A GPU with virtual functions: never whole, and only those that are vGPUs."""
        address, facts = report.function.address, describe_gpu(report)
        indexes = report.function.virtual_indexes
        own = [self._rest.pop(other) for other in indexes if other in self._rest]
        types = tuple(kind for other in own for kind in mdev.list_types(self._sysfs, other))
        if types:
            parts = mdev.list_parts(address, self._name_gpu(report), facts, types, indexes)
            capacities = mdev.count_capacities(types, indexes)
        else:
            parts = vf.list_parts(address, facts, tuple(self._list_typed(own)))
            capacities = {FUNCTIONS: ALL_FUNCTIONS}
        if not parts:
            raise Unusable(
                SPLIT,
                f"its {len(indexes)} virtual functions are enabled, and none has a vGPU type",
            )
        return make_device(report, parts, capacities)

    def _list_typed(self, functions: Iterable[PciFunction]) -> Iterator[vf.TypedFunction]:
        for function in functions:
            try:
                typed = vf.find_typed_function(function)
            except Unreadable as error:
                self._bare.append((function, Trouble(NO_VGPU_TYPE, str(error))))
                continue
            if typed is not None:
                yield typed
            else:
                cause = "no vGPU type is set for it"
                self._bare.append((function, Trouble(NO_VGPU_TYPE, cause)))

    def list_left_out(self) -> Iterator[tuple[PciFunction, Trouble]]:
        """The virtual functions that are no vGPUs, and why, once all devices have been made."""
        yield from self._bare
        for function in self._rest.values():
            yield function, Trouble(NO_VGPU_TYPE, "the GPU that it is of cannot be read")


def _make_cut(report: GpuReport, state: profiles.MigState, made: frozenset[str]) -> FoundDevice:
    parts = profiles.list_parts(report.function.address, describe_gpu(report), state, made)
    if not parts:
        raise Unreadable(
            "MIG mode is on, and no instance can be made or handed out"
            if state.profiles
            else "MIG mode is on, and its profiles cannot be read"
        )
    return make_device(report, parts, profiles.count_capacities(state.profiles))
