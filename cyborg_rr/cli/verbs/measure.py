"""cyborg-rr measure: what runtimes do on a device of this host, to estimate by from then on."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from cyborg_rr import codec, offline
from cyborg_rr.cli.given import remember
from cyborg_rr.cli.measuring.comparing import compare, find_verdict
from cyborg_rr.cli.measuring.device import HOST_CLASS, Host, look_at_host
from cyborg_rr.cli.measuring.llama import run_llama_bench
from cyborg_rr.cli.measuring.measuring import Refused, Result, measure_runtime
from cyborg_rr.cli.measuring.posting import post_measurements
from cyborg_rr.cli.measuring.protocol import MeasuringFailed
from cyborg_rr.cli.measuring.running import Model, Request
from cyborg_rr.cli.measuring.showing import show_result
from cyborg_rr.cli.no_answer import NoAnswer
from cyborg_rr.cli.rendering.figures import render_seconds
from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.cli.shapes import add_shape_arguments, fill_open_sizes, start_reading
from cyborg_rr.cli.writing import write_whole
from cyborg_rr.domain.representation.measured.measurement import RUNTIMES_MEASURED, Measurement
from cyborg_rr.domain.representation.measured.plan import list_operators

MAX_SECONDS: Final = 86400
_HOST_BYTES: Final = 64 << 20
"""Caches of processors are smaller than those of accelerators, and so is what they do at a time."""

_DEVICE_BYTES: Final = 256 << 20
"""Several times the largest cache of a GPU (H100 50 MiB, MI300X 256 MiB less what it shares)."""

_NOT_IN_NAME: Final = re.compile(r"[^A-Za-z0-9_]+", re.ASCII)

_BY_SUFFIX: Final = {".pt2": "eager", ".onnx": "onnxruntime", ".gguf": "llama-cpp"}
_ANY_MODEL: Final = "xla"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``measure``."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        type=Path,
        nargs="?",
        help="time this model instead of operators, and hold it against its estimate",
    )
    parser.add_argument(
        "--python",
        default=sys.executable,
        metavar="FILE",
        help="the interpreter that has the runtime, this one unless given",
    )
    parser.add_argument(
        "--runtime",
        action="append",
        choices=tuple(RUNTIMES_MEASURED),
        help="what to measure, all that are there unless given; may be repeated",
    )
    parser.add_argument(
        "--device",
        metavar="NAME",
        help="cuda:N or cpu; the first GPU of this host unless given, or else its processor",
    )
    parser.add_argument(
        "--device-class",
        metavar="ID",
        help="the class of the device, where this host does not tell",
    )
    parser.add_argument(
        "--seconds",
        type=_count_seconds,
        default=60,
        metavar="S",
        help="begin nothing more in a runtime after this time, %(default)s unless given",
    )
    parser.add_argument("--small", action="store_true", help="a few small operators only")
    parser.add_argument(
        "--catalogue",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="devices, toolchains and measurements of your own to add",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIRECTORY",
        help="write a file for each runtime there, which --catalogue and [catalogue] extra_paths"
        " take",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")
    parser.add_argument(
        "--post",
        nargs="?",
        const="",
        metavar="URL",
        help="send them to the service: that of the cloud that OS_CLOUD or OS_* name, or the one at"
        " a URL with the token in OS_TOKEN",
    )
    parser.add_argument(
        "--tf32", action="store_true", help="let f32 products of the model run as tf32"
    )
    add_shape_arguments(parser)
    parser.add_argument("-f", "--format", choices=("table", "json"), default="table")
    parser.add_argument("--all", action="store_true", help="show all that was left out")
    remember(parser)


def _count_seconds(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"not a number of seconds from 1 to {MAX_SECONDS}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Measure, then show, write and send all or, where one is refused, nothing."""
    if arguments.output is not None and not arguments.output.is_dir():
        raise offline.InvalidInput(f"{arguments.output} is no directory")
    catalogue = offline.load_catalogue(arguments.catalogue)
    if arguments.model is not None and _choose_runtimes(arguments, "")[0] == "llama-cpp":
        return _run_llama(arguments)
    requirement = None
    if arguments.model is not None:
        try:
            stated = start_reading(arguments.model, arguments).result()
            requirement, _ = fill_open_sizes(stated, arguments.model, arguments)
        except offline.CyborgError as error:
            return NoAnswer.of(error, arguments.model).tell()
    results = _measure(arguments, look_at_host(catalogue), requirement)
    _keep(arguments, [result.measurement for result in results])
    if arguments.format == "json":
        documents = [codec.render(result.measurement) for result in results]
        print(json.dumps({"measurements": documents}, indent=2, sort_keys=True))
        return 0
    _show(Page(), results, requirement, catalogue, arguments)
    return 0


