"""cyborg-rr inspect: what model files ask of a device."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cyborg_rr import offline
from cyborg_rr.cli.given import remember
from cyborg_rr.cli.no_answer import NoAnswer
from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.cli.rendering.requirements import show_requirement
from cyborg_rr.cli.shapes import add_shape_arguments, make_command, start_reading
from cyborg_rr.cli.untold import WHY, name_weights
from cyborg_rr.processes.ending import REFUSED

Result = dict[str, Any] | NoAnswer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inspect``."""
    parser.add_argument("models", nargs="+", metavar="MODEL", type=Path, help="model file")
    add_shape_arguments(parser)
    parser.add_argument("-f", "--format", choices=("table", "json", "jsonl"), default="table")
    remember(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read every file; status 2 when one was refused."""
    results = [_inspect(path, arguments) for path in arguments.models]
    if arguments.format == "table":
        _show(results, arguments)
    elif arguments.format == "json":
        _show_json(results)
    else:
        _show_jsonl(results)
    return REFUSED if any(isinstance(result, NoAnswer) for result in results) else 0


def _inspect(path: Path, arguments: argparse.Namespace) -> Result:
    """The requirement of one file, or why it is refused; a mistaken option ends everything."""
    try:
        reading = start_reading(path, arguments)
    except offline.UnreadableModel as error:
        return NoAnswer.of(error, path)
    try:
        return offline.render_document(reading.result())
    except offline.InvalidInput as error:
        return NoAnswer.of(error, path)


def _show(results: Sequence[Result], arguments: argparse.Namespace) -> None:
    page = Page()
    is_first = True
    for path, result in zip(arguments.models, results, strict=True):
        if isinstance(result, NoAnswer):
            result.tell()
            continue
        if not is_first:
            page.say()
        is_first = False
        show_requirement(page, result)
        _show_next(page, path, result, arguments)


def _show_next(
    page: Page, path: Path, document: dict[str, Any], arguments: argparse.Namespace
) -> None:
    """How to give what a model leaves open, and say what it does not tell; else what can run it."""
    weights = name_weights(document, arguments)
    if weights:
        page.show_next(WHY, [*make_command("inspect", path, arguments), *weights])
    example = document.get("example_inputs")
    if example:
        page.show_next("For all figures", make_command("inspect", path, arguments, example))
    else:
        page.show_next("For what can run it", make_command("match", path, arguments))


def _show_json(results: Sequence[Result]) -> None:
    documents = [_render(result) for result in results]
    shown = documents[0] if len(documents) == 1 else documents
    print(json.dumps(shown, indent=2, sort_keys=True))


def _show_jsonl(results: Sequence[Result]) -> None:
    for result in results:
        print(json.dumps(_render(result), sort_keys=True))


def _render(result: Result) -> dict[str, Any]:
    return result.render() if isinstance(result, NoAnswer) else result
