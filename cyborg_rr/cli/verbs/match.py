"""cyborg-rr match: which devices can compile and run a model, how many, how fast, and why not."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from cyborg_rr import offline
from cyborg_rr.cli.answer import Answer, show_answer
from cyborg_rr.cli.given import remember
from cyborg_rr.cli.no_answer import NoAnswer
from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.cli.shapes import add_shape_arguments, fill_open_sizes, start_reading
from cyborg_rr.cli.smaller import list_smaller
from cyborg_rr.cli.spelling import list_called, resolve_device, resolve_element_type
from cyborg_rr.domain.matching.options import CONVERSIONS, HOST_DEVICES, MAX_SET_SIZE
from cyborg_rr.domain.words import POLICIES, RUNTIMES
from cyborg_rr.processes.ending import REFUSED


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``match``."""
    parser.add_argument("model", metavar="MODEL", type=Path, help="model file")
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="ID",
        help="only this device of the catalogue, by its id or what tells it from all others",
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
        "--dtype",
        type=_parse_conversion,
        metavar="D",
        help="convert floats, for example to bf16, fp16 or int8",
    )
    parser.add_argument(
        "--runtime",
        metavar="NAME",
        help="what executes the model: a runtime of the catalogue such as inductor or tensorrt, or"
        f" its kind ({', '.join(RUNTIMES)}); what usually runs such files unless given",
    )
    parser.add_argument(
        "--precision-policy",
        choices=tuple(POLICIES),
        default="default",
        help="what f32 products and convolutions are computed in: f32 (highest), tf32 (high) or"
        " bf16 (medium), as the runtime does unless given",
    )
    parser.add_argument(
        "--keep-io",
        action="store_true",
        help="let a conversion keep the types of inputs and outputs, and of caches among them",
    )
    parser.add_argument(
        "--allow-fallback",
        action="store_true",
        help="take it that a part of the model runs on the host's processor",
    )
    parser.add_argument(
        "--devices",
        type=_parse_count,
        default=HOST_DEVICES,
        metavar="N",
        help="let at most so many devices hold the model together, %(default)s unless given",
    )
    add_shape_arguments(parser)
    parser.add_argument("-f", "--format", choices=("table", "json"), default="table")
    parser.add_argument(
        "--all", action="store_true", help="show every device and reason, not the first of them"
    )
    remember(parser)


def _parse_conversion(text: str) -> str:
    try:
        return resolve_element_type(text, CONVERSIONS)
    except offline.InvalidInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parse_count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MAX_SET_SIZE:
        raise argparse.ArgumentTypeError(f"not a number of devices from 1 to {MAX_SET_SIZE}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Print the ranked verdicts; status 2 when the model was refused."""
    try:
        reading = start_reading(arguments.model, arguments)
    except offline.UnreadableModel as error:
        return _tell(NoAnswer.of(error, arguments.model), arguments)
    try:
        catalogue = offline.load_catalogue(arguments.catalogue)  # while the other process reads
        taken = _resolve_devices(catalogue, arguments)
        candidates = _find_candidates(catalogue, arguments)
    except offline.CyborgError as error:  # not the model's fault, so its name would mislead
        return _tell(NoAnswer.of(error), arguments)
    try:
        stated = reading.result()
        requirement, assumed = fill_open_sizes(stated, arguments.model, arguments)
    except offline.CyborgError as error:
        return _tell(NoAnswer.of(error, arguments.model), arguments)
    verdicts = offline.match(
        requirement,
        candidates,
        element_type=arguments.dtype,
        runtime=arguments.runtime,
        precision_policy=arguments.precision_policy,
        available=_count(candidates) if arguments.fleet or arguments.host else None,
        devices_limit=arguments.devices,
        allow_fallback=arguments.allow_fallback,
        keep_io=arguments.keep_io,
        catalogue=catalogue,
        find_smaller=partial(list_smaller, arguments.model, arguments, assumed),
    )
    answer = Answer(requirement, verdicts, tuple(candidates), catalogue, assumed, taken)
    if arguments.format == "json":
        print(json.dumps(answer.render(), indent=2, sort_keys=True))
    else:
        show_answer(Page(), answer, arguments)
    return 0


def _tell(answer: NoAnswer, arguments: argparse.Namespace) -> int:
    """Say why there is no answer; the status that stands for it."""
    if arguments.format == "json":
        print(json.dumps(answer.render()))
        return REFUSED
    return answer.tell()


def _resolve_devices(
    catalogue: offline.Catalogue, arguments: argparse.Namespace
) -> tuple[str, ...]:
    """Put ids in the place of what devices were called, and say which."""
    if not arguments.device:
        return ()
    given = dict.fromkeys(arguments.device)
    resolve = partial(resolve_device, devices=list_called(catalogue.products))
    arguments.device = list(map(resolve, given))
    pairs = zip(given, arguments.device, strict=True)
    return tuple(f"device {said} is {meant}" for said, meant in pairs if said != meant)


def _count(candidates: Sequence[offline.ResourceRepresentation]) -> Counter[str]:
    return Counter(item.device_class for item in candidates)


def _find_candidates(
    catalogue: offline.Catalogue, arguments: argparse.Namespace
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
