"""NVIDIA GPUs: found in sysfs, described further by NVML where it answers.

A GPU is handed out whole; in MIG mode as instances that are made for whoever was given one; by
vGPUs where the host has NVIDIA's vGPU manager. Whole and parts are never out at the same time.
Virtual functions without a vGPU type are offered to nobody, nor is their GPU. Switching MIG mode,
enabling virtual functions and setting their types is the operator's.

Reads the option ``nvml`` (True or False, default True): whether to ask the library at all.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS
from cyborg_rr.domain.hardware.devices import AttachHandle, render_slot_key
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import DriverContext, HandleUnusable, Look, Memory
from cyborg_rr.drivers.gpu.nvidia import idle
from cyborg_rr.drivers.gpu.nvidia.asking import (
    KERNEL_DRIVER,
    Conditions,
    ask_gpus,
    recall_made,
    remember_made,
)
from cyborg_rr.drivers.gpu.nvidia.describing import (
    CONTROLLERS,
    GpuReport,
    describe_gpu,
    make_device,
    make_whole_part,
)
from cyborg_rr.drivers.gpu.nvidia.health import describe_use
from cyborg_rr.drivers.gpu.nvidia.mig import acts, profiles
from cyborg_rr.drivers.gpu.nvidia.nvml import GpuSilent, Nvml, find_module, open_nvml
from cyborg_rr.drivers.gpu.nvidia.vgpu import mdev, vf
from cyborg_rr.drivers.gpu.nvidia.vgpu.mdev_acts import MdevActs, Write, write_file
from cyborg_rr.drivers.pci.bus import Slot
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.function import PciFunction, PciIdentity
from cyborg_rr.drivers.sysfs import Unreadable

VENDOR_ID = "10de"

_INSTALLED = object()


class NvidiaGpuDriver(PciFamilyDriver):
    """Reports each GPU with what of it can be handed out, and makes and ends its parts."""

    def __init__(
        self,
        context: DriverContext,
        nvml_module: Any = _INSTALLED,
        write: Write = write_file,
    ) -> None:
        super().__init__("nvidia_gpu", context, is_gpu, VENDOR_ID)
        wanted = context.options.get("nvml", True)
        if not isinstance(wanted, bool):
            raise InvalidInput(f"option nvml must be true or false, not {wanted!r}")
        module = find_module() if nvml_module is _INSTALLED else nvml_module
        self._nvml_module = module if wanted else None
        self._mdevs = MdevActs(self._sysfs, write)
        self._memory = Memory()
        self._conditions: Conditions = {}
        self._changing = threading.Lock()
        """Held while instances are made or ended, and while a look reads them."""

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """One device for each GPU of which something can be handed out."""
        functions = tuple(self._list_functions(look))
        virtual = {f.address: f for f in functions if f.physical_function is not None}
        gpus = [function for function in functions if function.physical_function is None]
        with self._changing:
            self._memory = look.memory
            reports = self._ask(gpus)
        return tuple(self._make_devices(reports, virtual))

    def _ask(self, gpus: Sequence[PciFunction]) -> list[GpuReport]:
        is_needed = any(function.driver == KERNEL_DRIVER for function in gpus)
        with open_nvml(self._nvml_module if is_needed else None) as nvml:
            return ask_gpus(gpus, nvml, self._memory, self._conditions)

    def _make_devices(
        self, reports: Sequence[GpuReport], virtual: Mapping[PciAddress, PciFunction]
    ) -> Iterator[FoundDevice]:
        for report in reports:
            name = report.function.address.render()
            device = self._read_or_skip(name, self._make_device, report, virtual)
            if device is not None:
                yield device

    def _make_device(
        self, report: GpuReport, virtual: Mapping[PciAddress, PciFunction]
    ) -> FoundDevice:
        function = report.function
        if function.virtual_functions:
            return self._make_shared(report, virtual)
        if report.facts.mig is not None and report.facts.mig.is_enabled:
            return self._make_cut(report, report.facts.mig)
        types = tuple(mdev.list_types(self._sysfs, function.address))
        if types:
            return _make_with_mdevs(report, types)
        used = describe_use(report.condition) if report.condition is not None else None
        return make_device(report, (make_whole_part(report),), {FUNCTIONS: ALL_FUNCTIONS}, used)

    def _make_cut(self, report: GpuReport, state: profiles.MigState) -> FoundDevice:
        made = recall_made(self._memory, report.slot_key)
        parts = profiles.list_parts(report.function.address, describe_gpu(report), state, made)
        if not parts:
            raise Unreadable(
                "MIG mode is on, and no instance can be made or handed out"
                if state.profiles
                else "MIG mode is on, and its profiles cannot be read"
            )
        return make_device(report, parts, profiles.count_capacities(state.profiles))

    def _make_shared(
        self, report: GpuReport, virtual: Mapping[PciAddress, PciFunction]
    ) -> FoundDevice:
        """A GPU with virtual functions: never whole, and only those that are vGPUs."""
        addresses = report.function.virtual_functions
        indexes = {address: index for index, address in enumerate(addresses)}
        types = tuple(
            kind for address in addresses for kind in mdev.list_types(self._sysfs, address)
        )
        if types:
            parts = mdev.list_parts(
                report.function.address, report.device_key, describe_gpu(report), types, indexes
            )
            capacities = mdev.count_capacities(types, indexes)
        else:
            typed = tuple(self._list_typed(indexes))
            handles = {address: function.handle for address, function in virtual.items()}
            known = [function for function in typed if function.address in handles]
            parts = vf.list_parts(report.function.address, describe_gpu(report), known, handles)
            capacities = {FUNCTIONS: ALL_FUNCTIONS}
        if not parts:
            raise Unreadable(
                f"its {len(addresses)} virtual functions are enabled, and none has a vGPU type"
            )
        return make_device(report, parts, capacities)

    def _list_typed(self, indexes: Mapping[PciAddress, int]) -> Iterator[vf.TypedFunction]:
        for address, index in indexes.items():
            try:
                function = vf.find_typed_function(self._sysfs, address, index)
            except Unreadable as error:
                self._skips.skip(address.render(), error, logging.INFO)
                continue
            self._skips.forget(address.render())
            if function is not None:
                yield function

    def prepare(self, handle: AttachHandle) -> None:
        """Check a whole GPU or virtual function, make a MIG instance or a mediated device.

        ``HandleUnusable`` when it cannot be handed out; ``StillInUse`` when the host uses it.
        """
        if handle.type == mdev.HANDLE_TYPE:
            self._mdevs.make(handle)
        elif handle.type == profiles.HANDLE_TYPE:
            self._prepare_instance(handle)
        else:
            super().prepare(handle)
            self._check_function(self._find(handle))

    def release(self, handle: AttachHandle) -> None:
        """End what ``prepare`` made; ``StillInUse`` when a process of the host did not let go."""
        if handle.type == mdev.HANDLE_TYPE:
            self._mdevs.end(handle)
        elif handle.type == profiles.HANDLE_TYPE:
            self._release_instance(handle)
        else:
            function = self._find(handle)
            if function is not None and function.physical_function is None:
                self._check_idle(function)

    def _check_function(self, function: PciFunction | None) -> None:
        if function is None:
            return
        if function.physical_function is None:
            self._check_idle(function, is_new=True)
        elif not self._has_type(function.address):
            raise HandleUnusable(f"{function.address.render()} has no vGPU type any more")

    def _has_type(self, address: PciAddress) -> bool:
        try:
            return vf.find_typed_function(self._sysfs, address, 0) is not None
        except Unreadable:
            return False

    def _check_idle(self, function: PciFunction, is_new: bool = False) -> None:
        with self._asking(function) as asked:
            if asked is not None:
                nvml, gpu = asked
                if is_new:
                    idle.check_not_cut(nvml, gpu)
                idle.check_whole_idle(nvml, gpu)

    def _prepare_instance(self, handle: AttachHandle) -> None:
        function, profile_name, start = self._get_place(handle)
        with self._changing, self._asking(function) as asked:
            if asked is None:
                raise HandleUnusable("NVML does not answer, so no MIG instance can be made")
            nvml, gpu = asked
            profile = acts.get_profile(nvml, gpu, profile_name)
            slot_key = _slot_key_of(function)
            made = recall_made(self._memory, slot_key)
            place = profiles.render_place(profile, start)
            there = acts.find_instance(nvml, gpu, profile, start)
            if there is None and "uuid" in handle.info:
                raise HandleUnusable(f"the MIG instance {handle.info['uuid']} is gone")
            if there is None:
                acts.make_instance(nvml, gpu, profile, start)
                remember_made(self._memory, slot_key, made | {place})
            elif place not in made and "uuid" not in handle.info:
                raise HandleUnusable("somebody else has made a MIG instance there")
            elif place not in made:
                acts.check_idle(nvml, gpu, there[1])

    def _release_instance(self, handle: AttachHandle) -> None:
        """End the instance if it was made here; one that was there before stays."""
        try:
            function, profile_name, start = self._get_place(handle)
        except HandleUnusable:
            return  # the GPU has gone, and its instances with it
        with self._changing, self._asking(function) as asked:
            if asked is None:
                raise HandleUnusable("NVML does not answer, so the MIG instance cannot be ended")
            nvml, gpu = asked
            try:
                profile = acts.get_profile(nvml, gpu, profile_name)
            except HandleUnusable:
                return  # MIG mode has been switched off, which ends all instances
            slot_key = _slot_key_of(function)
            made = recall_made(self._memory, slot_key)
            place = profiles.render_place(profile, start)
            there = acts.find_instance(nvml, gpu, profile, start)
            if there is not None:
                acts.check_idle(nvml, gpu, there[1])
                if place in made or "uuid" not in handle.info:
                    acts.end_instance(nvml, there[0])
            if place in made:
                remember_made(self._memory, slot_key, made - {place})

    def _get_place(self, handle: AttachHandle) -> tuple[PciFunction, str, int]:
        function = self._find(handle)
        start = handle.info.get("placement", "")
        if function is None or not (start.isascii() and start.isdigit() and len(start) < 4):
            raise HandleUnusable(f"handle {handle.key}: the GPU is gone, or it names no place")
        return function, handle.info.get("profile", ""), int(start)

    def _find(self, handle: AttachHandle) -> PciFunction | None:
        """The function that a handle names, as it is now; None when it is gone or garbage."""
        parts = [handle.info.get(name, "") for name in ("domain", "bus", "device", "function")]
        try:
            address = PciAddress.parse("{}:{}:{}.{}".format(*parts))
            return Slot(self._sysfs, address).find(is_gpu)
        except (InvalidInput, Unreadable):
            return None

    @contextmanager
    def _asking(self, function: PciFunction) -> Iterator[tuple[Nvml, Any] | None]:
        """The library and its handle of a GPU that NVIDIA's driver holds; None: cannot be asked.

        ``HandleUnusable`` when the GPU does not answer.
        """
        is_asked = function.driver == KERNEL_DRIVER
        with open_nvml(self._nvml_module if is_asked else None) as nvml:
            if nvml is None:
                yield None
                return
            try:
                yield nvml, nvml.find_gpu(function.address)
            except GpuSilent as error:
                raise HandleUnusable(f"{function.address.render()}: {error}") from None
            except nvml.module.NVMLError as error:
                raise HandleUnusable(f"{function.address.render()}: NVML: {error}") from None


def _make_with_mdevs(report: GpuReport, types: Sequence[mdev.MdevType]) -> FoundDevice:
    """A GPU that makes vGPUs itself: whole too, unless somebody else has made one."""
    function = report.function
    parts = mdev.list_parts(function.address, report.device_key, describe_gpu(report), types, {})
    own = {handle.info["uuid"] for part in parts for handle in part.handles}
    there = {device for kind in types for device in kind.devices}
    whole = () if there - own else (make_whole_part(report),)
    used = describe_use(report.condition) if report.condition is not None and not there else None
    if not whole and not parts:
        raise Unreadable("all its vGPUs have been made by somebody else")
    return make_device(report, whole + parts, mdev.count_capacities(types, {}), used)


def is_gpu(identity: PciIdentity) -> bool:
    """Whether a function is the display or 3D function of an NVIDIA GPU."""
    return identity.vendor_id == VENDOR_ID and identity.pci_class[:4] in CONTROLLERS


def _slot_key_of(function: PciFunction) -> str:
    return render_slot_key(function.address.render_handle_info(), function.describe("GPU"))
