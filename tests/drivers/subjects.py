"""All the installed drivers, for the tests that they share, and the trees that name them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.drivers.driver import Driver, DriverContext, Look
from cyborg_rr.drivers.loading import list_available, load_drivers
from tests.drivers.trees import list_trees, load_tree

HOST = "compute-1.example.org"
SIMULATED = frozenset({"fake"})
"""Drivers that read no sysfs."""

OPTIONS = {"pci_devices": [{"address": "*"}], "nvml": False}
"""Everything, by what sysfs alone tells."""


def list_drivers() -> list[str]:
    """The names of all drivers of hardware."""
    return [name for name in list_available() if name not in SIMULATED]


def list_finds() -> list[tuple[str, str]]:
    """Each driver with each tree that names it: only there does it have anything to tell."""
    return [(driver, tree) for tree in list_trees() for driver in load_tree(tree).drivers]


def make_driver(name: str, root: Path) -> Driver:
    """The driver of that name for the machine whose sysfs is at ``root``."""
    (driver,) = load_drivers([name], DriverContext(root, OPTIONS))
    assert driver.name == name
    return driver


def look(driver: Driver, host: str = HOST) -> tuple[Device, ...]:
    """What a driver finds now, as the host reports it."""
    return derive_devices({driver.name: driver.discover(Look())}, host)


def discover(name: str, root: Path) -> Sequence[Device]:
    """What a driver of its own finds on a machine."""
    return look(make_driver(name, root))


def find_victim(driver_name: str) -> tuple[str, str]:
    """The tree on which a driver is tried with a damaged function, and the function's address."""
    for tree_name in list_trees():
        expected = load_tree(tree_name).drivers.get(driver_name)
        if expected is not None and expected.victim is not None:
            return tree_name, expected.victim
    raise LookupError(f"no tree in tests/data/sysfs names a victim for driver {driver_name}")
