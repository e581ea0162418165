"""What of a GPU can be handed out now: the whole, MIG instances or vGPUs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

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
from cyborg_rr.drivers.pci.function import PciFunction
from cyborg_rr.drivers.pci.state import SPLIT, Unusable
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable


@dataclass(frozen=True, slots=True)
class Offering:
    """Makes devices of reports, with what sysfs says of their virtual functions and vGPU types.

    ``virtual`` are the virtual functions of all GPUs by address, as far as they can be handed out.
    """

    sysfs: Sysfs
    virtual: Mapping[PciAddress, PciFunction]

    def make(self, report: GpuReport, made: frozenset[str]) -> FoundDevice:
        """The device; ``Unreadable`` says why nothing of it can be handed out.

        ``made`` are the places of MIG instances that were made here.
        """
        function, state = report.function, report.facts.mig
        if function.virtual_functions:
            return self._make_shared(report)
        if state is not None and state.is_enabled:
            return _make_cut(report, state, made)
        types = tuple(mdev.list_types(self.sysfs, function.address))
        if types:
            return _make_with_mdevs(report, types)
        return make_device(
            report, (make_whole_part(report),), {FUNCTIONS: ALL_FUNCTIONS}, _find_use(report)
        )

    def _make_shared(self, report: GpuReport) -> FoundDevice:
        """A GPU with virtual functions: never whole, and only those that are vGPUs."""
        address, facts = report.function.address, describe_gpu(report)
        indexes = report.function.virtual_indexes
        types = tuple(kind for other in indexes for kind in mdev.list_types(self.sysfs, other))
        if types:
            parts = mdev.list_parts(address, report.device_key, facts, types, indexes)
            capacities = mdev.count_capacities(types, indexes)
        else:
            handles = {other: function.handle for other, function in self.virtual.items()}
            parts = vf.list_parts(address, facts, tuple(self._list_typed(indexes)), handles)
            capacities = {FUNCTIONS: ALL_FUNCTIONS}
        if not parts:
            raise Unusable(
                SPLIT,
                f"its {len(indexes)} virtual functions are enabled, and none has a vGPU type",
            )
        return make_device(report, parts, capacities)

    def _list_typed(self, indexes: Mapping[PciAddress, int]) -> Iterator[vf.TypedFunction]:
        for address, index in indexes.items():
            with suppress(Unreadable):
                function = vf.find_typed_function(self.sysfs, address, index)
                if function is not None and address in self.virtual:
                    yield function

    def list_left_out(self) -> Iterator[tuple[PciFunction, Trouble]]:
        """The virtual functions that are no vGPUs, and why: nobody knows what part of a GPU."""
        for address, function in self.virtual.items():
            try:
                if mdev.is_parent(self.sysfs, address):
                    continue
                if vf.find_typed_function(self.sysfs, address, 0) is None:
                    yield function, Trouble(NO_VGPU_TYPE, "no vGPU type is set for it")
            except Unreadable as error:
                yield function, Trouble(NO_VGPU_TYPE, str(error))


def _make_cut(report: GpuReport, state: profiles.MigState, made: frozenset[str]) -> FoundDevice:
    parts = profiles.list_parts(report.function.address, describe_gpu(report), state, made)
    if not parts:
        raise Unreadable(
            "MIG mode is on, and no instance can be made or handed out"
            if state.profiles
            else "MIG mode is on, and its profiles cannot be read"
        )
    return make_device(report, parts, profiles.count_capacities(state.profiles))


def _make_with_mdevs(report: GpuReport, types: tuple[mdev.MdevType, ...]) -> FoundDevice:
    """A GPU that makes vGPUs itself: whole too, unless somebody else has made one."""
    parts = mdev.list_parts(
        report.function.address, report.device_key, describe_gpu(report), types, {}
    )
    own = {handle.info["uuid"] for part in parts for handle in part.handles}
    there = {device for kind in types for device in kind.devices}
    whole = () if there - own else (make_whole_part(report),)
    if not whole and not parts:
        raise Unreadable("all its vGPUs have been made by somebody else")
    used = None if there else _find_use(report)
    return make_device(report, whole + parts, mdev.count_capacities(types, {}), used)


def _find_use(report: GpuReport) -> str | None:
    return None if report.condition is None else describe_use(report.condition)
