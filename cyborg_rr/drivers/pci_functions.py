"""The PCI functions of a host as sysfs shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.driver import DiscoveryFailed, HandleUnusable, SkipLog
from cyborg_rr.drivers.sysfs import Directory, Sysfs, Unreadable, render_safe

P = ParamSpec("P")
T = TypeVar("T")

DEVICES = "bus/pci/devices"

_VIRTUAL_FUNCTION = re.compile(r"virtfn[0-9]{1,5}", re.ASCII)


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
        return f"{DEVICES}/{self.address.render()}"

    @property
    def handle(self) -> AttachHandle:
        """The attach handle that passes this function through."""
        return AttachHandle("PCI", self.address.render_handle_info())


def list_functions(
    sysfs: Sysfs, wanted: Wanted, skips: SkipLog, vendor_id: str | None = None
) -> Iterator[PciFunction]:
    """The wanted functions in order of address; one that cannot be read is left out with a warning.

    Of functions of another vendor than ``vendor_id`` nothing else is read. ``DiscoveryFailed``
    when the root is no sysfs. A host without PCI has none.
    """
    sysfs.check()
    try:
        names = sysfs.names(DEVICES)
    except Unreadable as error:
        raise DiscoveryFailed(f"{sysfs.root}/{DEVICES} cannot be listed: {error}") from None
    for address in _parse_addresses(names, skips):
        try:
            function = read_function(sysfs, address, wanted, vendor_id)
        except Unreadable as error:
            skips.skip(address.render(), error)
        else:
            if function is not None:
                yield function


def read_or_skip(
    skips: SkipLog,
    name: str,
    read: Callable[P, T],
    *arguments: P.args,
    **options: P.kwargs,
) -> T | None:
    """What ``read`` returns; None, with the device's name and cause told, when it is unreadable."""
    try:
        found = read(*arguments, **options)
    except Unreadable as error:
        skips.skip(name, error)
        return None
    skips.forget(name)
    return found


def _parse_addresses(names: tuple[str, ...], skips: SkipLog) -> list[PciAddress]:
    addresses = []
    for name in names:
        try:
            address = PciAddress.parse(name)
        except InvalidInput as error:
            skips.skip(f"{DEVICES}/{render_safe(name)}", error)
            continue
        if address.render() == name:
            addresses.append(address)
        else:
            skips.skip(f"{DEVICES}/{name}", f"the kernel would call it {address.render()}")
    return sorted(addresses)


def read_function(
    sysfs: Sysfs, address: PciAddress, wanted: Wanted, vendor_id: str | None = None
) -> PciFunction | None:
    """The function at an address if it is there and wanted; ``Unreadable`` if it is garbage."""
    with sysfs.open(f"{DEVICES}/{address.render()}") as directory:
        if directory is None:
            return None
        vendor = directory.get_hex("vendor", 4)
        if vendor_id not in (None, vendor):
            return None
        identity = PciIdentity(
            vendor, directory.get_hex("device", 4), directory.get_hex("class", 6)
        )
        return _read_details(directory, address, identity) if wanted(identity) else None


def check_handle(sysfs: Sysfs, handle: AttachHandle, wanted: Wanted) -> None:
    """``HandleUnusable`` unless the function behind the handle is there, wanted, and not split.

    Binding the function to vfio-pci is left to the hypervisor, which does it for managed devices.
    """
    try:
        address = parse_handle(handle)
        function = read_function(sysfs, address, wanted)
    except (InvalidInput, Unreadable) as error:
        raise HandleUnusable(f"handle {handle.key}: {error}") from None
    if function is None:
        raise HandleUnusable(f"{address.render()} is gone, or another device is in its place")
    if function.virtual_functions:
        raise HandleUnusable(f"{address.render()} has been split into virtual functions")


def parse_handle(handle: AttachHandle) -> PciAddress:
    """The address in a PCI handle; ``InvalidInput`` for a handle of another form."""
    parts = [handle.info.get(name, "") for name in ("domain", "bus", "device", "function")]
    if handle.type != "PCI" or not all(parts):
        raise InvalidInput("not a PCI handle with domain, bus, device and function")
    return PciAddress.parse("{}:{}:{}.{}".format(*parts))


def _read_details(directory: Directory, address: PciAddress, identity: PciIdentity) -> PciFunction:
    numa_node = directory.find_number("numa_node")
    virtual = [name for name in directory.names() if _VIRTUAL_FUNCTION.fullmatch(name)]
    return PciFunction(
        address=address,
        identity=identity,
        subsystem_vendor_id=directory.find_hex("subsystem_vendor", 4),
        subsystem_device_id=directory.find_hex("subsystem_device", 4),
        numa_node=None if numa_node is None or numa_node < 0 else numa_node,
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
