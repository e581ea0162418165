"""cyborg-rr match: which devices can compile and run a model, how many, how fast, and why not."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cyborg_rr import offline
from cyborg_rr.cli.no_answer import NoAnswer
from cyborg_rr.cli.rendering.verdicts import render_verdicts
from cyborg_rr.cli.shapes import (
    add_shape_arguments,
    find_weights,
    make_limits,
    render_command,
)
from cyborg_rr.domain.matching.options import CONVERSIONS
from cyborg_rr.domain.words import RUNTIMES
from cyborg_rr.processes.ending import REFUSED

TABLE_ROWS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``match``."""
    parser.add_argument("model", metavar="MODEL", type=Path, help="model file")
    parser.add_argument(
        "--device", action="append", default=[], metavar="ID", help="only this catalogue id"
    )
    parser.add_argument("--fleet", type=Path, metavar="FILE", help="only the devices of this fleet")
    parser.add_argument("--host", action="store_true", help="only the devices of this host")
    parser.add_argument(
        "--catalogue",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="devices and toolchains of your own to add",
    )
    parser.add_argument(
        "--dtype", choices=CONVERSIONS, metavar="D", help="convert floats, e.g. to bf16"
    )
    parser.add_argument(
        "--runtime",
        choices=RUNTIMES,
        default="compiled",
        help="how the model will be executed, %(default)s unless given",
    )
    parser.add_argument(
        "--allow-fallback",
        action="store_true",
        help="take it that a part of the model runs on the host's processor",
    )
    add_shape_arguments(parser)
    parser.add_argument("-f", "--format", choices=("table", "json"), default="table")
    parser.add_argument(
        "--all", action="store_true", help=f"show every row of the table, not {TABLE_ROWS}"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the ranked verdicts; status 2 when the model was refused."""
    try:
        reading = offline.start_reading(
            arguments.model,
            batch=arguments.batch,
            inputs=arguments.input,
            weights=find_weights(arguments),
            limits=make_limits(arguments),
            fork=True,
        )
    except offline.UnreadableModel as error:
        return _tell(NoAnswer.of(error, arguments.model), arguments)
    try:
        catalogue = offline.load_catalogue(arguments.catalogue)  # while the other process reads
        candidates = _find_candidates(arguments, catalogue)
    except offline.CyborgError as error:  # not the model's fault, so its name would mislead
        return _tell(NoAnswer.of(error), arguments)
    try:
        requirement = reading.result()
    except offline.CyborgError as error:
        return _tell(NoAnswer.of(error, arguments.model), arguments)
    verdicts = offline.match(
        requirement,
        candidates,
        element_type=arguments.dtype,
        runtime=arguments.runtime,
        available=_count(candidates) if arguments.fleet or arguments.host else None,
        allow_fallback=arguments.allow_fallback,
        catalogue=catalogue,
    )
    if arguments.format == "json":
        documents = [offline.render_document(verdict) for verdict in verdicts]
        print(json.dumps(documents, indent=2, sort_keys=True))
    else:
        _show_table(verdicts, shown=len(verdicts) if arguments.all else TABLE_ROWS)
        for warning in requirement.warnings:
            print(f"warning: {warning}")
        if requirement.example_inputs:
            example = list(requirement.example_inputs)
            command = render_command("match", arguments.model, arguments, example)
            print(f"for an answer: {command}")
        _show_profile(verdicts, candidates)
    return 0


def _tell(answer: NoAnswer, arguments: argparse.Namespace) -> int:
    """Say why there is no answer; the status that stands for it."""
    if arguments.format == "json":
        print(json.dumps(answer.render()))
        return REFUSED
    return answer.tell()


def _show_table(verdicts: Sequence[offline.Verdict], shown: int) -> None:
    print(render_verdicts([offline.render_document(verdict) for verdict in verdicts[:shown]]))
    if shown < len(verdicts):
        print(f"... and {len(verdicts) - shown} more; --all shows them")


def _show_profile(
    verdicts: Sequence[offline.Verdict], candidates: Sequence[offline.ResourceRepresentation]
) -> None:
    """The device profile for the first verdict, where that fits."""
    if not verdicts or verdicts[0].verdict != "fits":
        return
    classes = {item.device_class: item for item in candidates}
    groups = offline.build_groups(verdicts[0], classes[verdicts[0].device_class])
    print(f"device profile for the first: {json.dumps(groups)}")


def _count(candidates: Sequence[offline.ResourceRepresentation]) -> Counter[str]:
    return Counter(item.device_class for item in candidates)


def _find_candidates(
    arguments: argparse.Namespace, catalogue: offline.Catalogue
) -> list[offline.ResourceRepresentation]:
    """The devices to match against, one entry for each device."""
    if not (arguments.device or arguments.fleet or arguments.host):
        return offline.list_representations(catalogue)
    found = [offline.represent(device, catalogue=catalogue) for device in arguments.device]
    if arguments.fleet or arguments.host:
        from cyborg_rr.processes.this_host import discover_here, list_fleet_facts

        facts = list_fleet_facts(arguments.fleet, catalogue) if arguments.fleet else []
        if arguments.host:
            facts += [device.facts for device in discover_here().devices]
        found += map(catalogue.represent, facts)
    return found
