"""What else lies in a function's IOMMU group, and whether the group can be given to a guest.

A group goes to a guest as a whole or not at all: nothing in it may be in the host's hands. Bridges
do not count (Linux drivers/vfio: a port's own driver is allowed).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.drivers.pci.host_use import HostUse
from cyborg_rr.drivers.pci.reading.function import DISPLAY, PciFunction
from cyborg_rr.drivers.pci.state import GROUP_NOT_VIABLE
from cyborg_rr.drivers.sysfs import Unreadable

COMPANION_CLASSES = ("0401", "0403", "0c03", "0c80")
"""Functions that come with a GPU: sound, USB and the controller of its USB-C port (PCI Code and ID
Assignment Specification: multimedia, USB, other serial bus)."""


def is_companion(function: PciFunction) -> bool:
    """Whether it belongs to the display in its slot and is of no use without it."""
    return function.identity.pci_class.startswith(COMPANION_CLASSES) and any(
        sibling.identity.pci_class.startswith(DISPLAY) for sibling in function.siblings
    )


def list_mates(function: PciFunction) -> Iterator[PciFunction]:
    """The other functions of its group, without bridges; ``Unreadable`` names one that is."""
    if function.iommu_group is None:
        return
    for address in function.bus.list_group(function.iommu_group):
        try:
            mate = function.bus.read(address) if address != function.address else None
        except Unreadable as error:
            raise Unreadable(
                f"its IOMMU group {function.iommu_group} has {address.render()},"
                f" which cannot be read: {error}"
            ) from None
        if mate is not None and not mate.identity.is_bridge:
            yield mate


def find_group_trouble(
    function: PciFunction, use: HostUse, exact: Collection[PciAddress]
) -> Trouble | None:
    """Which member of its group the host needs, or may need, so that no guest has the function."""
    try:
        mates = tuple(list_mates(function))
    except Unreadable as error:
        return Trouble(GROUP_NOT_VIABLE, str(error))
    for mate in mates:
        used = _find_mate_use(mate, use, is_named=mate.address in exact)
        if used is not None:
            name = mate.address.render()
            return Trouble(
                GROUP_NOT_VIABLE, f"its IOMMU group {function.iommu_group} has {name}: {used}"
            )
    return None


def _find_mate_use(mate: PciFunction, use: HostUse, *, is_named: bool) -> str | None:
    """What the host does with it; a disk, used or not, is taken only if the operator named it."""
    if mate.is_display:
        return "it is the host's display"
    block = None if is_named else use.find_block(mate.address)
    if block is not None:
        return f"it has the block device {block}"
    return use.find(mate.address, is_named=is_named)
