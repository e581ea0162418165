"""What a host has now: its drivers asked, their answers put together to one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cyborg_rr.agent.deadlines import DriverCalls
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Device, LeftOut, Snapshot, Trouble
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.domain.requests import Claim
from cyborg_rr.drivers.driver import Driver, Look, Memory
from cyborg_rr.drivers.loading import ask_directly, discover_all
from cyborg_rr.drivers.pci.state import USED_BY_HOST


@dataclass(slots=True)
class Host:
    """One host that the agent speaks for, real or simulated, with its drivers.

    Which driver owns which function is remembered from one look to the next, so that a driver that
    fails once loses nothing to another. The drivers of a real host have a limit of time, in
    ``calls``. What it uses itself is not offered, unless ``offer_in_use`` has the device's address.
    """

    name: str
    drivers: Sequence[Driver]
    memory: Memory = field(default_factory=Memory)
    calls: DriverCalls | None = None
    offer_in_use: Collection[str] = ()
    host_id: str = ""
    _owners: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_simulated(self) -> bool:
        """Whether it is played by a driver: nothing changes by itself."""
        return self.calls is None

    def look(self, claims: Sequence[Claim] = ()) -> tuple[Snapshot, dict[str, Driver]]:
        """The snapshot, and the driver of each deployable in it by the deployable's name.

        ``claims`` are those that stand: what somebody holds is offered as before, whatever uses it.
        """
        result = discover_all(
            self.drivers, self._owners, Look(self.memory, self.host_id), self._ask
        )
        self._owners = result.owners
        held = {claim.device_key for claim in claims} | {claim.handle.key for claim in claims}
        offered: dict[str, list[FoundDevice]] = {}
        left_out = list(result.left_out)
        for name, devices in result.found.items():
            offered[name] = [device for device in devices if self._is_offered(device, held)]
            left_out += [_leave_out(one) for one in devices if not self._is_offered(one, held)]
        derived = derive_devices(offered, self.name)
        failed = tuple(sorted(result.failures))
        return Snapshot(self.name, derived, failed, tuple(left_out)), self._find_drivers(derived)

    def _ask(self, driver: Driver, look: Look) -> Sequence[FoundDevice]:
        if self.calls is None:
            return ask_directly(driver, look)
        return self.calls.run(driver.name, "a look", lambda: tuple(driver.discover(look)))

    def _find_drivers(self, devices: Sequence[Device]) -> dict[str, Driver]:
        by_name = {driver.name: driver for driver in self.drivers}
        return {
            deployable.name: by_name[deployable.driver_name]
            for device in devices
            for deployable in device.deployables
            if deployable.driver_name in by_name
        }

    def _is_offered(self, device: FoundDevice, held: Collection[str]) -> bool:
        if device.used_by_host is None or device.slot_key in held or device.identity in held:
            return True
        return any(
            part.address in self.offer_in_use or handle.key in held
            for part in device.parts
            for handle in part.handles
        )


def _leave_out(device: FoundDevice) -> LeftOut:
    name = device.parts[0].address if device.parts else device.slot_key
    return LeftOut(name, device.slot_key, Trouble(USED_BY_HOST, device.used_by_host or ""))
