"""How long the drivers take to look at a host with 8 GPUs and 256 virtual functions.

Usage: ``python tests/benchmarks/bench_discovery.py``. Prints the median of many looks for each
driver by itself and for all together, which share one scan of the bus, and how long a simulated
fleet of 10 000 devices takes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

from cyborg_rr.catalogue.products import read_products
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.loading import discover_all, load_drivers
from cyborg_rr.drivers.simulated.fleet import parse_fleet

GPUS = 8
PHYSICAL_FUNCTIONS = 4
VIRTUAL_FUNCTIONS = 256
LOOKS = 25
DRIVERS = ("nvidia_gpu", "intel_fpga", "xilinx_fpga", "huawei_ascend", "pci")

FLEET = "hosts: [{name: gpu-%04d, count: 1250, devices: {nvidia-h100-sxm-80: 8}}]"
PRODUCTS = """id,name,vendor,kind,pci_ids
nvidia-h100-sxm-80,H100 SXM5 80GB,NVIDIA,GPU,10de:2330
"""


def write_function(root: Path, address: str, ids: tuple[str, str, str], **links: str) -> None:
    """Put one function where the kernel would: the directory, its files, the link on the bus."""
    directory = root / f"devices/pci0000:00/{address}"
    directory.mkdir(parents=True)
    files: dict[str, str] = dict(zip(("vendor", "device", "class"), ids, strict=True)) | {
        "subsystem_vendor": "0x10de",
        "subsystem_device": "0x16c1",
        "revision": "0xa1",
        "numa_node": "0",
        "power_state": "D0",
        "reset_method": "flr bus",
        "current_link_width": "16",
        "max_link_width": "16",
        "driver_override": "(null)",
        "resource": "\n".join(["0x0000000000000000 " * 2 + "0x0000000000000000"] * 13),
    }
    for name, content in files.items():
        (directory / name).write_text(f"{content}\n")
    (directory / "config").write_bytes(bytes.fromhex("de10302306011000") + bytes(248))
    for name, target in links.items():
        (directory / name).symlink_to(f"../{target}")
    group = root / f"kernel/iommu_groups/{len(os.listdir(root / 'bus/pci/devices'))}/devices"
    group.mkdir(parents=True)
    (group / address).symlink_to(f"../../../../devices/pci0000:00/{address}")
    (directory / "iommu_group").symlink_to(group.parent)
    driver = "ice" if "virtfn0" in links else "vfio-pci"
    (directory / "driver").symlink_to(f"../../../bus/pci/drivers/{driver}")
    (root / "bus/pci/devices" / address).symlink_to(f"../../../devices/pci0000:00/{address}")


def write_host(root: Path) -> None:
    """The whole tree."""
    (root / "bus/pci/devices").mkdir(parents=True)
    for number in range(GPUS):
        write_function(root, f"0000:{number + 1:02x}:00.0", ("0x10de", "0x2330", "0x030200"))
    share = VIRTUAL_FUNCTIONS // PHYSICAL_FUNCTIONS
    for number in range(PHYSICAL_FUNCTIONS):
        bus = 0x40 + number * 0x10
        physical = f"0000:{bus:02x}:00.0"
        virtual = [f"0000:{bus + 1 + n // 32:02x}:{n % 32:02x}.0" for n in range(share)]
        links = {f"virtfn{index}": address for index, address in enumerate(virtual)}
        write_function(root, physical, ("0x8086", "0x1592", "0x020000"), **links)
        for address in virtual:
            write_function(root, address, ("0x8086", "0x1889", "0x020000"), physfn=physical)


def measure(action: Callable[[], int]) -> tuple[float, int]:
    """Median milliseconds of processor time of an action, and what it returned."""
    found = action()
    times = []
    for _ in range(LOOKS):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return median(times) * 1000, found


def bench_host() -> None:
    """Every driver on the host, then all of them."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        write_host(root)
        options = {"pci_devices": [{"vendor_id": "8086", "product_id": "1889"}]}
        drivers = load_drivers(DRIVERS, DriverContext(root, options))
        for driver in drivers:
            milliseconds, found = measure(lambda driver=driver: len(driver.discover(Look())))  # type: ignore[misc]
            print(f"{driver.name:15} {found:5} devices {milliseconds:8.1f} ms")
        milliseconds, found = measure(
            lambda: len(derive_devices(discover_all(drivers).found, "host"))
        )
        print(f"{'all drivers':15} {found:5} devices {milliseconds:8.1f} ms")


def bench_fleet() -> None:
    """A simulated fleet, with the memory that its devices take."""

    class Shelf:
        products = tuple(read_products(PRODUCTS, "bench"))

    fleet = parse_fleet(FLEET, "bench", Shelf())

    def look() -> list[tuple[Device, ...]]:
        return [derive_devices({"fake": host.devices}, host.name) for host in fleet.hosts]

    tracemalloc.start()
    devices = look()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    milliseconds, _ = measure(lambda: sum(map(len, look())))
    count = sum(map(len, devices))
    print(f"{'fleet':15} {count:5} devices {milliseconds:8.1f} ms, {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    print(f"Python {sys.version.split()[0]}, {GPUS} GPUs, {VIRTUAL_FUNCTIONS} virtual functions")
    bench_host()
    bench_fleet()
