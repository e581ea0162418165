"""A look at a large host costs few system calls, however many drivers take part."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.loading import discover_all, load_drivers
from tests.benchmarks.bench_discovery import DRIVERS, GPUS, VIRTUAL_FUNCTIONS, write_host
from tests.drivers.shared.test_reports import watch_opening
from tests.drivers.subjects import list_drivers

OPENED_FOR_EACH = 11
"""Vendor, device, class, both ids of its subsystem, NUMA node, power state and config, and its
directory by the first driver, the first one of its vendor and the one that takes it."""

OPENED_BESIDE = 160
"""For the bus, the physical functions, which are read for their parts, and the links of GPUs."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("host")
    write_host(root)
    return root


@pytest.mark.parametrize("names", [list(DRIVERS), list_drivers()], ids=["default", "all"])
def test_each_function_is_read_once_for_all_drivers(names: list[str], root: Path) -> None:
    options = {"pci_devices": [{"vendor_id": "8086", "product_id": "1889"}], "nvml": False}
    drivers = load_drivers(names, DriverContext(root, options))
    with watch_opening() as events:
        result = discover_all(drivers)
    assert sum(map(len, result.found.values())) == GPUS + VIRTUAL_FUNCTIONS
    opened = [event for event in events if event.startswith("open ")]
    listed = [event for event in events if event.startswith("os.listdir")]
    functions = GPUS + VIRTUAL_FUNCTIONS
    assert len(opened) <= functions * OPENED_FOR_EACH + OPENED_BESIDE
    assert len(listed) <= functions + OPENED_BESIDE
    assert opened.count("open config") <= functions + OPENED_BESIDE
