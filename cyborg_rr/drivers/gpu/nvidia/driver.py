"""NVIDIA GPUs: found in sysfs, described further by NVML where it answers.

A GPU is handed out whole; in MIG mode as instances that are made for whoever was given one; by
vGPUs where the host has NVIDIA's vGPU manager. Whole and parts are never out at the same time.
Virtual functions without a vGPU type are offered to nobody, nor is their GPU. Switching MIG mode,
enabling virtual functions and setting their types is the operator's.

Reads the options ``nvml`` (True or False, default True): whether to ask the library at all, and
``watch_xids`` (the same, default False): whether to keep it open for errors told as events.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import MDEV, AttachHandle
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import CleanFailed, DriverContext, HandleUnusable, Look, Memory
from cyborg_rr.drivers.gpu.nvidia import cleaning, idle
from cyborg_rr.drivers.gpu.nvidia.asking import KERNEL_DRIVER, Conditions, ask_gpus
from cyborg_rr.drivers.gpu.nvidia.describing import CONTROLLERS, GpuReport
from cyborg_rr.drivers.gpu.nvidia.handing import CutGpu
from cyborg_rr.drivers.gpu.nvidia.health import THERMAL
from cyborg_rr.drivers.gpu.nvidia.mig import profiles
from cyborg_rr.drivers.gpu.nvidia.nvml import GpuSilent, Nvml, find_module, open_nvml
from cyborg_rr.drivers.gpu.nvidia.parts import UNSEEN, PartFinder
from cyborg_rr.drivers.gpu.nvidia.remembering import (
    recall_facts,
    recall_made,
    recognise_made,
)
from cyborg_rr.drivers.gpu.nvidia.vgpu import mdev, vf
from cyborg_rr.drivers.gpu.nvidia.vgpu.mdev_acts import MdevActs, Write
from cyborg_rr.drivers.gpu.nvidia.xid import XidEvents
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.reading.bus import PciBus
from cyborg_rr.drivers.pci.reading.function import PciFunction, PciIdentity
from cyborg_rr.drivers.privileged.acts import write_attribute
from cyborg_rr.drivers.sysfs import Unreadable

VENDOR_ID = "10de"

_INSTALLED = object()


class NvidiaGpuDriver(PciFamilyDriver):
    """Reports each GPU with what of it can be handed out, and makes and ends its parts."""

    has_own_identity = True

    def __init__(
        self,
        context: DriverContext,
        nvml_module: Any = _INSTALLED,
        write: Write = write_attribute,
    ) -> None:
        super().__init__("nvidia_gpu", context, is_gpu, VENDOR_ID)
        module = find_module() if nvml_module is _INSTALLED else nvml_module
        self._is_asking = _read_switch(context, "nvml", True)
        self._nvml_module = module if self._is_asking else None
        is_watched = _read_switch(context, "watch_xids", False)
        self._xids = XidEvents(self._nvml_module if is_watched else None)
        self._lent: set[str] = set()
        """Handles of functions that were handed out, also where a look began before that."""
        self._mdevs = MdevActs(self._sysfs, write)
        self._memory = Memory()
        self._conditions: Conditions = {}
        self._changing = threading.Lock()
        """Held while instances are made or ended, and while a look reads them."""

    def _find_devices(self, look: Look) -> Iterable[FoundDevice]:
        functions = tuple(self._list_functions(look))
        virtual = {f.address: f for f in functions if f.physical_function is not None}
        gpus = [function for function in functions if function.physical_function is None]
        with self._changing:
            self._memory = look.memory
            for function in gpus:
                recognise_made(look, function.address, GpuReport(function).slot_key)
            reports = self._ask(gpus, look)
        finder = PartFinder(self._sysfs, virtual, self._exact, look.host_id)
        for report in reports:
            made = recall_made(self._memory, report.slot_key)
            device = self._read_or_leave_out(look, report.function, finder.make, report, made)
            if device is not None:
                yield device
        for function, trouble in finder.list_left_out():
            self._leave_out(look, function, trouble)

    def _ask(self, gpus: Sequence[PciFunction], look: Look) -> list[GpuReport]:
        is_needed = any(function.driver == KERNEL_DRIVER for function in gpus)
        closed = self._xids.closed() if self._has_lent(gpus, look) else nullcontext()
        with closed, open_nvml(self._nvml_module if is_needed else None) as nvml:
            reports = ask_gpus(gpus, nvml, self._memory, self._conditions, self._xids)
            if nvml is None:
                reports = [self._note_unseen(report, look) for report in reports]
        if any(report.trouble and report.trouble.code != THERMAL for report in reports):
            self._xids.close()  # the operator may have to reset it
        return reports

    def _note_unseen(self, report: GpuReport, look: Look) -> GpuReport:
        """Of the running kernel's GPUs: in a recorded tree nobody uses any."""
        function = report.function
        is_held = any(handle.key == function.handle.key for handle in look.held)
        return replace(report, is_unseen=self._is_blind(function) and not is_held)

    def _is_blind(self, function: PciFunction) -> bool:
        is_named = function.address in self._exact
        is_live = self._proc is not None and self._is_asking
        return is_live and function.driver == KERNEL_DRIVER and not is_named

    def _has_lent(self, gpus: Sequence[PciFunction], look: Look) -> bool:
        """Whether a GPU is with somebody and still, or again, with NVIDIA's driver."""
        held = {handle.key for handle in look.held} | self._lent
        return any(gpu.driver == KERNEL_DRIVER and gpu.handle.key in held for gpu in gpus)

    def prepare(self, handle: AttachHandle) -> None:
        """Check a whole GPU or virtual function, make a MIG instance or a mediated device.

        ``HandleUnusable`` when it cannot be handed out; ``StillInUse`` when the host uses it.
        """
        if handle.type == MDEV:
            self._mdevs.make(handle)
        elif handle.type == profiles.HANDLE_TYPE:
            self._prepare_instance(handle)
        else:
            self._check_function(handle)
            self._lent.add(handle.key)
            super().prepare(handle)

    def release(self, handle: AttachHandle) -> None:
        """End what ``prepare`` made; ``StillInUse`` when a process of the host did not let go."""
        if handle.type == MDEV:
            self._mdevs.end(handle)
        elif handle.type == profiles.HANDLE_TYPE:
            self._release_instance(handle)
        else:
            self._check_released(handle)
            super().release(handle)
            self._lent.discard(handle.key)

    def letting_go(self) -> AbstractContextManager[None]:
        """The library is closed meanwhile: who has it open has every GPU open."""
        return self._xids.closed()

    def _check_function(self, handle: AttachHandle) -> None:
        function = self._find(handle)
        if function is None:
            return  # which the check that is the same for all families says better
        if function.physical_function is not None:
            cause = vf.find_other_type(handle, function)
            if cause is not None:
                raise HandleUnusable(f"{function.address.render()} {cause}")
            return
        with self._asking(function) as asked:
            if asked is not None:
                idle.check_not_cut(*asked)
                self._check_idle(function, *asked)

    def _check_idle(self, function: PciFunction, nvml: Nvml, gpu: Any) -> None:
        """What the host does with a GPU that the operator named does not matter."""
        if function.address not in self._exact:
            idle.check_whole_idle(nvml, gpu)

    def _find_own_use(self, function: PciFunction) -> str | None:
        """That nobody can see it, whichever driver offers the GPU; the rest is asked of NVML."""
        if not self._is_blind(function):
            return None
        with self._asking(function) as asked:
            return UNSEEN if asked is None else None

    def _find_parts_use(self, function: PciFunction) -> str | None:
        """Of a GPU in whose group another one is prepared: it is idle and not cut, or stays."""
        if any(kind.devices for kind in mdev.list_types(self._sysfs, function)):
            return "it has vGPUs"
        try:
            with self._asking(function) as asked:
                if asked is not None:
                    idle.check_not_cut(*asked)
                    idle.check_whole_idle(*asked)
        except HandleUnusable as error:
            return str(error)
        return None

    def _check_released(self, handle: AttachHandle) -> None:
        """A GPU that is gone, lost or with a guest has nothing to be undone on the host."""
        function = self._find(handle)
        if function is None or function.physical_function is not None:
            return
        try:
            with self._asking(function) as asked:
                if asked is not None:
                    self._check_idle(function, *asked)
        except idle.StillInUse:
            raise
        except HandleUnusable as error:
            self._skips.skip(function.address.render(), error)

    def _prepare_instance(self, handle: AttachHandle) -> None:
        function = self._find(handle)
        if function is None:
            raise HandleUnusable(f"handle {handle.key}: the GPU is gone")
        with self._changing, self._asking(function) as asked:
            if asked is None:
                raise HandleUnusable("NVML does not answer, so no MIG instance can be made")
            self._cut(function, *asked).prepare(handle)

    def _release_instance(self, handle: AttachHandle) -> None:
        function = self._find(handle)
        if function is None:
            return  # its instances have gone with it
        with self._changing, self._asking(function) as asked:
            if asked is None:
                raise HandleUnusable("NVML does not answer, so the MIG instance cannot be ended")
            self._cut(function, *asked).release(handle)

    def clean(self, handle: AttachHandle) -> str:
        """Reset a whole GPU or a virtual function; of any other part see that it has ended."""
        try:
            if handle.type == MDEV:
                self._mdevs.end(handle)
                return cleaning.MDEV_REMOVED
            if handle.type == profiles.HANDLE_TYPE:
                return self._clean_instance(handle)
            return super().clean(handle)
        except idle.StillInUse as error:
            raise CleanFailed(cleaning.IN_USE, str(error)) from error
        except (HandleUnusable, Unreadable) as error:
            raise CleanFailed(cleaning.SILENT, str(error)) from error

    def _clean_instance(self, handle: AttachHandle) -> str:
        function = self._find(handle)
        if function is None:
            raise CleanFailed("device_gone", f"handle {handle.key}: the GPU is gone")
        with self._changing, self._asking(function) as asked:
            if asked is None:
                raise HandleUnusable("NVML does not answer: nobody can see what is left")
            return self._cut(function, *asked).clean(handle, self._reset_suffices)

    def _clean_function(self, function: PciFunction) -> str:
        """A GPU of the host's driver only while nobody has it, and it has nobody's memory after.

        The driver of a vGPU's function expects resets, and would forget its type without it.
        """
        name = function.address.render()
        if function.physical_function is not None:
            return self._resets.reset(function, keeps_driver=_has_type(function))
        if any(kind.devices for kind in mdev.list_types(self._sysfs, function)):
            raise CleanFailed("split", f"{name} has vGPUs, which its reset would take away")
        if not self._reset_suffices:
            cleaning.check_alone(name, recall_facts(self._memory, GpuReport(function).slot_key))
        if function.driver == KERNEL_DRIVER:
            self._check_free(function)
        with self._xids.closed():
            method = super()._clean_function(function)
        self._check_idle_after(function)
        return method

    def _check_free(self, function: PciFunction) -> None:
        name = function.address.render()
        with self._asking(function) as asked:
            if asked is None:
                raise HandleUnusable(f"{name}: NVML does not answer: nobody can see who has it")
            number = cleaning.check_free(*asked)
        cleaning.check_not_open(name, number, self._proc)

    def _check_idle_after(self, function: PciFunction) -> None:
        """Where the library can say it."""
        now = PciBus(self._sysfs).find(function.address)
        if now is None:
            raise CleanFailed("device_gone", f"{function.address.render()} is gone")
        with self._asking(now) as asked:
            if asked is not None:
                idle.check_whole_idle(*asked)

    def _cut(self, function: PciFunction, nvml: Nvml, gpu: Any) -> CutGpu:
        return CutGpu(nvml, gpu, self._memory, GpuReport(function).slot_key)

    def _find(self, handle: AttachHandle) -> PciFunction | None:
        """The function that a handle names, as it is now; None when it is gone or garbage."""
        parts = [handle.info.get(name, "") for name in ("domain", "bus", "device", "function")]
        try:
            address = PciAddress.parse("{}:{}:{}.{}".format(*parts))
            return PciBus(self._sysfs).slot(address).find(is_gpu)
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


def _read_switch(context: DriverContext, option: str, default: bool) -> bool:
    wanted = context.options.get(option, default)
    if not isinstance(wanted, bool):
        raise InvalidInput(f"option {option} must be true or false, not {wanted!r}")
    return wanted


def _has_type(function: PciFunction) -> bool:
    try:
        return vf.find_typed_function(function) is not None
    except Unreadable:
        return False


def is_gpu(identity: PciIdentity) -> bool:
    """Whether a function is the display or 3D function of an NVIDIA GPU."""
    return identity.vendor_id == VENDOR_ID and identity.pci_class[:4] in CONTROLLERS
