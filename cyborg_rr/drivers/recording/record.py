"""A recording of this host: its functions, what leads to them, and what NVIDIA's library says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cyborg_rr.drivers.gpu.amd.topology import NODES
from cyborg_rr.drivers.pci.reading.function import DEVICES
from cyborg_rr.drivers.recording.blanking import PROPERTIES, Blanks
from cyborg_rr.drivers.recording.choice import Known, Place, choose, list_places
from cyborg_rr.drivers.recording.files import Files
from cyborg_rr.drivers.recording.nvml_answers import read_answers
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

GROUPS = "kernel/iommu_groups"
MAX_FUNCTIONS = 4096
"""That are recorded; the rest is left out, and said to be."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A tree as data: directories (relative to the root) with their entries.

    ``nvml`` has the answers of the library by address. ``left_out`` maps a place to why it is not
    there, of ``left_out_count`` in all; ``blanked`` names the files whose numbers were taken out.
    """

    functions: Sequence[str]
    entries: Mapping[str, Mapping[str, str]]
    nvml: Mapping[str, Mapping[str, Any]]
    left_out: Mapping[str, str]
    left_out_count: int
    blanked: Sequence[str]

    def render(self, source: str) -> str:
        """The text of a tree's file, all of it printable; ``source`` says which machine it is."""
        document: dict[str, Any] = {"origin": "recorded", "source": source, "drivers": {}}
        document["entries"] = {path: dict(found) for path, found in self.entries.items()}
        if self.nvml:
            document["nvml"] = {address: dict(said) for address, said in self.nvml.items()}
        if self.blanked:
            document["blanked"] = list(self.blanked)
        if self.left_out:
            document["left_out"] = dict(self.left_out)
        return yaml.safe_dump(document, sort_keys=False, width=100)


def record_host(
    sysfs_root: Path,
    known: Known | None,
    machine_names: Sequence[str] = (),
    nvml_module: Any | None = None,
) -> Recording:
    """Write down the functions of a host that may be accelerators; without ``known``, all of them.

    ``known`` says by ids which functions are accelerators whatever their class. ``machine_names``
    are taken out wherever they stand; ``nvml_module`` is asked where it is given.
    ``DiscoveryFailed`` when the root is no sysfs.
    """
    sysfs = Sysfs(sysfs_root)
    sysfs.check()
    blanks = Blanks(machine_names)
    files = Files(sysfs, blanks)
    places = list(list_places(sysfs, files.leave_out))
    chosen = places if known is None else choose(places, known)
    for place in chosen[MAX_FUNCTIONS:]:
        files.leave_out(place.path, f"more than {MAX_FUNCTIONS} functions")
    del chosen[MAX_FUNCTIONS:]
    recorded = frozenset(place.path for place in chosen)
    files.record_links(DEVICES, recorded)
    for each in chosen:
        files.record_function(each.path)
    _record_surroundings(sysfs, files, recorded)
    return Recording(
        functions=[place.name for place in chosen],
        entries=files.entries,
        nvml=read_answers(nvml_module, _list_gpus(chosen, files), blanks),
        left_out=files.left_out,
        left_out_count=files.left_out_count,
        blanked=files.blanked,
    )


def _record_surroundings(sysfs: Sysfs, files: Files, recorded: frozenset[str]) -> None:
    """Where else the kernel lists what is recorded, the drivers' versions and the memory nodes."""
    for path in _list_lists(sysfs, files):
        if path != DEVICES:
            files.record_links(path, recorded)
    links = [value for path in recorded for value in files.entries.get(path, {}).values()]
    drivers = sorted({link.rpartition("/")[2] for link in links if "/bus/pci/drivers/" in link})
    for driver in drivers:
        files.record_file(f"module/{driver.replace('-', '_')}", "version")
    _record_compute_nodes(sysfs, files)
    for node in sorted({files.entries.get(path, {}).get("numa_node", "") for path in recorded}):
        if node.isascii() and node.isdecimal():
            files.record_file(f"devices/system/node/node{node}", "cpulist")
            files.record_file(f"devices/system/node/node{node}", "distance")


def _record_compute_nodes(sysfs: Sysfs, files: Files) -> None:
    """What amdgpu says of GPUs and their partitions outside of their functions."""
    for node in _names(sysfs, files, NODES):
        files.record_file(f"{NODES}/{node}", PROPERTIES)
        for room in ("mem_banks", "io_links"):
            for each in _names(sysfs, files, f"{NODES}/{node}/{room}"):
                files.record_file(f"{NODES}/{node}/{room}/{each}", PROPERTIES)


def _list_lists(sysfs: Sysfs, files: Files) -> list[str]:
    lists = [
        *(f"class/{name}" for name in _names(sysfs, files, "class")),
        *(f"bus/{name}/devices" for name in _names(sysfs, files, "bus")),
        *(f"bus/pci/drivers/{name}" for name in _names(sysfs, files, "bus/pci/drivers")),
        *(f"{GROUPS}/{name}/devices" for name in _names(sysfs, files, GROUPS)),
    ]
    return sorted(lists)


def _names(sysfs: Sysfs, files: Files, path: str) -> tuple[str, ...]:
    try:
        return sysfs.names(path)
    except Unreadable as error:
        files.leave_out(path, error)
        return ()


def _list_gpus(chosen: Sequence[Place], files: Files) -> list[str]:
    """The functions that NVIDIA's driver has in its hands."""
    return [
        place.name
        for place in chosen
        if files.entries.get(place.path, {}).get("driver", "").endswith("/nvidia")
    ]
