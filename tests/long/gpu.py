"""What the driver of NVIDIA GPUs says of this machine, field by field against ``nvidia-smi -q -x``.

Usage: ``python3 -m tests.long.gpu`` at the root of the tree, on a machine with an NVIDIA GPU. Needs
Python 3.11 and the wheel ``nvidia-ml-py``, nothing else. Prints a table, and how long discovery
takes; the exit status is 1 when something differs. Changes no setting of a GPU: only of one that is
in MIG mode already, and only as root, one instance is made and ended again.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import NO_LINKS
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import DriverContext, HandleUnusable, Look, Memory
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.gpu.nvidia.health import RECOVERY_NEEDED, name_processes

Answer = str | None
Read = Callable[[FoundDevice], Answer]

MIB = 1 << 20

MEMORY = Memory()
"""What the looks of this run remember, as an agent's do."""

UNKNOWN = frozenset({"", "N/A", "[N/A]", "Not Supported", "[Not Supported]", "Unknown Error"})

WORDS = {"Enabled": "enabled", "Disabled": "disabled", "Yes": "yes", "No": "no"}


@dataclass(frozen=True)
class Row:
    """One field of one GPU, as the driver and as ``nvidia-smi`` says it."""

    gpu: str
    field: str
    ours: Answer
    theirs: Answer

    @property
    def is_equal(self) -> bool:
        """Whether they agree; sums of rounded MiB may differ by one."""
        if self.field == "memory_mib" and self.ours and self.theirs:
            return abs(int(self.ours) - int(self.theirs)) <= 1
        return self.ours == self.theirs


def compare(devices: Sequence[FoundDevice], log: ElementTree.Element) -> Iterator[Row]:
    """All the fields of all the GPUs that either side knows."""
    known = {render_address(device): device for device in devices}
    seen = set()
    for gpu in log.findall("gpu"):
        address = PciAddress.parse(gpu.get("id", "")).render()
        seen.add(address)
        device = known.get(address)
        yield Row(address, "reported", "yes" if device else None, "yes")
        if device is not None:
            yield from compare_gpu(address, device, gpu, log)
    for address in sorted(known.keys() - seen):
        if known[address].trouble is None:
            yield Row(address, "reported", "yes", None)


def render_address(device: FoundDevice) -> str:
    """The PCI address of a device as the kernel writes it."""
    path = device.control_path
    return f"{path['domain']}:{path['bus']}:{path['device']}.{path['function']}"


