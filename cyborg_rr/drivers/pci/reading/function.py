"""One function of a PCI bus: what sysfs says of it, and the handle that passes it through."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts, render_slot_key
from cyborg_rr.drivers.pci.reading.files import FunctionFiles
from cyborg_rr.drivers.pci.reading.link import Link
from cyborg_rr.drivers.sysfs import Directory, Unreadable, render_safe

DEVICES = "bus/pci/devices"

PCI = "PCI"
"""The type of a handle that passes a function through."""

FUNCTIONS_IN_SLOT = 8

DISPLAY = "03"
"""Class code of display controllers: PCI Code and ID Assignment Specification."""

_VIRTUAL_FUNCTION = re.compile(r"virtfn([0-9]{1,5})", re.ASCII)
_GROUP = re.compile(r"[0-9]{1,9}", re.ASCII)

MAX_NUMA_NODE = 2**31 - 1
"""The kernel numbers nodes in a signed int; a larger one is none."""


@dataclass(frozen=True, slots=True)
class PciIdentity:
    """What a function says it is: ids of four and a class of six hexadecimal digits."""

    vendor_id: str
    device_id: str
    pci_class: str

    @property
    def is_bridge(self) -> bool:
        """Whether it is a bridge of any kind: never an accelerator."""
        return self.pci_class.startswith("06")


Wanted = Callable[[PciIdentity], bool]
"""Says by its ids and class whether a function belongs to a driver."""


class Bus(Protocol):
    """What a function knows of the bus that it is on."""

    def find(self, address: PciAddress) -> PciFunction | None:
        """The function there; None: there is none that can be read."""
        ...

    def read(self, address: PciAddress) -> PciFunction | None:
        """The function there; ``Unreadable`` if there is one that cannot be read."""
        ...

    def list_group(self, group: int) -> tuple[PciAddress, ...]:
        """The functions of an IOMMU group, in order of address."""
        ...


@dataclass(frozen=True, slots=True)
class PciFunction:
    """One function with what drivers need to know of it; None where sysfs has no such file.

    What stands in fields was read when the function was looked at. Properties read ``files`` when
    they are asked for the first time; what is unreadable there is None too.
    """

    address: PciAddress
    identity: PciIdentity
    subsystem_vendor_id: str | None
    subsystem_device_id: str | None
    numa_node: int | None
    driver: str | None
    is_boot_vga: bool
    physical_function: PciAddress | None
    iommu_group: int | None
    virtual_indexes: Mapping[PciAddress, int]
    """Its virtual functions in order of address, and the number that it gives each of them."""

    files: FunctionFiles = field(compare=False, repr=False)
    bus: Bus = field(compare=False, repr=False)

    @property
    def virtual_functions(self) -> tuple[PciAddress, ...]:
        """Its virtual functions, in order of address."""
        return tuple(self.virtual_indexes)

    @property
    def virtual_index(self) -> int | None:
        """Which virtual function of its physical function it is; None for any other."""
        if self.physical_function is None:
            return None
        physical = self.bus.find(self.physical_function)
        return None if physical is None else physical.virtual_indexes.get(self.address)

    @property
    def sriov_total(self) -> int | None:
        """How many virtual functions it can have."""
        return self.files.number("sriov_totalvfs")

    @property
    def sriov_enabled(self) -> int | None:
        """How many virtual functions it has been told to have."""
        return self.files.number("sriov_numvfs")

    @property
    def siblings(self) -> Iterator[PciFunction]:
        """The other functions of its slot that are no virtual ones."""
        for number in range(FUNCTIONS_IN_SLOT):
            address = replace(self.address, function=number)
            other = self.bus.find(address) if address != self.address else None
            if other is not None and other.physical_function is None:
                yield other

    @property
    def upstream(self) -> PciFunction | None:
        """The port that it hangs on; None: the root, or nobody knows."""
        try:
            return self.bus.find(PciAddress.parse(self.files.parent_name))
        except InvalidInput:
            return None

    @property
    def power_state(self) -> str | None:
        """The state of its power (D0, D3hot ...)."""
        return self.files.power_state()

    @property
    def is_answering(self) -> bool:
        """Whether it is there for the bus too, not only for the kernel's list."""
        return self.files.is_answering()

    @property
    def is_display(self) -> bool:
        """Whether the host booted on it, or shows something on it."""
        shows = self.identity.pci_class.startswith(DISPLAY) and self.files.shows_picture()
        return self.is_boot_vga or shows

    @property
    def is_parted(self) -> bool:
        """Whether it is a virtual function that does not name its physical one.

        So it is for a moment when it comes and when it goes: the kernel links it after it has added
        it, and takes the link away first (Linux drivers/pci/iov.c).
        """
        return self.physical_function is None and self.files.is_virtual()

    @property
    def serial(self) -> str | None:
        """Its Device Serial Number in 16 hexadecimal digits; only root may read it."""
        return self.files.serial()

    @property
    def reset_methods(self) -> tuple[str, ...] | None:
        """How the kernel can reset it, best first; None: this kernel does not say."""
        return self.files.reset_methods()

    @property
    def fatal_errors(self) -> int | None:
        """How many fatal errors (AER) the kernel has counted since it found the function."""
        return self.files.fatal_errors()

    @property
    def link(self) -> Link | None:
        """Width and speed of its link, now and at most."""
        return self.files.link()

    @property
    def path(self) -> str:
        """Its directory, relative to the sysfs root."""
        return path_of(self.address)

    @property
    def handle(self) -> AttachHandle:
        """The attach handle that passes this function through."""
        return AttachHandle(PCI, self.address.render_handle_info(), unit=self.unit)

    @property
    def slot_key(self) -> str:
        """Which device is in its slot, as far as its ids say."""
        return render_slot_key(self.address.render_handle_info(), self.describe(""))

    @property
    def unit(self) -> str | None:
        """The isolation unit that it lies in: its IOMMU group."""
        return None if self.iommu_group is None else f"iommu_group:{self.iommu_group}"

    def describe(self, kind: str) -> DeviceFacts:
        """The facts that its ids tell of a device of that kind; its driver adds what it knows."""
        return DeviceFacts(
            kind=kind,
            vendor_id=self.identity.vendor_id,
            device_id=self.identity.device_id,
            subsystem_vendor_id=self.subsystem_vendor_id,
            subsystem_device_id=self.subsystem_device_id,
        )


