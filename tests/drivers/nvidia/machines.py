"""Machines with NVIDIA GPUs: a tree, and a library that answers what the tree says it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import AttachHandle, Device
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import DriverContext, Look, Memory
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.gpu.nvidia.vgpu.mdev_acts import Write
from cyborg_rr.drivers.privileged.acts import write_attribute
from tests.drivers.trees import DATA
from tests.fakes.nvml import FakeNvml, Gpu, Process
from tests.fakes.nvml_mig import MigCard

HOST = "h"


def load_nvml(tree_name: str) -> FakeNvml:
    """The library as a tree describes it: nothing of GPUs that it does not name."""
    document = yaml.safe_load((DATA / tree_name / "tree.yaml").read_text())
    said = document["nvml"]
    nvml = FakeNvml({address: make_gpu(each) for address, each in said.items()})
    versions = {each["driver_version"] for each in said.values() if "driver_version" in each}
    for version in versions:
        nvml.driver_version = version
    return nvml


def make_gpu(said: dict[str, Any]) -> Gpu:
    """One GPU from what a tree says of it."""
    major, minor = said["compute_capability"].split(".")
    mode = said["mig_mode"]
    processes = [Process(entry["pid"]) for entry in said["processes"]]
    return Gpu(
        name=said["name"],
        uuid=said["uuid"],
        total=said["memory_total_bytes"],
        reserved=said["memory_reserved_bytes"],
        capability=(int(major), int(minor)),
        mig_mode=None if mode is None else (mode["current"], mode["pending"]),
        mig=MigCard("A100-80"),
        vbios=said.get("vbios_version", Gpu.vbios),
        processes=processes,
    )


@dataclass
class Machine:
    """A driver on a host, with the memory that outlives it."""

    root: Path
    nvml: FakeNvml | None
    memory: Memory = field(default_factory=Memory)
    write: Write = write_attribute
    held: Sequence[AttachHandle] = ()
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, root: Path | None = None) -> None:
        """Another run of the agent, of which only the memory is left."""
        self.root = root or self.root
        self.driver = NvidiaGpuDriver(DriverContext(self.root, self.options), self.nvml, self.write)

    def look(self) -> tuple[FoundDevice, ...]:
        return tuple(self.driver.discover(Look(self.memory, held=self.held)))

    def look_at_one(self) -> FoundDevice:
        (device,) = self.look()
        return device

    def report(self) -> tuple[Device, ...]:
        return derive_devices({self.driver.name: self.look()}, HOST)

    def get_handle(self, place: str) -> AttachHandle:
        """The handle of a place as it is offered now."""
        handles = [
            handle
            for device in self.look()
            for part in device.parts
            for handle in part.handles
            if handle.place == place
        ]
        (handle,) = handles
        return handle

    def list_places(self) -> list[str]:
        return [h.place for device in self.look() for part in device.parts for h in part.handles]


def names_of(parts: tuple[FoundPart, ...]) -> list[str]:
    return [part.name for part in parts]
