"""One function of a PCI bus: what sysfs says of it, and the handle that passes it through."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts
from cyborg_rr.drivers.sysfs import Directory, Unreadable, render_safe

DEVICES = "bus/pci/devices"

_VIRTUAL_FUNCTION = re.compile(r"virtfn[0-9]{1,5}", re.ASCII)

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


@dataclass(frozen=True, slots=True)
class PciFunction:
    """One function with what drivers need to know of it; None where sysfs has no such file."""

    address: PciAddress
    identity: PciIdentity
    subsystem_vendor_id: str | None
    subsystem_device_id: str | None
    numa_node: int | None
    driver: str | None
    is_boot_vga: bool
    physical_function: PciAddress | None
    virtual_functions: tuple[PciAddress, ...]

    @property
    def path(self) -> str:
        """Its directory, relative to the sysfs root."""
        return path_of(self.address)

    @property
    def handle(self) -> AttachHandle:
        """The attach handle that passes this function through."""
        return AttachHandle("PCI", self.address.render_handle_info())

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
    parts = [handle.info.get(name, "") for name in ("domain", "bus", "device", "function")]
    if handle.type != "PCI" or not all(parts):
        raise InvalidInput("not a PCI handle with domain, bus, device and function")
    return PciAddress.parse("{}:{}:{}.{}".format(*parts))


def read_details(directory: Directory, address: PciAddress, identity: PciIdentity) -> PciFunction:
    """The whole function of that identity; ``Unreadable`` when one of its files is garbage."""
    numa_node = directory.find_number("numa_node")
    virtual = [name for name in directory.names() if _VIRTUAL_FUNCTION.fullmatch(name)]
    return PciFunction(
        address=address,
        identity=identity,
        subsystem_vendor_id=directory.find_hex("subsystem_vendor", 4),
        subsystem_device_id=directory.find_hex("subsystem_device", 4),
        numa_node=numa_node if numa_node is not None and 0 <= numa_node <= MAX_NUMA_NODE else None,
        driver=_find_driver(directory),
        is_boot_vga=directory.find_number("boot_vga") == 1,
        physical_function=_find_linked_address(directory, "physfn"),
        virtual_functions=tuple(
            sorted(
                linked
                for name in virtual
                if (linked := _find_linked_address(directory, name)) is not None
            )
        ),
    )


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
