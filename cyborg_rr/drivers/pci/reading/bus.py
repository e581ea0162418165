"""The PCI bus of a host, scanned once for all the drivers that look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import DiscoveryFailed, Look, SkipLog
from cyborg_rr.drivers.pci.reading.files import FunctionFiles
from cyborg_rr.drivers.pci.reading.function import (
    DEVICES,
    PciFunction,
    PciIdentity,
    Wanted,
    find_group,
    path_of,
    read_details,
)
from cyborg_rr.drivers.sysfs import (
    Directory,
    LinkedPaths,
    Sysfs,
    Unreadable,
    open_directory,
    render_safe,
)

T = TypeVar("T")


class _Once(Generic[T]):
    """A value that is read when it is first asked for; so is that it could not be read."""

    __slots__ = ("value", "_trouble", "is_known")

    def __init__(self) -> None:
        self._trouble: str | None = None
        self.is_known = False

    def get(self, read: Callable[[], T]) -> T:
        """What ``read`` returned or raised (``Unreadable``) the first time."""
        if not self.is_known:
            try:
                self.value = read()
            except Unreadable as error:
                self._trouble = str(error)
            self.is_known = True
        if self._trouble is not None:
            raise Unreadable(self._trouble)
        return self.value

    def is_not(self, value: T) -> bool:
        """Whether it is known to be another value."""
        return self.is_known and self._trouble is None and self.value != value


class _Opening:
    """The directory of a slot, opened when something has to be read there."""

    __slots__ = ("_real_path", "_path", "_directory")

    def __init__(self, real_path: str, path: str) -> None:
        self._real_path = real_path
        self._path = path
        self._directory: Directory | None = None

    def get(self) -> Directory:
        if self._directory is None:
            self._directory = open_directory(self._real_path, self._path)
        return self._directory

    def close(self) -> None:
        if self._directory is not None:
            self._directory.close()


class Slot:
    """A place on the bus; of the function there no more is read than somebody wanted to know."""

    __slots__ = ("_bus", "address", "_real_path", "_vendor_id", "_identity", "_function")

    def __init__(self, bus: PciBus, address: PciAddress) -> None:
        self._bus = bus
        self.address = address
        self._real_path: _Once[str | None] = _Once()
        self._vendor_id: _Once[str] = _Once()
        self._identity: _Once[PciIdentity] = _Once()
        self._function: _Once[PciFunction] = _Once()

    def find(self, wanted: Wanted, vendor_id: str | None = None) -> PciFunction | None:
        """The function if it is there and wanted; ``Unreadable`` if it is garbage.

        Of a function of another vendor than ``vendor_id`` nothing else is read.
        """
        if vendor_id is not None and self._vendor_id.is_not(vendor_id):
            return None
        if self._function.is_known:  # so all the rest is, and in order
            vendor = self._vendor_id.value
            is_wanted = vendor_id in (None, vendor) and wanted(self._identity.value)
            return self._function.get(_never) if is_wanted else None
        real_path = self._real_path.get(lambda: self._bus.resolve(self.address))
        if real_path is None:
            return None
        opening = _Opening(real_path, path_of(self.address))
        try:
            vendor = self._vendor_id.get(lambda: opening.get().get_hex("vendor", 4))
            if vendor_id not in (None, vendor):
                return None
            identity = self._identity.get(lambda: _read_identity(opening.get(), vendor))
            if not wanted(identity):
                return None
            return self._function.get(lambda: self._read(opening.get(), real_path, identity))
        finally:
            opening.close()

    def _read(self, directory: Directory, real_path: str, identity: PciIdentity) -> PciFunction:
        names = directory.names()
        files = FunctionFiles(real_path, path_of(self.address), frozenset(names))
        files.read_state(directory)
        return read_details(directory, names, self.address, identity, files, self._bus)

    def find_group(self) -> int | None:
        """The IOMMU group of the function, whatever it is."""
        try:
            real_path = self._real_path.get(lambda: self._bus.resolve(self.address))
        except Unreadable:
            return None
        return None if real_path is None else find_group(real_path)


def _never() -> NoReturn:
    raise AssertionError("what is known is read again")


def _read_identity(directory: Directory, vendor_id: str) -> PciIdentity:
    return PciIdentity(vendor_id, directory.get_hex("device", 4), directory.get_hex("class", 6))


@dataclass(frozen=True, slots=True)
class _Places:
    """The entries of the bus: slots in order of address, and names that are none, with causes."""

    slots: tuple[Slot, ...]
    strange: tuple[tuple[str, str], ...]


class PciBus:
    """The functions of a host at one moment."""

    def __init__(self, sysfs: Sysfs) -> None:
        self._sysfs = sysfs
        self._places: _Once[_Places] = _Once()
        self._groups: _Once[dict[int, tuple[PciAddress, ...]]] = _Once()
        self._slots: dict[PciAddress, Slot] = {}
        self._paths = LinkedPaths(sysfs, DEVICES)

    def resolve(self, address: PciAddress) -> str | None:
        """The real path of a function's directory; ``Unreadable`` when it leads elsewhere."""
        return self._paths.resolve(address.render())

    def slot(self, address: PciAddress) -> Slot:
        """The place with that address, whether or not a function is there."""
        slot = self._slots.get(address)
        if slot is None:
            slot = self._slots[address] = Slot(self, address)
        return slot

    def find(self, address: PciAddress) -> PciFunction | None:
        """Any function, as far as it can be read."""
        try:
            return self.read(address)
        except Unreadable:
            return None

    def read(self, address: PciAddress) -> PciFunction | None:
        """Any function; ``Unreadable`` if there is one that is garbage."""
        return self.slot(address).find(lambda _: True)

    def list_group(self, group: int) -> tuple[PciAddress, ...]:
        """The functions of an IOMMU group, in order of address."""
        return self._groups.get(self._read_groups).get(group, ())

    def _read_groups(self) -> dict[int, tuple[PciAddress, ...]]:
        groups: dict[int, tuple[PciAddress, ...]] = {}
        for slot in self._places.get(self._read_places).slots:
            number = slot.find_group()
            if number is not None:
                groups[number] = (*groups.get(number, ()), slot.address)
        return groups

    def list_functions(
        self, wanted: Wanted, skips: SkipLog, vendor_id: str | None = None
    ) -> Iterator[PciFunction]:
        """The wanted functions in order of address; one that cannot be read is left out and told.

        ``DiscoveryFailed`` when the root is no sysfs. A host without PCI has none.
        """
        self._sysfs.check()
        try:
            places = self._places.get(self._read_places)
        except Unreadable as error:
            raise DiscoveryFailed(
                f"{self._sysfs.root}/{DEVICES} cannot be listed: {error}"
            ) from None
        for name, cause in places.strange:
            skips.skip(name, cause)
        for slot in places.slots:
            try:
                function = slot.find(wanted, vendor_id)
            except Unreadable as error:
                skips.skip(slot.address.render(), error)
            else:
                if function is not None:
                    yield function

    def _read_places(self) -> _Places:
        addresses: list[PciAddress] = []
        strange: list[tuple[str, str]] = []
        for name in self._sysfs.names(DEVICES):
            try:
                address = PciAddress.parse(name)
            except InvalidInput as error:
                strange.append((f"{DEVICES}/{render_safe(name)}", str(error)))
                continue
            if address.render() == name:
                addresses.append(address)
            else:
                cause = f"the kernel would call it {address.render()}"
                strange.append((f"{DEVICES}/{name}", cause))
        return _Places(tuple(self.slot(address) for address in sorted(addresses)), tuple(strange))


def share_bus(look: Look, sysfs: Sysfs) -> PciBus:
    """The bus below a root as all the drivers of one look see it."""
    return look.share((PciBus, sysfs.root), lambda: PciBus(sysfs))
