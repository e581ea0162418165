"""cyborg-rr discover: what the drivers see on this host."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from cyborg_rr import codec, offline
from cyborg_rr.cli.rendering.devices import render_devices
from cyborg_rr.processes.this_host import KERNEL_TREE, discover_here


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``discover``."""
    parser.add_argument(
        "--sysfs",
        type=Path,
        default=KERNEL_TREE,
        metavar="DIRECTORY",
        help="the kernel's device tree, %(default)s unless given",
    )
    parser.add_argument("-f", "--format", choices=("table", "json"), default="table")


def run(arguments: argparse.Namespace) -> int:
    """Print devices with their representations, and the drivers that could not look."""
    catalogue = offline.load_catalogue()
    result = discover_here(arguments.sysfs)
    found = [(device, catalogue.represent(device.facts)) for device in result.devices]
    if arguments.format == "json":
        document = {
            "devices": [
                {**codec.render(device), "representation": offline.render_document(representation)}
                for device, representation in found
            ],
            "failed_drivers": dict(result.failures),
        }
        print(json.dumps(document, indent=2, sort_keys=True, default=dict))
        return 0
    print(render_devices(found) if found else "No accelerator of a known family on this host.")
    for name, cause in result.failures.items():
        print(f"driver {name} could not look: {cause}")
    return 0
