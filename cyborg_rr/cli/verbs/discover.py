"""cyborg-rr discover: what the drivers see on this host, or on one that was recorded."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from cyborg_rr import codec, offline
from cyborg_rr.cli.rendering.devices import show_devices
from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.domain.printing import name_count
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.processes.this_host import KERNEL_TREE, Sight, discover_here, discover_recorded

Found = Sequence[tuple[Device, ResourceRepresentation]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``discover``."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--sysfs",
        type=Path,
        default=KERNEL_TREE,
        metavar="DIRECTORY",
        help="the kernel's device tree, %(default)s unless given",
    )
    where.add_argument(
        "--recording", type=Path, metavar="FILE", help='what "cyborg-rr record" wrote on a machine'
    )
    parser.add_argument("-f", "--format", choices=("table", "json"), default="table")


def run(arguments: argparse.Namespace) -> int:
    """Print devices with their representations, and the drivers that could not look."""
    catalogue = offline.load_catalogue()
    recording: Path | None = arguments.recording
    result = discover_here(arguments.sysfs) if recording is None else discover_recorded(recording)
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
    _show(Page(), found, result, recording)
    return 0


def _show(page: Page, found: Found, result: Sight, recording: Path | None) -> None:
    host = "this host" if recording is None else "the recorded host"
    if found:
        page.say(f"{name_count(len(found), 'accelerator')} on {host}", colour="strong")
        page.say()
        show_devices(page, found)
    else:
        page.say(f"No accelerator of a known family on {host}.")
    for name, cause in result.failures.items():
        page.say(f"driver {name} could not look: {cause}", hang=2)
    if found and recording is None:
        page.show_next("For what can run a model here", ["cyborg-rr", "match", "MODEL", "--host"])
    else:
        page.show_next("For all devices that are known", ["cyborg-rr", "match", "MODEL"])
