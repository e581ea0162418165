"""cyborg-rr match: which devices can compile and run a model, how many, how fast, and why not."""

from __future__ import annotations

import argparse
import difflib
import json
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prettytable import PrettyTable

from cyborg_rr.catalogue.loading import Catalogue, load
from cyborg_rr.cmd.inspect import add_shape_arguments, print_refusal, refuse, render_size
from cyborg_rr.domain.errors import CyborgError, InvalidInput
from cyborg_rr.domain.matching.matching import MatchOptions, match
from cyborg_rr.domain.matching.options import CONVERSIONS
from cyborg_rr.domain.matching.profile import build_groups
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.drivers.simulated.fleet import load_fleet
from cyborg_rr.readers.reading.analysis import parse_options
from cyborg_rr.readers.reading.sandbox import Limits, Reading

TABLE_ROWS = 20
SHOWN_NAMES = 5
SHOWN_REASONS = 2
REASON_WIDTH = 48


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``match``."""
    parser.add_argument("model", metavar="MODEL", type=Path, help="model file")
    parser.add_argument(
        "--device", action="append", default=[], metavar="ID", help="only this catalogue id"
    )
    parser.add_argument("--fleet", type=Path, metavar="FILE", help="only the devices of this fleet")
    parser.add_argument("--host", action="store_true", help="only the devices of this host")
    parser.add_argument("--catalogue", action="append", default=[], type=Path, metavar="PATH")
    parser.add_argument(
        "--dtype", choices=CONVERSIONS, metavar="D", help="convert floats, e.g. to bf16"
    )
    parser.add_argument("--runtime", choices=("eager", "compiled"), default="compiled")
    add_shape_arguments(parser)
    parser.add_argument("-f", "--format", choices=("table", "json"), default="table")
    parser.add_argument(
        "--all", action="store_true", help=f"show every row of the table, not {TABLE_ROWS}"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the ranked verdicts; status 2 when the model was refused."""
    options = parse_options(arguments.batch, arguments.input)
    try:
        reading = Reading(arguments.model, options, Limits(), arguments.model.name)
    except CyborgError as error:
        return _print_error(refuse(arguments.model, error), arguments.format)
    try:
        catalogue = load(tuple(arguments.catalogue))  # while the other process reads
        candidates = find_candidates(arguments, catalogue)
    except CyborgError as error:  # not the model's fault, so its name would mislead
        return _print_error({"error": str(error)}, arguments.format)
    try:
        requirement = reading.result()
    except CyborgError as error:
        return _print_error(refuse(arguments.model, error), arguments.format)
    classes = {item.device_class: item for item in candidates}
    counts = Counter(item.device_class for item in candidates)
    verdicts = match(
        requirement,
        list(classes.values()),
        MatchOptions(
            element_type=arguments.dtype, runtime=arguments.runtime, batch=arguments.batch
        ),
        counts if arguments.fleet or arguments.host else None,
    )
    documents = [verdict.to_document() for verdict in verdicts]
    if arguments.format == "json":
        print(json.dumps(documents, indent=2, sort_keys=True))
        return 0
    shown = documents if arguments.all else documents[:TABLE_ROWS]
    print(render_verdicts(shown))
    if len(shown) < len(documents):
        print(f"... and {len(documents) - len(shown)} more; --all shows them")
    for warning in requirement.warnings:
        print(f"warning: {warning}")
    if verdicts and verdicts[0].verdict == "fits":
        groups = build_groups(verdicts[0], classes[verdicts[0].device_class])
        print(f"device profile for the first: {json.dumps(groups)}")
    return 0


def _print_error(refusal: dict[str, Any], form: str) -> int:
    """Say why there is no answer; the status that stands for it."""
    if form == "json":
        print(json.dumps(refusal))
    else:
        print_refusal(refusal)
    return 2


def find_candidates(
    arguments: argparse.Namespace, catalogue: Catalogue
) -> list[ResourceRepresentation]:
    """The devices to match against, one entry for each device."""
    found: list[ResourceRepresentation] = []
    found += [represent(catalogue, device) for device in arguments.device]
    if arguments.fleet:
        fleet = load_fleet(arguments.fleet, catalogue)
        found += [
            catalogue.represent(device.facts) for host in fleet.hosts for device in host.devices
        ]
    if arguments.host:
        found += discover_here(catalogue)
    if not (arguments.device or arguments.fleet or arguments.host):
        found = [catalogue.represent_product(product.id) for product in catalogue.products]
    return found


def represent(catalogue: Catalogue, device: str) -> ResourceRepresentation:
    """A product of the catalogue; ``InvalidInput`` with the nearest names for an unknown one."""
    known = [product.id for product in catalogue.products]
    if device in known:
        return catalogue.represent_product(device)
    near = [name for name in known if device and device.lower() in name]
    near = near or difflib.get_close_matches(device.lower(), known, SHOWN_NAMES)
    hint = f"; near it: {', '.join(near[:SHOWN_NAMES])}" if near else ""
    raise InvalidInput(f"the catalogue has no device {device!r}{hint}")


def discover_here(catalogue: Catalogue) -> list[ResourceRepresentation]:
    """The representations of what the drivers see on this host."""
    from cyborg_rr.cmd.discover import discover

    devices, _ = discover()
    return [catalogue.represent(device.facts) for device in devices]


def render_verdicts(documents: Sequence[dict[str, Any]]) -> PrettyTable:
    """Verdict documents as a table for people: the first reasons, and times with their interval."""
    table = PrettyTable(
        ["device class", "verdict", "devices", "memory", "time", "bound by", "why"], align="l"
    )
    for document in documents:
        table.add_row(
            [
                document["device_class"],
                document["verdict"],
                "?" if document["devices_needed"] is None else document["devices_needed"],
                render_size(document["memory_bytes"]["total"]),
                render_interval(document["time_seconds"]),
                document["binding_term"] or "",
                render_reasons([*document["changes"], *document["reasons"]]),
            ]
        )
    return table


def render_reasons(reasons: Sequence[str]) -> str:
    """The first reasons, folded, and how many more there are."""
    lines = [
        line for reason in reasons[:SHOWN_REASONS] for line in textwrap.wrap(reason, REASON_WIDTH)
    ]
    if len(reasons) > SHOWN_REASONS:
        lines.append(f"... and {len(reasons) - SHOWN_REASONS} more (-f json)")
    return "\n".join(lines)


def render_interval(time: dict[str, float] | None) -> str:
    """The expected time, with the interval that it is believed to lie in below it."""
    if time is None:
        return "unknown"
    low, high = render_seconds(time["low"]), render_seconds(time["high"])
    return f"{render_seconds(time['expected'])}\n({low} to {high})"


def render_seconds(seconds: float) -> str:
    """A time for people, to two figures or whole units."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale or unit == "us":
            break
    amount = seconds / scale
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
