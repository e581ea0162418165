"""What holds for every found device of PCI functions, whichever driver found it.

Its serial number identifies it, a degraded link is a trouble, what the host does with it is said,
and a function whose IOMMU group the host needs is not handed out.
"""

from __future__ import annotations

from dataclasses import replace

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, Trouble
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import Look
from cyborg_rr.drivers.pci.groups import find_group_trouble
from cyborg_rr.drivers.pci.host_use import HostUse
from cyborg_rr.drivers.pci.reading.bus import share_bus
from cyborg_rr.drivers.pci.reading.function import PciFunction, parse_handle
from cyborg_rr.drivers.pci.state import SPLIT, USED_BY_HOST, find_error_trouble, find_link_trouble
from cyborg_rr.drivers.sysfs import Sysfs

READ_SERIAL = "pci:"
"""What the identity of a device begins with that is its serial number, read from it just now;
others may be remembered, so that two have the same only until the old one is asked again."""


class Offering:
    """Completes the devices that one driver found in one look."""

    def __init__(
        self,
        look: Look,
        sysfs: Sysfs,
        proc: str | None,
        exact: frozenset[PciAddress],
        has_own_identity: bool,
    ) -> None:
        self._memory = look.memory
        self._exact = exact
        self._has_own_identity = has_own_identity
        self._bus = share_bus(look, sysfs)
        self._use = look.share((HostUse, sysfs.root), lambda: HostUse(sysfs, proc))

    def complete(self, device: FoundDevice) -> FoundDevice | Trouble:
        """The device with what PCI tells of it, or why nothing of it can be offered."""
        refused: dict[str, Trouble] = {}
        parts = [self._keep_usable(part, refused) for part in device.parts]
        kept = tuple(part for part in parts if part.handles or not refused)
        if not kept and refused:
            return next(iter(refused.values()))
        completed = device if not refused else replace(device, parts=kept)
        return self._describe(completed)

    def _keep_usable(self, part: FoundPart, refused: dict[str, Trouble]) -> FoundPart:
        kept = []
        for handle in part.handles:
            trouble = self._find_trouble(handle)
            if trouble is None:
                kept.append(handle)
            else:
                refused[handle.key] = trouble
        return part if len(kept) == len(part.handles) else replace(part, handles=tuple(kept))

    def _find_trouble(self, handle: AttachHandle) -> Trouble | None:
        function = self._find_function(handle)
        if function is None:
            return None
        if function.virtual_functions:
            return Trouble(SPLIT, "its virtual functions are enabled")
        trouble = find_group_trouble(function, self._use, self._exact)
        if trouble is None and function.physical_function is not None:
            used = self._find_use(function.address)
            return None if used is None else Trouble(USED_BY_HOST, used)
        return trouble

    def _find_function(self, handle: AttachHandle) -> PciFunction | None:
        try:
            return self._bus.find(parse_handle(handle))
        except InvalidInput:
            return None  # a handle of another type

    def _find_use(self, address: PciAddress) -> str | None:
        return None if address in self._exact else self._use.find(address)

    def _describe(self, device: FoundDevice) -> FoundDevice:
        function = self._bus.find(PciAddress.parse_info(device.control_path))
        if function is None:
            return device
        if function.physical_function is not None:
            return replace(device, cut_from=function.physical_function.render_handle_info())
        serial = None if self._has_own_identity else function.serial
        uses = (
            self._find_use(other.address)
            for part in device.parts
            for handle in part.handles
            if (other := self._find_function(handle)) and other.physical_function is None
        )
        identity = device.identity or (f"{READ_SERIAL}{serial}" if serial else None)
        errors = find_error_trouble(function, self._memory)
        trouble = device.trouble or errors or find_link_trouble(function)
        used = device.used_by_host or next((use for use in uses if use is not None), None)
        if (identity, trouble, used) == (device.identity, device.trouble, device.used_by_host):
            return device
        return replace(device, identity=identity, trouble=trouble, used_by_host=used)