def path_of(address: PciAddress) -> str:
    """The directory of the function at an address, relative to the sysfs root."""
    return f"{DEVICES}/{address.render()}"


def parse_handle(handle: AttachHandle) -> PciAddress:
    """The address in a PCI handle; ``InvalidInput`` for a handle of another form."""
    if handle.type != PCI:
        raise InvalidInput("not a PCI handle with domain, bus, device and function")
    return PciAddress.parse_info(handle.info)


def read_details(
    directory: Directory,
    names: tuple[str, ...],
    address: PciAddress,
    identity: PciIdentity,
    files: FunctionFiles,
    bus: Bus,
) -> PciFunction:
    """The whole function of that identity; ``Unreadable`` when one of its files is garbage."""
    numa_node = directory.find_number("numa_node")
    return PciFunction(
        address=address,
        identity=identity,
        subsystem_vendor_id=directory.find_hex("subsystem_vendor", 4),
        subsystem_device_id=directory.find_hex("subsystem_device", 4),
        numa_node=numa_node if numa_node is not None and 0 <= numa_node <= MAX_NUMA_NODE else None,
        driver=_find_driver(directory) if files.has("driver") else None,
        is_boot_vga=files.has("boot_vga") and directory.find_number("boot_vga") == 1,
        physical_function=(
            _find_linked_address(directory, "physfn") if files.has("physfn") else None
        ),
        iommu_group=_parse_group(directory.find_link_name("iommu_group"))
        if files.has("iommu_group")
        else None,
        virtual_indexes=_read_virtual(directory, names),
        files=files,
        bus=bus,
    )


def _read_virtual(directory: Directory, names: tuple[str, ...]) -> dict[PciAddress, int]:
    found = {}
    for name in names:
        match = _VIRTUAL_FUNCTION.fullmatch(name)
        linked = _find_linked_address(directory, name) if match else None
        if match and linked is not None:
            found[linked] = int(match[1])
    return dict(sorted(found.items()))


def find_group(real_path: str) -> int | None:
    """The number of the IOMMU group of the function in a directory; None: it is in none."""
    try:
        name = os.path.basename(os.readlink(f"{real_path}/iommu_group"))
    except OSError:
        return None
    return _parse_group(name)


def _parse_group(name: str | None) -> int | None:
    return int(name) if name is not None and _GROUP.fullmatch(name) else None


def _find_driver(directory: Directory) -> str | None:
    name = directory.find_link_name("driver")
    return None if name is None else render_safe(name)


def _find_linked_address(directory: Directory, name: str) -> PciAddress | None:
    target = directory.find_link_name(name)
    if target is None:
        return None
    try:
        return PciAddress.parse(target)
    except InvalidInput as error:
        raise Unreadable(f"{name}: {error}") from None
