"""Any PCI function that the operator lists by vendor, product, class or address.

Only listed functions are taken, never a bridge, and the sound or USB function of a GPU only when an
entry names it exactly: whatever another manager owns is simply not to be listed. A function that
manages a card whose user has another one is taken only when an entry names its address: whoever has
it can rewrite the card.
Where a function and its virtual functions are both listed they are one device, of which either
the whole is offered or, once it is split, its parts. Virtual functions that are listed alone are
devices of their own. In either case they are described as virtual functions, never as their card.

Reads the option ``pci_devices``: mappings with ``vendor_id``, ``product_id``, ``class`` (2, 4 or 6
hexadecimal digits) and ``address`` (with ``*`` and ``?``); all given parts must match. Where a
function of a network card leads is what ``physical_networks`` says.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from types import MappingProxyType

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.devices import DeviceFacts, Trouble
from cyborg_rr.domain.hardware.fields import PHYSICAL_NETWORK, DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.groups import is_companion
from cyborg_rr.drivers.pci.networks import PhysicalNetworks
from cyborg_rr.drivers.pci.products import list_managing
from cyborg_rr.drivers.pci.reading.function import PciFunction, PciIdentity
from cyborg_rr.drivers.pci.sriov import (
    find_capacities,
    make_virtual_handles,
    make_whole_handle,
)
from cyborg_rr.drivers.pci.state import MANAGES, SPLIT

KNOWN_VENDORS: Mapping[str, str] = MappingProxyType(
    {
        "1002": "AMD",
        "1022": "AMD",
        "102b": "MATROX",
        "10de": "NVIDIA",
        "10ee": "XILINX",
        "144d": "SAMSUNG",
        "14e4": "BROADCOM",
        "15b3": "MELLANOX",
        "17cb": "QUALCOMM",
        "19e5": "HUAWEI",
        "1ac1": "GOOGLE",
        "1bd4": "INSPUR",
        "1d0f": "AMAZON",
        "1da3": "HABANA",
        "1e52": "TENSTORRENT",
        "1e60": "HAILO",
        "8086": "INTEL",
        "cabc": "CAMBRICON",
    }
)
"""Vendors in a word; the ids are those of the PCI id registry."""

_HEX_ID = re.compile(r"(?:0x)?([0-9a-f]{4})", re.ASCII)
_HEX_CLASS = re.compile(r"(?:0x)?((?:[0-9a-f]{2}){1,3})", re.ASCII)
_ADDRESS_PATTERN = re.compile(r"[0-9a-f:.*?]{1,32}", re.ASCII)
_PARTS = ("vendor_id", "product_id", "class", "address")


@dataclass(frozen=True, slots=True)
class Selection:
    """One entry of ``pci_devices``; None matches everything."""

    vendor_id: str | None
    product_id: str | None
    pci_class: str | None
    address: str | None

    @classmethod
    def parse(cls, entry: object, place: str) -> Selection:
        """Check an entry; ``InvalidInput`` names the place and what is wrong there."""
        if not isinstance(entry, Mapping) or not entry:
            raise InvalidInput(
                f"{place} must be a mapping with at least one of {', '.join(_PARTS)}"
            )
        for key in entry:
            if key not in _PARTS:
                raise InvalidInput(f"{place}: unknown key {key!r}; known: {', '.join(_PARTS)}")
        return cls(
            _parse_part(entry, "vendor_id", _HEX_ID, place),
            _parse_part(entry, "product_id", _HEX_ID, place),
            _parse_part(entry, "class", _HEX_CLASS, place),
            _parse_part(entry, "address", _ADDRESS_PATTERN, place),
        )

    @property
    def is_exact(self) -> bool:
        """Whether it names one product or one address, not a family."""
        has_address = self.address is not None and not set("*?") & set(self.address)
        return has_address or (self.vendor_id is not None and self.product_id is not None)

    def matches_identity(self, identity: PciIdentity) -> bool:
        """Whether vendor, product and class fit."""
        return (
            self.vendor_id in (None, identity.vendor_id)
            and self.product_id in (None, identity.device_id)
            and (self.pci_class is None or identity.pci_class.startswith(self.pci_class))
        )

    def matches(self, function: PciFunction) -> bool:
        """Whether the function is one that this entry lists."""
        return (
            self.matches_identity(function.identity)
            and (self.address is None or fnmatchcase(function.address.render(), self.address))
            and (self.is_exact or not is_companion(function))
        )


def _parse_part(
    entry: Mapping[str, object], name: str, form: re.Pattern[str], place: str
) -> str | None:
    value = entry.get(name)
    if value is None:
        return None
    match = form.fullmatch(value.lower()) if isinstance(value, str) else None
    if match is None:
        raise InvalidInput(f"{place}: {name} {value!r} is malformed")
    return match[match.lastindex or 0]


class PciDriver(PciFamilyDriver):
    """Reports the listed functions as they are, with one handle each."""

    is_generic = True

    def __init__(self, context: DriverContext) -> None:
        super().__init__("pci", context, self._is_listed)
        entries = context.options.get("pci_devices", ())
        if not isinstance(entries, Sequence) or isinstance(entries, str):
            raise InvalidInput("option [pci] device_spec: must be a list of mappings")
        self._selections = tuple(
            Selection.parse(entry, f"option [pci] device_spec: entry {index + 1}")
            for index, entry in enumerate(entries)
        )
        self._networks = PhysicalNetworks(context)

    def _find_devices(self, look: Look) -> Iterator[FoundDevice]:
        if not self._selections:
            return
        functions = list(self._list_functions(look, self._matches))
        split: dict[PciAddress, list[PciFunction]] = {one.address: [] for one in functions}
        for function in functions:
            if function.physical_function in split and function.virtual_index is not None:
                split[function.physical_function].append(function)
        for function in functions:
            virtual = split[function.address]
            if self._only_manages(function):
                name = function.address.render()
                look.leave_out(name, function.slot_key, MANAGES)
                self._skips.skip(name, MANAGES.text, logging.INFO)  # as any such card has it
                continue
            if function.physical_function in split:
                continue  # a part of the device that is listed too
            if function.virtual_functions and not virtual:
                cause = Trouble(SPLIT, "its virtual functions are enabled, and not listed")
                self._leave_out(look, function, cause)
                continue
            self._skips.forget(function.address.render())
            yield self._add_network(make_device(function, virtual), function, look)

    def _add_network(self, device: FoundDevice, function: PciFunction, look: Look) -> FoundDevice:
        network = self._networks.find(function, look.memory)
        if network is None:
            return device
        parts = (
            replace(part, attributes={**part.attributes, PHYSICAL_NETWORK: network})
            for part in device.parts
        )
        return replace(device, parts=tuple(parts))

    def _only_manages(self, function: PciFunction) -> bool:
        identity = function.identity
        is_managing = (identity.vendor_id, identity.device_id) in list_managing()
        return is_managing and function.address not in self._exact

    def _is_listed(self, identity: PciIdentity) -> bool:
        return not identity.is_bridge and any(
            selection.matches_identity(identity) for selection in self._selections
        )

    def _matches(self, function: PciFunction) -> bool:
        return any(selection.matches(function) for selection in self._selections)


def make_device(function: PciFunction, virtual: Sequence[PciFunction]) -> FoundDevice:
    """One function, or its virtual ones, of which no more is known than their ids and class."""
    identity = function.identity
    return FoundDevice(
        control_path=function.address.render_handle_info(),
        facts=_describe(function),
        fields=DeviceFields(
            vendor=identity.vendor_id,
            model=f"{identity.vendor_id}:{identity.device_id}",
            std_board_info={"product_id": identity.device_id, "class": identity.pci_class},
            numa_node=function.numa_node,
        ),
        parts=(_make_virtual_part(function, virtual) if virtual else _make_whole_part(function),),
        vendor_name=KNOWN_VENDORS.get(identity.vendor_id),
        is_recognised=False,
        capacities=find_capacities(function),
    )


def _make_whole_part(function: PciFunction) -> FoundPart:
    return FoundPart(function.address.render(), (make_whole_handle(function),))


def _make_virtual_part(function: PciFunction, virtual: Sequence[PciFunction]) -> FoundPart:
    return FoundPart(
        address=function.address.render(),
        handles=make_virtual_handles(virtual),
        name=VIRTUAL_FUNCTION,
        facts=_describe(virtual[0]),
    )


def _describe(function: PciFunction) -> DeviceFacts:
    """A virtual function has no more than a share of its card, often under the card's ids."""
    facts = function.describe("GPU" if function.identity.pci_class.startswith("03") else "PCI")
    is_virtual = function.physical_function is not None
    return replace(facts, partition=VIRTUAL_FUNCTION) if is_virtual else facts
