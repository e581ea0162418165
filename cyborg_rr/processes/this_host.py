"""The command line's own look at devices: those of this host, and those of a simulated fleet."""

from __future__ import annotations

import socket
from pathlib import Path

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.fleet import load_fleet
from cyborg_rr.drivers.loading import DiscoveryResult, discover_all, list_available, load_drivers

NOT_ASKED = ("fake", "pci")
"""Drivers that see nothing unless they are told what."""


def discover_here(sysfs: Path = Path("/sys")) -> DiscoveryResult:
    """What all real drivers see on this host."""
    names = [name for name in list_available() if name not in NOT_ASKED]
    return discover_all(load_drivers(names, DriverContext(host=socket.gethostname(), sysfs=sysfs)))


def list_fleet_devices(fleet_file: Path, catalogue: Catalogue) -> list[Device]:
    """Every device that a fleet file describes; ``BadCatalogue`` where it cannot be read."""
    fleet = load_fleet(fleet_file, catalogue)
    return [device for host in fleet.hosts for device in fleet.snapshot_devices(host)]