def compare_gpu(
    address: str, device: FoundDevice, gpu: ElementTree.Element, log: ElementTree.Element
) -> Iterator[Row]:
    """Each field of one GPU."""
    facts = device.facts
    shown = device.parts[0].attributes

    def row(field: str, ours: Answer, *paths: str, of: ElementTree.Element = gpu) -> Row:
        return Row(address, field, ours, find_text(of, *paths))

    yield row("name", facts.product_name, "product_name")
    yield row("identity", (device.identity or "").removeprefix("nvidia:") or None, "uuid")
    yield row("driver_version", facts.driver_version, "driver_version", of=log)
    yield row("cuda_driver_version", device.fields.versions.get("cuda"), "cuda_version", of=log)
    yield row("vbios", facts.firmware_version, "vbios_version")
    yield row("board_part_number", shown.get("board_part_number"), "board_part_number")
    ids = f"{facts.device_id}{facts.vendor_id}".upper()
    yield row("pci_ids", ids, "pci/pci_device_id")
    subsystem = f"{facts.subsystem_device_id}{facts.subsystem_vendor_id}".upper()
    yield row("subsystem_ids", subsystem, "pci/pci_sub_system_id")
    memory = None if facts.memory_bytes is None else str(facts.memory_bytes // MIB)
    yield Row(address, "memory_mib", memory, find_memory(gpu))
    yield row("mig_mode", shown.get("mig_mode"), "mig_mode/current_mig")
    yield row("mig_mode_pending", shown.get("mig_mode_pending"), "mig_mode/pending_mig")
    yield row("persistence_mode", shown.get("persistence_mode"), "persistence_mode")
    yield row("ecc_mode", shown.get("ecc_mode"), "ecc_mode/current_ecc")
    yield row("max_sm_clock_mhz", shown.get("max_sm_clock_mhz"), "max_clocks/sm_clock")
    yield row("max_memory_clock_mhz", shown.get("max_memory_clock_mhz"), "max_clocks/mem_clock")
    yield row(
        "power_limit_watts",
        shown.get("power_limit_watts"),
        "gpu_power_readings/current_power_limit",
        "power_readings/current_power_limit",
        "gpu_power_readings/power_limit",
        "power_readings/power_limit",
    )
    link = "pci/pci_gpu_link_info"
    yield Row(address, "pcie", facts.pcie, find_pcie(gpu))
    yield row("pcie_width", shown.get("pcie_width"), f"{link}/link_widths/current_link_width")
    for key, name in (("correctable", "corr"), ("uncorrectable", "unc"), ("pending", "pending")):
        field = f"remapped_rows_{key}"
        yield row(field, shown.get(field), f"remapped_rows/remapped_row_{name}")
    yield from compare_health(address, device, gpu)


def compare_health(address: str, device: FoundDevice, gpu: ElementTree.Element) -> Iterator[Row]:
    """Uncorrectable errors, the recovery that the driver asks for, and the processes."""
    shown = device.parts[0].attributes
    yield Row(address, "ecc_uncorrectable", shown.get("ecc_uncorrectable"), sum_errors(gpu))
    action = find_text(gpu, "gpu_recovery_action")
    if action is not None:
        code = device.trouble.code if device.trouble is not None else None
        needs = code == RECOVERY_NEEDED
        yield Row(address, "recovery_needed", str(needs), str(action != "None"))
    processes = sorted({int(p.text or 0) for p in gpu.findall("processes/process_info/pid")})
    used = f"used by {name_processes(processes)} of the host" if processes else None
    is_whole = any(part.name == "" for part in device.parts)
    if is_whole and (used or "MiB" not in (device.used_by_host or "")):
        yield Row(address, "used_by_host", device.used_by_host, used)


def find_text(gpu: ElementTree.Element, *paths: str) -> Answer:
    """The first of these that is there, without its unit; None where ``nvidia-smi`` says N/A."""
    for path in paths:
        text = (gpu.findtext(path) or "").strip()
        if text in UNKNOWN:
            continue
        text = WORDS.get(text, text)
        number, _, unit = text.partition(" ")
        if unit in {"MHz", "W", "MiB"}:
            text = f"{float(number):g}" if unit == "W" else number
        if path.endswith("_width"):
            return text.removesuffix("x")
        return text.removeprefix("0x") if path.endswith("_id") else text
    return None


def find_memory(gpu: ElementTree.Element) -> Answer:
    """Usable MiB: the total without what is reserved."""
    total = find_text(gpu, "fb_memory_usage/total")
    reserved = find_text(gpu, "fb_memory_usage/reserved")
    return None if total is None else str(int(total) - int(reserved or 0))


def find_pcie(gpu: ElementTree.Element) -> Answer:
    """Generation and lanes that GPU and slot can reach together."""
    link = "pci/pci_gpu_link_info"
    generation = find_text(gpu, f"{link}/pcie_gen/max_link_gen")
    width = find_text(gpu, f"{link}/link_widths/max_link_width")
    return f"{generation}.0x{width}" if generation and width else None


def sum_errors(gpu: ElementTree.Element) -> Answer:
    """Uncorrectable errors since the driver was loaded, of all memories of the GPU."""
    volatile = gpu.find("ecc_errors/volatile")
    counts = [
        int(entry.text or "")
        for entry in (volatile if volatile is not None else ())
        if "uncorrectable" in entry.tag and (entry.text or "").strip().isdigit()
    ]
    return str(sum(counts)) if counts else None


def run(*command: str) -> str:
    """What a command prints; it fails loudly."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def compare_capabilities(devices: Sequence[FoundDevice], smi: str) -> Iterator[Row]:
    """The compute capability, which the XML does not hold."""
    text = run(smi, "--query-gpu=pci.bus_id,compute_cap", "--format=csv,noheader")
    theirs = dict(line.split(", ", 1) for line in text.strip().splitlines())
    by_address = {PciAddress.parse(key).render(): value for key, value in theirs.items()}
    for device in devices:
        capability = by_address.get(render_address(device))
        expected = None if capability is None else f"sm_{capability.replace('.', '')}"
        yield Row(render_address(device), "architecture", device.facts.architecture, expected)


def compare_links(devices: Sequence[FoundDevice], smi: str) -> Iterator[Row]:
    """How many NVLinks carry something."""
    for device in devices:
        address = render_address(device)
        status = subprocess.run(
            (smi, "nvlink", "--status", "-i", address),
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        active = sum(1 for line in status.splitlines() if "Link " in line and "GB/s" in line)
        links = device.facts.interconnect
        ours = None if links in (None, NO_LINKS) else str(count_links(device))
        yield Row(address, "nvlinks", ours, str(active) if active else None)


def count_links(device: FoundDevice) -> int:
    """The NVLinks to all peers together."""
    return sum(int(words.partition(" ")[0]) for words in device.fields.peers.values())


def try_instances(driver: NvidiaGpuDriver, device: FoundDevice) -> Iterator[Row]:
    """Make one MIG instance and end it again, on a GPU that is in MIG mode already."""
    parts = [part for part in device.parts if part.handles[0].type == "MIG"]
    if not parts:
        return
    address = render_address(device)
    for part in parts:
        print(f"{address}  {part.name}: places {', '.join(h.place for h in part.handles)}")
    handle = next((h for part in parts for h in part.handles if "uuid" not in h.info), None)
    if handle is None:
        return
    try:
        driver.prepare(handle)
        yield Row(address, f"made {handle.place}", find_uuid(driver, handle.place), "a UUID")
        driver.release(handle)
        yield Row(address, f"ended {handle.place}", find_uuid(driver, handle.place), None)
    except HandleUnusable as error:
        yield Row(address, f"instance {handle.place}", str(error), "made and ended")


def find_uuid(driver: NvidiaGpuDriver, place: str) -> Answer:
    """Whether the handle of a place has a MIG device now."""
    found = (
        handle
        for device in driver.discover(Look(MEMORY))
        for part in device.parts
        for handle in part.handles
    )
    return next(("a UUID" for h in found if h.place == place and "uuid" in h.info), None)


def time_discovery(driver: NvidiaGpuDriver, rounds: int) -> str:
    """The median of so many looks: milliseconds on the wall and of CPU."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        driver.discover(Look(MEMORY))
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return (
        f"discovery, median of {rounds}: {statistics.median(walls):.1f} ms,"
        f" {statistics.median(cpus):.1f} ms of CPU (most {max(walls):.1f} ms)"
    )


def render_rows(rows: Sequence[Row]) -> Iterator[str]:
    """The table; what differs is marked."""
    for row in rows:
        mark = "  " if row.is_equal else "! "
        yield f"{mark}{row.gpu}  {row.field:28} {row.ours or '-':44} {row.theirs or '-'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print, and say whether all agrees."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--smi", default="nvidia-smi", help="the command to compare with")
    parser.add_argument("--sysfs", default="/sys", type=Path)
    parser.add_argument("--rounds", default=20, type=int, help="how many looks are timed")
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("pynvml") is None:
        print("the Python module pynvml (wheel nvidia-ml-py) is not installed", file=sys.stderr)
        return 2
    if shutil.which(options.smi) is None:
        print(f"there is no command {options.smi}", file=sys.stderr)
        return 2
    driver = NvidiaGpuDriver(DriverContext(options.sysfs))
    devices = driver.discover(Look(MEMORY))
    rows = list(compare(devices, ElementTree.fromstring(run(options.smi, "-q", "-x"))))
    rows += compare_capabilities(devices, options.smi)
    rows += compare_links(devices, options.smi)
    for device in devices:
        rows += try_instances(driver, device)
    print("\n".join(render_rows(rows)))
    for device in devices:
        print(f"{render_address(device)}  trouble: {device.trouble}; host: {device.used_by_host}")
        print(f"{render_address(device)}  {device.facts}")
        print(f"{render_address(device)}  {dict(device.parts[0].attributes)}")
    print(time_discovery(driver, options.rounds))
    different = sum(not row.is_equal for row in rows)
    print(f"{len(rows)} fields compared, {different} differ")
    return 1 if different or not devices else 0


if __name__ == "__main__":
    sys.exit(main())
