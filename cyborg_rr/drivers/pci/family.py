"""What drivers of PCI functions do alike: look on the shared bus, check a handle before use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import ParamSpec, TypeVar

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.driver import CleanFailed, DriverContext, HandleUnusable, Look, SkipLog
from cyborg_rr.drivers.pci.bus import Slot, share_bus
from cyborg_rr.drivers.pci.cleaning import clean_function
from cyborg_rr.drivers.pci.function import PciFunction, Wanted, parse_handle
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

P = ParamSpec("P")
T = TypeVar("T")


class PciFamilyDriver:
    """The part of a driver that is the same for all families of PCI functions.

    ``wanted`` says which functions belong to the family, ``handed_out`` (unless it says the same)
    which of them a handle may name. Binding a function to vfio-pci is left to the hypervisor, which
    does it for managed devices.
    """

    is_generic = False
    is_programmable = False
    """Whether instances program the devices, which a reset does not undo."""

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

    def prepare(self, handle: AttachHandle) -> None:
        """``HandleUnusable`` unless the function is there, of this family, and not split."""
        try:
            address = parse_handle(handle)
            function = Slot(self._sysfs, address).find(self._handed_out)
        except (InvalidInput, Unreadable) as error:
            raise HandleUnusable(f"handle {handle.key}: {error}") from None
        if function is None:
            raise HandleUnusable(f"{address.render()} is gone, or another device is in its place")
        if function.virtual_functions:
            raise HandleUnusable(f"{address.render()} has been split into virtual functions")

    def release(self, handle: AttachHandle) -> None:
        """Nothing was changed on the host, so nothing is to be undone."""

    def clean(self, handle: AttachHandle) -> str:
        """Have the kernel reset the function, or a drive erase itself; see ``pci.cleaning``."""
        try:
            address = parse_handle(handle)
            function = Slot(self._sysfs, address).find(self._handed_out)
        except (InvalidInput, Unreadable) as error:
            raise CleanFailed("handle_unusable", f"handle {handle.key}: {error}") from None
        if function is None:
            raise CleanFailed("device_gone", f"{address.render()} is gone, or another is there")
        method = self._clean_function(function)
        self._check_clean(function)
        return method

    def _clean_function(self, function: PciFunction) -> str:
        return clean_function(
            self._sysfs,
            function,
            is_programmable=self.is_programmable,
            reset_suffices=self._reset_suffices,
        )

    def _check_clean(self, function: PciFunction) -> None:
        """For families that can see whether nothing is left: ``CleanFailed`` when something is."""

    def _list_functions(self, look: Look) -> Iterator[PciFunction]:
        """The functions of the family, in order of address."""
        bus = share_bus(look, self._sysfs)
        return bus.list_functions(self._wanted, self._skips, self._vendor_id)

    def _read_or_skip(
        self, name: str, read: Callable[P, T], *arguments: P.args, **options: P.kwargs
    ) -> T | None:
        """What ``read`` returns; None, with the device's name and cause told, if unreadable."""
        try:
            found = read(*arguments, **options)
        except Unreadable as error:
            self._skips.skip(name, error)
            return None
        self._skips.forget(name)
        return found


def _read_names(context: DriverContext, option: str) -> Collection[str]:
    """The names of drivers that an option lists."""
    names = context.options.get(option, ())
    if not isinstance(names, Collection) or isinstance(names, str):
        raise InvalidInput(f"option {option} must be a list of drivers' names")
    return names
