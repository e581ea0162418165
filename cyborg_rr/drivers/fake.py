"""A driver without hardware: one FPGA that never changes, or a host of a described fleet.

Reads the option ``fleet`` (a ``Fleet``): the devices are then those of the fleet's host that has
the agent's host name. Without it there is one device with sixteen test handles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from cyborg_rr.domain.errors import InvalidInput, NotFound
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, Deployable, Device, DeviceFacts
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.drivers.driver import DiscoveryFailed, DriverContext, HandleUnusable
from cyborg_rr.drivers.fleet import Fleet
from cyborg_rr.drivers.simulated import DRIVER_NAME

HANDLES = 16
FUNCTIONS_PER_DEVICE = 8
VENDOR_ID = "0xABCD"
ADDRESS = PciAddress(0, 0x0C, 0, 0)

_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_.:-]", re.ASCII)


class FakeDriver:
    """Always reports the same devices, so that everything above drivers can be tried anywhere."""

    name = DRIVER_NAME
    is_generic = False

    def __init__(self, context: DriverContext) -> None:
        fleet = context.options.get("fleet")
        if fleet is not None and not isinstance(fleet, Fleet):
            raise InvalidInput(f"option fleet must be a Fleet, not {type(fleet).__name__}")
        self._fleet = fleet
        self._host = context.host

    def discover(self) -> Sequence[Device]:
        """The devices of this host; ``DiscoveryFailed`` when the fleet does not have the host."""
        if self._fleet is None:
            return (_make_classic_device(self._host),)
        try:
            return self._fleet.snapshot_devices(self._host)
        except NotFound as error:
            raise DiscoveryFailed(str(error)) from None

    def prepare(self, handle: AttachHandle, deployable_name: str) -> None:
        """Check that the deployable exists and has that handle."""
        if handle.key not in self._handles.get(deployable_name, ()):
            raise HandleUnusable(f"deployable {deployable_name} has no handle {handle.key}")

    def release(self, handle: AttachHandle, deployable_name: str) -> None:
        """Nothing to undo: there is no device."""

    @cached_property
    def _handles(self) -> Mapping[str, frozenset[str]]:
        return {
            deployable.name: frozenset(handle.key for handle in deployable.handles)
            for device in self.discover()
            for deployable in device.deployables
        }


def _make_classic_device(host: str) -> Device:
    handles = tuple(
        AttachHandle(
            "TEST_PCI",
            PciAddress(
                ADDRESS.domain, ADDRESS.bus, *divmod(number, FUNCTIONS_PER_DEVICE)
            ).render_handle_info(),
        )
        for number in range(1, HANDLES + 1)
    )
    return Device(
        type="FPGA",
        control_path=ADDRESS.render_handle_info(),
        facts=DeviceFacts(kind="FPGA"),
        deployables=(
            Deployable(
                name=_NOT_IN_NAME.sub("_", f"{host}_FakeDevice"),
                resource_class="FPGA",
                handles=handles,
                traits=("CUSTOM_FAKE_DEVICE",),
                driver_name=DRIVER_NAME,
            ),
        ),
        fields=DeviceFields(
            vendor=VENDOR_ID,
            model="FakeDevice",
            std_board_info={"product_id": "0xABCD", "controller": "simulated"},
        ),
    )
