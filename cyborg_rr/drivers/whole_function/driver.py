"""The driver of every family of whole PCI functions: what differs is in the family's row.

A device is reported whole or not at all: virtual functions are never offered, nor a device that has
them enabled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.function import PciFunction
from cyborg_rr.drivers.pci.sriov import find_capacities, make_whole_handle
from cyborg_rr.drivers.pci.state import SPLIT, Unusable
from cyborg_rr.drivers.sysfs import Unreadable
from cyborg_rr.drivers.whole_function.families import Family

MAX_DEVICE_NUMBER = 1023


class WholeFunctionDriver(PciFamilyDriver):
    """Reports each device of one family with its one PCI handle."""

    def __init__(self, family: Family, context: DriverContext) -> None:
        super().__init__(family.name, context, family.recognises, family.vendor_id)
        self._family = family

    def _find_devices(self, look: Look) -> Iterator[FoundDevice]:
        for function in self._list_functions(look):
            if function.physical_function is not None:
                continue  # a part of a device, which is reported whole or not at all
            device = self._read_or_leave_out(look, function, self._read_device, function)
            if device is not None:
                yield device

    def _read_device(self, function: PciFunction) -> FoundDevice:
        if function.virtual_functions:
            raise Unusable(SPLIT, "its virtual functions are enabled")
        return make_device(self._family, function, self._find_device_node(function))

    def _find_device_node(self, function: PciFunction) -> str | None:
        numbering = self._family.numbering
        if numbering is None or function.driver != numbering.kernel_driver:
            return None
        with self._sysfs.open(function.path) as directory:
            number = directory.find_number(numbering.file) if directory else None
        if number is None:
            return None
        if not 0 <= number <= MAX_DEVICE_NUMBER:
            raise Unreadable(f"{numbering.file}: {number} is not the number of a device")
        return numbering.device_node.format(number=number)


def make_device(family: Family, function: PciFunction, device_node: str | None) -> FoundDevice:
    """One device of a family from its function and, where there is one, its device node."""
    identity = function.identity
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
        parts=(FoundPart(function.address.render(), (make_whole_handle(function),)),),
        vendor_name=family.vendor,
        board=model,
        capacities=find_capacities(function),
    )
