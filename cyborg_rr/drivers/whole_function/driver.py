"""The driver of every family of whole PCI functions: what differs is in the family's row.

A device is offered whole, or by its virtual functions once it has them and the catalogue knows
their id. Devices that are one module are one device with a handle for each, all for one holder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.pci.sriov import (
    find_capacities,
    get_virtual,
    make_virtual_handles,
    make_whole_handle,
)
from cyborg_rr.drivers.pci.state import SPLIT, UNREADABLE, Unusable
from cyborg_rr.drivers.whole_function.families import Family
from cyborg_rr.drivers.whole_function.modules import Modules
from cyborg_rr.drivers.whole_function.numbering import Numbered, read_number

Functions = Mapping[PciAddress, PciFunction]


class WholeFunctionDriver(PciFamilyDriver):
    """Reports each device of one family, with what of it can be handed out."""

    def __init__(self, family: Family, context: DriverContext) -> None:
        super().__init__(family.name, context, family.recognises, family.vendor_id)
        self._family = family
        self.has_own_identity = family.numbering is not None and bool(family.numbering.serial_file)

    def _find_devices(self, look: Look) -> Iterator[FoundDevice]:
        functions = {function.address: function for function in self._list_functions(look)}
        halves: list[Numbered] = []
        for function in functions.values():
            if function.physical_function is not None:
                continue  # a part of a device, which stands for it
            seen = self._read_or_leave_out(
                look, function, read_number, self._sysfs, function, self._family, look.memory
            )
            if seen is None:
                continue
            if function.identity.device_id in self._family.modules:
                halves.append(seen)
                continue
            device = self._read_or_leave_out(look, function, self._read_device, seen, functions)
            if device is not None:
                yield device
        yield from self._find_modules(look, halves)

    def _read_device(self, seen: Numbered, functions: Functions) -> FoundDevice:
        if seen.function.identity.device_id not in self._family.models:
            raise Unusable(UNREADABLE, "it is a virtual function that does not say of which card")
        if seen.function.virtual_functions and not self._family.virtual:
            raise Unusable(SPLIT, "its virtual functions are enabled")
        return make_device(self._family, seen, get_virtual(seen.function, functions))

    def _find_modules(self, look: Look, halves: Sequence[Numbered]) -> Iterator[FoundDevice]:
        modules = Modules(self._family.modules, halves)
        for half in halves:
            module = self._read_or_leave_out(look, half.function, modules.get_module, half)
            if module is not None and module[0] is half:
                yield make_module(self._family, module)


def make_device(family: Family, seen: Numbered, virtual: Sequence[PciFunction] = ()) -> FoundDevice:
    """One device of a family from its function, what is known of it and its virtual functions."""
    function, address = seen.function, seen.function.address.render()
    if virtual:
        part = FoundPart(
            address,
            make_virtual_handles(virtual),
            name=VIRTUAL_FUNCTION,
            facts=replace(
                virtual[0].describe(family.kind),
                product_name=family.models[function.identity.device_id],
                partition=VIRTUAL_FUNCTION,
            ),
        )
    else:
        part = FoundPart(address, (make_whole_handle(function),))
    device = _make(family, seen, part, seen.device_node)
    return replace(device, capacities=find_capacities(function))


def make_module(family: Family, module: Sequence[Numbered]) -> FoundDevice:
    """One module: described as each of the devices that it consists of."""
    first = module[0]
    handles = tuple(
        replace(half.function.handle, place=str(place)) for place, half in enumerate(module)
    )
    part = FoundPart(first.function.address.render(), handles, is_joined=True)
    nodes = [half.device_node for half in module if half.device_node is not None]
    return _make(family, first, part, ",".join(nodes) or None)


def _make(family: Family, seen: Numbered, part: FoundPart, device_node: str | None) -> FoundDevice:
    function, identity = seen.function, seen.function.identity
    model = family.models[identity.device_id]
    return FoundDevice(
        control_path=function.address.render_handle_info(),
        facts=replace(function.describe(family.kind), product_name=model),
        fields=DeviceFields(
            vendor=identity.vendor_id,
            model=model,
            std_board_info={"product_id": identity.device_id, "class": identity.pci_class},
            vendor_board_info={"device_node": device_node} if device_node else {},
            numa_node=function.numa_node,
        ),
        parts=(part,),
        vendor_name=family.vendor,
        board=model,
        identity=seen.identity,
    )
