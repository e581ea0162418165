"""What a host has now: its drivers asked, their answers put together to one snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.drivers.driver import Driver
from cyborg_rr.drivers.loading import discover_all


@dataclass(slots=True)
class Host:
    """One host that the agent speaks for, real or simulated, with its drivers.

    Which driver owns which function is remembered from one look to the next, so that a driver that
    fails once loses nothing to another.
    """

    name: str
    drivers: Sequence[Driver]
    _owners: Mapping[str, str] = field(default_factory=dict)

    def look(self) -> tuple[Snapshot, dict[str, Driver]]:
        """The snapshot, and the driver of each deployable in it by the deployable's name."""
        result = discover_all(self.drivers, self._owners)
        self._owners = result.owners
        devices = derive_devices(result.found, self.name)
        by_name = {driver.name: driver for driver in self.drivers}
        drivers = {
            deployable.name: by_name[deployable.driver_name]
            for device in devices
            for deployable in device.deployables
            if deployable.driver_name in by_name
        }
        failed = tuple(sorted(result.failures))
        return Snapshot(self.name, devices, failed, result.left_out), drivers
