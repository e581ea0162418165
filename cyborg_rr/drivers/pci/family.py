"""What drivers of PCI functions do alike: look on the shared bus, check a handle before use."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from typing import ParamSpec, TypeVar

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, Trouble
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import CleanFailed, DriverContext, HandleUnusable, Look, SkipLog
from cyborg_rr.drivers.pci.cleaning.methods import clean_function
from cyborg_rr.drivers.pci.cleaning.reset import Resets
from cyborg_rr.drivers.pci.companions import Companions, parse_records
from cyborg_rr.drivers.pci.groups import list_mates
from cyborg_rr.drivers.pci.host_use import HostUse, parse_proc
from cyborg_rr.drivers.pci.offering import Offering
from cyborg_rr.drivers.pci.reading.bus import PciBus, share_bus
from cyborg_rr.drivers.pci.reading.function import PciFunction, Wanted, parse_handle
from cyborg_rr.drivers.pci.state import UNREADABLE, USUAL, Unusable, find_cause, parse_exact
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable
from cyborg_rr.drivers.toolchains import Toolchains, parse_root

P = ParamSpec("P")
T = TypeVar("T")


class PciFamilyDriver(ABC):
    """The part of a driver that is the same for all families of PCI functions.

    ``wanted`` says which functions belong to the family, ``handed_out`` (unless it says the same)
    which of them a handle may name. A driver says in ``_find_devices`` what it finds; whether that
    can be offered is decided here. Binding a function to vfio-pci is left to the hypervisor, which
    does it for managed devices; what shares its IOMMU group is bound here.
    """

    is_generic = False
    is_programmable = False
    """Whether instances program the devices, which a reset does not undo."""
    has_own_identity = False
    """Whether the family's devices are told apart by more than the serial number of PCI."""
    others: Sequence[PciFamilyDriver] = ()
    """The drivers of the host: who shares an IOMMU group may be of another family."""

    def __init__(
        self,
        name: str,
        context: DriverContext,
        wanted: Wanted,
        vendor_id: str | None = None,
        handed_out: Wanted | None = None,
    ) -> None:
        self.name = name
        self._wanted = wanted
        self._handed_out = handed_out or wanted
        self._vendor_id = vendor_id
        self._sysfs = Sysfs(context.sysfs)
        self._skips = SkipLog(name)
        self._reset_suffices = name in _read_names(context, "reset_suffices")
        self._exact = parse_exact(context.options)
        self._toolchains = Toolchains(parse_root(context.options))
        self._proc = parse_proc(context.options)
        self._companions = Companions(self._sysfs, context.options)
        self._resets = Resets(self._sysfs, parse_records(context.options), self._proc, self._exact)

    @abstractmethod
    def _find_devices(self, look: Look) -> Iterable[FoundDevice]:
        """What is there of the family, in order of address."""

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """The devices that can be offered; the others are left out with the cause."""
        return tuple(self._list_offered(look))

    def _list_offered(self, look: Look) -> Iterator[FoundDevice]:
        offering = Offering(look, self._sysfs, self._proc, self._exact, self.has_own_identity)
        for device in self._find_devices(look):
            found = offering.complete(device)
            if isinstance(found, Trouble):
                name = PciAddress.parse_info(device.control_path).render()
                self._tell(look, name, device.slot_key, found)
            else:
                yield self._add_versions(found)

    def _add_versions(self, device: FoundDevice) -> FoundDevice:
        """With those of what the host has for its vendor's devices; what it says itself wins."""
        versions = self._toolchains.list_versions(device.fields.vendor)
        if not versions:
            return device
        fields = replace(device.fields, versions={**versions, **device.fields.versions})
        return replace(device, fields=fields)

    def prepare(self, handle: AttachHandle) -> None:
        """Free what shares the function's IOMMU group from the host.

        ``HandleUnusable`` unless the function is there, of this family, answers, and is not split,
        and its group can be given away.
        """
        function = self._get_function(handle)
        cause = find_cause(function, frozenset({function.address}))
        if cause is not None:
            raise HandleUnusable(f"{function.address.render()}: {cause.text}")
        used = None
        if function.address not in self._exact:
            used = HostUse(self._sysfs, self._proc).find(function.address)
        if used is not None:
            raise HandleUnusable(f"{function.address.render()}: {used}")
        try:
            mates = tuple(list_mates(function))
        except Unreadable as error:
            raise HandleUnusable(f"{function.address.render()}: {error}") from None
        with ExitStack() as taking:
            for one in (function, *mates):
                for family in self._list_families(one):
                    taking.enter_context(family.letting_go())
                    if one.address not in self._exact:
                        family.check_use(one, is_mate=one is not function)
            self._companions.bind(function)

    def _list_families(self, function: PciFunction) -> Iterator[PciFamilyDriver]:
        """Who knows what is done with a function: this family, and those beside it."""
        for family in (self, *(other for other in self.others if other is not self)):
            if family._wanted(function.identity):
                yield family

    def check_use(self, function: PciFunction, *, is_mate: bool) -> None:
        """``HandleUnusable`` when a function of the family, given out or a mate of it, is busy."""
        try:
            used = self._find_own_use(function)
            if used is None and is_mate:
                used = self._find_parts_use(function)
        except Unreadable as error:
            used = str(error)
        if used is not None:
            raise HandleUnusable(f"{function.address.render()}: {used}")

    def letting_go(self) -> AbstractContextManager[None]:
        """Within it the family holds none of its functions open, so that they can be taken."""
        return nullcontext()

    def _find_own_use(self, function: PciFunction) -> str | None:
        """What the host does with a function of the family that only its own driver tells."""
        return None

    def _find_parts_use(self, function: PciFunction) -> str | None:
        """Why it cannot follow another one out of the host: others may have parts of it."""
        return None

    def _get_function(self, handle: AttachHandle) -> PciFunction:
        try:
            address = parse_handle(handle)
            function = PciBus(self._sysfs).slot(address).find(self._handed_out)
        except (InvalidInput, Unreadable) as error:
            raise HandleUnusable(f"handle {handle.key}: {error}") from None
        if function is None:
            raise HandleUnusable(f"{address.render()} is gone, or another device is in its place")
        if function.virtual_functions:
            raise HandleUnusable(f"{address.render()} has been split into virtual functions")
        return function

    def release(self, handle: AttachHandle) -> None:
        """Give what shares the function's IOMMU group back to whom it belonged."""
        try:
            address = parse_handle(handle)
        except InvalidInput:
            return  # nothing was ever prepared for it
        self._companions.restore(address)

    def clean(self, handle: AttachHandle) -> str:
        """Have the kernel reset the function, or a drive erase itself; see ``pci.cleaning``."""
        try:
            address = parse_handle(handle)
            function = PciBus(self._sysfs).slot(address).find(self._handed_out)
        except (InvalidInput, Unreadable) as error:
            raise CleanFailed("handle_unusable", f"handle {handle.key}: {error}") from None
        if function is None:
            raise CleanFailed("device_gone", f"{address.render()} is gone, or another is there")
        return self._clean_function(function)

    def _clean_function(self, function: PciFunction) -> str:
        """Clean it; a family that can see whether something is left looks after this."""
        return clean_function(
            self._resets,
            function,
            is_programmable=self.is_programmable,
            reset_suffices=self._reset_suffices,
        )

    def _list_functions(
        self, look: Look, is_meant: Callable[[PciFunction], bool] = lambda _: True
    ) -> Iterator[PciFunction]:
        """The functions of the family, as far as they are meant, that can be handed out.

        They come in order of address; what cannot be handed out is left out with the cause.
        """
        bus = share_bus(look, self._sysfs)
        for function in bus.list_functions(self._wanted, self._skips, self._vendor_id):
            if not is_meant(function):
                continue
            cause = find_cause(function, self._exact)
            if cause is None:
                yield function
            else:
                self._leave_out(look, function, cause)

    def _leave_out(self, look: Look, function: PciFunction, cause: Trouble) -> None:
        """Say on the host and in the log why a function is not offered."""
        self._tell(look, function.address.render(), function.slot_key, cause)

    def _tell(self, look: Look, name: str, slot_key: str, cause: Trouble) -> None:
        look.leave_out(name, slot_key, cause)
        level = logging.INFO if cause.code in USUAL else logging.WARNING
        self._skips.skip(name, cause.text, level)

    def _read_or_leave_out(
        self,
        look: Look,
        function: PciFunction,
        read: Callable[P, T],
        *arguments: P.args,
        **options: P.kwargs,
    ) -> T | None:
        """What ``read`` returns; None, with the function left out and the cause, if unreadable."""
        try:
            found = read(*arguments, **options)
        except Unreadable as error:
            code = error.code if isinstance(error, Unusable) else UNREADABLE
            self._leave_out(look, function, Trouble(code, str(error)))
            return None
        self._skips.forget(function.address.render())
        return found


def _read_names(context: DriverContext, option: str) -> Collection[str]:
    """The names of drivers that an option lists."""
    names = context.options.get(option, ())
    if not isinstance(names, Collection) or isinstance(names, str):
        raise InvalidInput(f"option {option} must be a list of drivers' names")
    return names