def _choose_runtimes(arguments: argparse.Namespace, device: str) -> tuple[str, ...]:
    """Those asked for; else the one that runs the model, or all that may be there."""
    if arguments.runtime:
        return tuple(dict.fromkeys(arguments.runtime))
    provider = "cuda" if device.startswith("cuda") else "cpu"
    if arguments.model is None:
        return ("eager", "graph", "inductor", "xla", f"onnxruntime-{provider}")
    name = _BY_SUFFIX.get(arguments.model.suffix.lower(), _ANY_MODEL)
    return (f"{name}-{provider}" if name == "onnxruntime" else name,)


def _measure(
    arguments: argparse.Namespace, host: Host, requirement: offline.IRRequirement | None
) -> list[Result]:
    device = host.choose(arguments.device)
    found, refused = [], []
    for runtime in _choose_runtimes(arguments, device):
        request = _make_request(arguments, runtime, device, requirement)
        try:
            found.append(
                measure_runtime(
                    [arguments.python], request, host, arguments.device_class, requirement
                )
            )
        except Refused as error:
            if arguments.runtime:
                raise
            refused.append(str(error))
    if not found:
        raise MeasuringFailed(
            f"{arguments.python} has no runtime for {device}: {'; '.join(refused)};"
            " --python names an interpreter that has one"
        )
    return found


def _make_request(
    arguments: argparse.Namespace,
    runtime: str,
    device: str,
    requirement: offline.IRRequirement | None,
) -> Request:
    is_host = device.partition(":")[0] == HOST_CLASS
    if requirement is not None:
        model = Model(arguments.model, tuple(_list_inputs(requirement)))
        return Request(runtime, device, (), model, arguments.tf32, seconds=arguments.seconds)
    operators = list_operators(runtime, is_small=is_host or arguments.small)
    rotated = _HOST_BYTES if is_host else _DEVICE_BYTES
    return Request(runtime, device, operators, seconds=arguments.seconds, rotated_bytes=rotated)


def _list_inputs(
    requirement: offline.IRRequirement,
) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    for each in requirement.inputs:
        sizes = each.shape
        if sizes is None or each.element_type is None:
            raise offline.InvalidInput(f"the shape of the input {each.name} is not known")
        numbers = tuple(size for size in sizes if isinstance(size, int))
        if len(numbers) != len(sizes):
            raise offline.InvalidInput(
                f"the input {each.name} has open sizes; give them with --input"
            )
        yield each.name, each.element_type, numbers


def _keep(arguments: argparse.Namespace, measurements: Sequence[Measurement]) -> None:
    """Write and send what was asked to be kept; all of it has been checked."""
    directory: Path | None = arguments.output
    if directory is not None:
        for each in measurements:
            text = json.dumps(codec.render(each), indent=1, sort_keys=True) + "\n"
            write_whole(directory / name_file(each), text, may_replace=arguments.overwrite)
    if arguments.post is not None:
        for line in post_measurements(arguments.post, measurements):
            print(line, file=sys.stderr)


def name_file(measurement: Measurement) -> str:
    """A name that tells measurements of a day apart."""
    models = "-".join(each.name for each in measurement.models)
    what = f"-{_NOT_IN_NAME.sub('-', models)[:80]}" if models else ""
    return (
        f"{measurement.device_class}-{measurement.runtime}{what}-{measurement.measured_on}"
        ".measured.json"
    )


def _show(
    page: Page,
    results: Sequence[Result],
    requirement: offline.IRRequirement | None,
    catalogue: offline.Catalogue,
    arguments: argparse.Namespace,
) -> None:
    for result in results:
        show_result(page, result, is_everything=arguments.all)
        for each in result.measurement.models:
            verdict = None
            if requirement is not None:
                runtime = result.measurement.runtime
                verdict = find_verdict(requirement, result.subject, runtime, catalogue)
            for sentence, drifts in compare(each, verdict):
                page.say(f"DRIFT {sentence}" if drifts else sentence, hang=2)
        page.say()
    if arguments.output is not None:
        for result in results:
            page.say(f"written: {arguments.output / name_file(result.measurement)}")
        where = str(arguments.output)
        page.show_next("To estimate by them", ["cyborg-rr", "match", "MODEL", "--catalogue", where])


def _run_llama(arguments: argparse.Namespace) -> int:
    """Show what llama.cpp's own benchmark says of a model."""
    runs = run_llama_bench(arguments.model, float(arguments.seconds))
    page = Page()
    facts: list[dict[str, Any]] = [codec.render(each) for each in runs]
    if arguments.format == "json":
        print(json.dumps({"runs": facts}, indent=2, sort_keys=True))
        return 0
    for each in runs:
        page.say(
            f"{each.what}: {render_seconds(each.seconds)}, spread {each.spread:.0%}"
            f" ({each.software}, {each.device})",
            hang=2,
        )
    return 0
