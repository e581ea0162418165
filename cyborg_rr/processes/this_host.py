"""The command line's own look at devices: those of this host, and those of a simulated fleet."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Device, DeviceFacts
from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.loading import discover_all, list_available, load_drivers
from cyborg_rr.drivers.simulated.fleet import load_fleet

NOT_ASKED = ("fake", "pci")
"""Drivers that see nothing unless they are told what."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What this host has; ``failures`` maps a driver that could not look to the cause."""

    devices: tuple[Device, ...]
    failures: Mapping[str, str]


def discover_here(sysfs: Path = Path("/sys")) -> Sight:
    """What all real drivers see on this host."""
    names = [name for name in list_available() if name not in NOT_ASKED]
    result = discover_all(load_drivers(names, DriverContext(sysfs)))
    return Sight(derive_devices(result.found, socket.gethostname()), result.failures)


def list_fleet_facts(fleet_file: Path, catalogue: Catalogue) -> list[DeviceFacts]:
    """What is known of every device in a fleet file; ``BadCatalogue`` where it cannot be read."""
    fleet = load_fleet(fleet_file, catalogue)
    return [device.facts for host in fleet.hosts for device in host.devices]
