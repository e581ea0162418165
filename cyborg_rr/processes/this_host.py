"""The command line's own look at devices: those of this host, and those of a simulated fleet."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Device, DeviceFacts
from cyborg_rr.drivers.driver import Driver, DriverContext
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.gpu.nvidia.nvml import find_module
from cyborg_rr.drivers.loading import discover_all, list_available, load_drivers
from cyborg_rr.drivers.recording.nvml_replay import RecordedNvml
from cyborg_rr.drivers.recording.record import Recording, record_host
from cyborg_rr.drivers.recording.replay import load_replay, write_tree
from cyborg_rr.drivers.simulated.fleet import load_fleet
from cyborg_rr.drivers.sysfs import Sysfs

KERNEL_TREE = Path("/sys")
"""Where the kernel of this host shows its devices; any other directory is a recorded tree."""

NVIDIA = "nvidia_gpu"
"""The driver that asks a library beside the tree."""

RECORDED_HOST = "host"
"""What stands in a recording in the place of its machine's name."""

NOT_ASKED = ("fake", "pci")
"""Drivers that see nothing unless they are told what."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What this host has; ``failures`` maps a driver that could not look to the cause."""

    devices: tuple[Device, ...]
    failures: Mapping[str, str]


def discover_here(sysfs: Path = KERNEL_TREE) -> Sight:
    """What all real drivers see on this host; ``DiscoveryFailed`` where there is no sysfs.

    Of another tree than the kernel's this machine's NVIDIA library knows nothing, and is not asked.
    """
    names = [name for name in list_available() if name not in NOT_ASKED]
    context = DriverContext(sysfs, {"nvml": sysfs == KERNEL_TREE})
    return _look(socket.gethostname(), sysfs, load_drivers(names, context))


def discover_recorded(file: Path) -> Sight:
    """What they see on the machine that was recorded; ``InvalidInput`` for what is no recording."""
    replay = load_replay(file)
    names = [name for name in list_available() if name not in (*NOT_ASKED, NVIDIA)]
    with tempfile.TemporaryDirectory(prefix="cyborg-rr-") as directory:
        context = DriverContext(write_tree({"bus": {}, **replay.entries}, Path(directory)))
        nvidia = NvidiaGpuDriver(context, RecordedNvml(replay.nvml) if replay.nvml else None)
        return _look(RECORDED_HOST, context.sysfs, [*load_drivers(names, context), nvidia])


def _look(host: str, sysfs: Path, drivers: Sequence[Driver]) -> Sight:
    Sysfs(sysfs).check()
    result = discover_all(drivers)
    return Sight(derive_devices(result.found, host), result.failures)


def list_fleet_facts(fleet_file: Path, catalogue: Catalogue) -> list[DeviceFacts]:
    """What is known of every device in a fleet file; ``BadCatalogue`` where it cannot be read."""
    fleet = load_fleet(fleet_file, catalogue)
    return [device.facts for host in fleet.hosts for device in host.devices]


def record_here(sysfs: Path, catalogue: Catalogue, *, is_everything: bool) -> Recording:
    """Write down the accelerators of this host, or every PCI function; serial numbers blanked."""
    ids = {(id.vendor_id, id.device_id) for product in catalogue.products for id in product.pci_ids}
    return record_host(
        sysfs,
        None if is_everything else lambda vendor_id, device_id: (vendor_id, device_id) in ids,
        machine_names=_list_names_of_this_machine(),
        nvml_module=find_module() if sysfs == KERNEL_TREE else None,
    )


def _list_names_of_this_machine() -> list[str]:
    names = [socket.gethostname(), os.uname().nodename]
    return [*names, *(name.partition(".")[0] for name in names)]
