"""cyborg-rr discover: what the drivers see on this host."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prettytable import PrettyTable

from cyborg_rr import codec
from cyborg_rr.catalogue.loading import load
from cyborg_rr.cmd.inspect import render_bytes
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.loading import discover_all, list_available, load_drivers

NOT_ASKED = ("fake", "pci")
"""Drivers that see nothing unless they are told what."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``discover``."""
    parser.add_argument("--sysfs", type=Path, default=Path("/sys"), help="the kernel's device tree")
    parser.add_argument("-f", "--format", choices=("table", "json"), default="table")


def discover(sysfs: Path = Path("/sys")) -> tuple[tuple[Device, ...], Mapping[str, str]]:
    """What all real drivers see here, and the causes of those that could not look, by name."""
    import socket

    names = [name for name in list_available() if name not in NOT_ASKED]
    result = discover_all(load_drivers(names, DriverContext(sysfs)))
    return derive_devices(result.found, socket.gethostname()), result.failures


def run(arguments: argparse.Namespace) -> int:
    """Print devices with their representations, and the drivers that could not look."""
    catalogue = load()
    devices, failures = discover(arguments.sysfs)
    found = [(device, catalogue.represent(device.facts)) for device in devices]
    if arguments.format == "json":
        document: dict[str, Any] = {
            "devices": [
                {**codec.render(device), "representation": representation.to_document()}
                for device, representation in found
            ],
            "failed_drivers": dict(failures),
        }
        print(json.dumps(document, indent=2, sort_keys=True, default=dict))
        return 0
    table = PrettyTable(["device", "type", "model", "device class", "memory", "driver"], align="l")
    for device, representation in found:
        table.add_row(
            [
                device.deployables[0].name if device.deployables else device.key,
                device.type,
                device.fields.model,
                representation.device_class,
                render_bytes(device.facts.memory_bytes),
                device.deployables[0].driver_name if device.deployables else "",
            ]
        )
    print(table if found else "No accelerator of a known family on this host.")
    for name, cause in failures.items():
        print(f"driver {name} could not look: {cause}")
    return 0
