"""Which functions of the bus are recorded: those that may be accelerators, and their company."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cyborg_rr.drivers.driver import DiscoveryFailed
from cyborg_rr.drivers.pci.reading.function import DEVICES
from cyborg_rr.drivers.sysfs import Directory, Sysfs, Unreadable

ACCELERATOR_CLASSES = ("03", "0b40", "12")
"""Display controllers, co-processors, processing accelerators: classes of the PCI id registry."""

Known = Callable[[str, str], bool]
"""Says by vendor and device id whether a function is known to be an accelerator."""


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the bus: its name, and its real directory relative to the sysfs root."""

    name: str
    path: str
    ids: tuple[str, str, str] | None
    companions: frozenset[str]

    @property
    def slot(self) -> str:
        """The name without its function: what sits in one slot is one card."""
        return self.name.rpartition(".")[0]

    def is_accelerator(self, known: Known) -> bool:
        """Whether it may be one; a function that cannot be read may."""
        if self.ids is None:
            return True
        vendor_id, device_id, pci_class = self.ids
        return pci_class.startswith(ACCELERATOR_CLASSES) or known(vendor_id, device_id)


LeaveOut = Callable[[str, object], None]
"""Says of a place why it is not recorded."""


def list_places(sysfs: Sysfs, leave_out: LeaveOut) -> Iterator[Place]:
    """The functions of the bus in order of name; ``DiscoveryFailed`` when it cannot be listed."""
    try:
        names = sysfs.names(DEVICES)
    except Unreadable as error:
        raise DiscoveryFailed(f"{sysfs.root}/{DEVICES} cannot be listed: {error}") from None
    for name in names:
        try:
            place = _find_place(sysfs, name)
        except Unreadable as error:
            leave_out(f"{DEVICES}/{name}", error)
        else:
            if place is not None:
                yield place


def _find_place(sysfs: Sysfs, name: str) -> Place | None:
    real = sysfs.resolve(f"{DEVICES}/{name}")
    if real is None:
        raise Unreadable(f"{name}: there is nothing behind the link")
    path = real.removeprefix(sysfs.root.rstrip("/")).lstrip("/")
    with sysfs.open(path) as directory:
        if directory is None:
            return None
        return Place(name, path, _read_ids(directory), frozenset(_list_companions(directory)))


def _read_ids(directory: Directory) -> tuple[str, str, str] | None:
    try:
        return (
            directory.get_hex("vendor", 4),
            directory.get_hex("device", 4),
            directory.get_hex("class", 6),
        )
    except Unreadable:
        return None


def _list_companions(directory: Directory) -> Iterator[str]:
    """The other functions that this one names, and the group that it is isolated in."""
    for name in directory.names():
        if name == "physfn" or name.startswith("virtfn") or name == "iommu_group":
            target = directory.find_link(name)
            if target is not None:
                yield ("" if name != "iommu_group" else "group ") + target.rpartition("/")[2]


def choose(places: Iterable[Place], known: Known) -> list[Place]:
    """Accelerators, and what shares a slot, an isolation group or its functions with one."""
    everything = list(places)
    chosen = {place.name for place in everything if place.is_accelerator(known)}
    wanted = {
        word
        for place in everything
        if place.name in chosen
        for word in (place.name, place.slot, *place.companions)
    }
    return [
        place
        for place in everything
        if {place.name, place.slot} & wanted or place.companions & wanted
    ]
