"""Huawei Ascend NPUs by their PCI ids, and their device node where the driver is loaded.

Sources: Huawei's driver scripts name the ids of each chip; its kernel driver
(``devdrv_device_driver``) puts ``dev_id`` into the PCI directory, the N of ``/dev/davinciN``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    DeviceFacts,
    render_trait,
)
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.drivers.driver import OWNER_TRAIT, DriverContext, SkipLog
from cyborg_rr.drivers.naming import render_deployable_name
from cyborg_rr.drivers.pci_functions import (
    PciFunction,
    PciIdentity,
    check_handle,
    list_functions,
    read_or_skip,
)
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

VENDOR_ID = "19e5"
CHIPS: Mapping[str, str] = MappingProxyType(
    {"d100": "310", "d500": "310P", "d801": "910", "d802": "910B", "d803": "910C"}
)
"""Chip family by device id; the sub-types (910B2, 910B3 ...) share an id and are not told apart."""

KERNEL_DRIVER = "devdrv_device_driver"
MAX_DEVICE_NUMBER = 1023


class HuaweiAscendDriver:
    """Reports each NPU chip with one PCI handle."""

    name = "huawei_ascend"
    is_generic = False

    def __init__(self, context: DriverContext) -> None:
        self._host = context.host
        self._sysfs = Sysfs(context.sysfs)
        self._skips = SkipLog(self.name)

    def discover(self) -> Sequence[Device]:
        """One device for each chip that can be handed out whole."""
        return tuple(self._make_devices())

    def prepare(self, handle: AttachHandle, deployable_name: str) -> None:
        """Check that the chip is there; the hypervisor binds it to vfio-pci."""
        check_handle(self._sysfs, handle, is_ascend)

    def release(self, handle: AttachHandle, deployable_name: str) -> None:
        """Nothing was changed on the host, so nothing is to be undone."""

    def _make_devices(self) -> Iterator[Device]:
        for function in list_functions(self._sysfs, is_ascend, self._skips, VENDOR_ID):
            if function.physical_function is not None:
                continue  # a part of a chip, which is reported whole or not at all
            name = function.address.render()
            device = read_or_skip(self._skips, name, self._make_device, function)
            if device is not None:
                yield device

    def _make_device(self, function: PciFunction) -> Device:
        if function.virtual_functions:
            raise Unreadable("its virtual functions are enabled")
        identity = function.identity
        chip = CHIPS[identity.device_id]
        number = self._find_device_number(function)
        return Device(
            type="AICHIP",
            control_path=function.address.render_handle_info(),
            facts=DeviceFacts(
                kind="NPU",
                product_name=f"Ascend {chip}",
                vendor_id=VENDOR_ID,
                device_id=identity.device_id,
                subsystem_vendor_id=function.subsystem_vendor_id,
                subsystem_device_id=function.subsystem_device_id,
            ),
            deployables=(
                Deployable(
                    name=render_deployable_name(self._host, function.address),
                    resource_class="CUSTOM_NPU",
                    handles=(function.handle,),
                    traits=(
                        OWNER_TRAIT,
                        render_trait("HUAWEI", identity.device_id),
                        render_trait("HUAWEI_ASCEND", chip),
                    ),
                    driver_name=self.name,
                ),
            ),
            fields=DeviceFields(
                vendor=VENDOR_ID,
                model=f"Ascend {chip}",
                std_board_info={"product_id": identity.device_id, "class": identity.pci_class},
                vendor_board_info={}
                if number is None
                else {"device_node": f"/dev/davinci{number}"},
                numa_node=function.numa_node,
            ),
        )

    def _find_device_number(self, function: PciFunction) -> int | None:
        if function.driver != KERNEL_DRIVER:
            return None
        with self._sysfs.open(function.path) as directory:
            number = directory.find_number("dev_id") if directory else None
        if number is not None and not 0 <= number <= MAX_DEVICE_NUMBER:
            raise Unreadable(f"dev_id: {number} is not the number of a device")
        return number


def is_ascend(identity: PciIdentity) -> bool:
    """Whether a function is an Ascend chip."""
    return identity.vendor_id == VENDOR_ID and identity.device_id in CHIPS
