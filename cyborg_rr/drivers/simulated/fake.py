"""A driver without hardware: one FPGA that never changes, or a host of a described fleet.

Reads the options ``fleet`` (a ``Fleet``) and ``fleet_host``: the devices are then those of the
fleet's host of that name. Without a fleet there is one device with sixteen test handles.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from cyborg_rr.domain.errors import InvalidInput, NotFound
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import DiscoveryFailed, DriverContext, HandleUnusable, Look
from cyborg_rr.drivers.simulated.fleet import Fleet

HANDLES = 16
FUNCTIONS_PER_DEVICE = 8
VENDOR_ID = "0xABCD"
ADDRESS = PciAddress(0, 0x0C, 0, 0)


class FakeDriver:
    """Always reports the same devices, so that everything above drivers can be tried anywhere."""

    name = "fake"
    is_generic = False

    def __init__(self, context: DriverContext) -> None:
        fleet = context.options.get("fleet")
        if fleet is not None and not isinstance(fleet, Fleet):
            raise InvalidInput(f"option fleet must be a Fleet, not {type(fleet).__name__}")
        self._fleet = fleet
        self._fleet_host = str(context.options.get("fleet_host", ""))

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """The devices of this host; ``DiscoveryFailed`` when the fleet does not have the host."""
        return self._find_devices()

    def prepare(self, handle: AttachHandle) -> None:
        """Check that one of the devices has that handle."""
        if handle.key not in self._handles:
            raise HandleUnusable(f"no simulated device has the handle {handle.key}")

    def release(self, handle: AttachHandle) -> None:
        """Nothing to undo: there is no device."""

    def clean(self, handle: AttachHandle) -> str:
        """Nothing to clean either, which is done at once."""
        return "simulated"

    def _find_devices(self) -> Sequence[FoundDevice]:
        if self._fleet is None:
            return (_make_classic_device(),)
        try:
            return self._fleet.get_host(self._fleet_host).devices
        except NotFound as error:
            raise DiscoveryFailed(str(error)) from None

    @cached_property
    def _handles(self) -> frozenset[str]:
        return frozenset(
            handle.key
            for device in self._find_devices()
            for part in device.parts
            for handle in part.handles
        )


def _make_classic_device() -> FoundDevice:
    places = (divmod(number, FUNCTIONS_PER_DEVICE) for number in range(1, HANDLES + 1))
    addresses = (PciAddress(ADDRESS.domain, ADDRESS.bus, *place) for place in places)
    handles = tuple(AttachHandle("TEST_PCI", address.render_handle_info()) for address in addresses)
    return FoundDevice(
        control_path=ADDRESS.render_handle_info(),
        facts=DeviceFacts(kind="FPGA"),
        fields=DeviceFields(
            vendor=VENDOR_ID,
            model="FakeDevice",
            std_board_info={"product_id": "0xABCD", "controller": "simulated"},
        ),
        parts=(FoundPart("FakeDevice", handles),),
        vendor_name="Fake",
    )
