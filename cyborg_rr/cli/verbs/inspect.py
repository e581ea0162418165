"""cyborg-rr inspect: what model files ask of a device."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cyborg_rr import offline
from cyborg_rr.cli.no_answer import NoAnswer
from cyborg_rr.cli.rendering.requirements import render_requirement
from cyborg_rr.cli.shapes import (
    add_shape_arguments,
    find_weights,
    make_limits,
    render_command,
)
from cyborg_rr.processes.ending import REFUSED

Result = dict[str, Any] | NoAnswer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inspect``."""
    parser.add_argument("models", nargs="+", metavar="MODEL", type=Path, help="model file")
    add_shape_arguments(parser)
    parser.add_argument("-f", "--format", choices=("table", "json", "jsonl"), default="table")


def run(arguments: argparse.Namespace) -> int:
    """Read every file; status 2 when one was refused."""
    results = [_inspect(path, arguments) for path in arguments.models]
    show = {"table": _show_tables, "json": _show_json, "jsonl": _show_jsonl}
    show[arguments.format](results)
    if arguments.format == "table":
        _show_commands(results, arguments)
    return REFUSED if any(isinstance(result, NoAnswer) for result in results) else 0


def _inspect(path: Path, arguments: argparse.Namespace) -> Result:
    """The requirement of one file, or why it is refused; a mistaken option ends everything."""
    try:
        reading = offline.start_reading(
            path,
            batch=arguments.batch,
            inputs=arguments.input,
            weights=find_weights(arguments),
            limits=make_limits(arguments),
            fork=True,
        )
    except offline.UnreadableModel as error:
        return NoAnswer.of(error, path)
    try:
        return offline.render_document(reading.result())
    except offline.InvalidInput as error:
        return NoAnswer.of(error, path)


def _show_tables(results: Sequence[Result]) -> None:
    for result in results:
        if isinstance(result, NoAnswer):
            result.tell()
        else:
            print(render_requirement(result))


def _show_commands(results: Sequence[Result], arguments: argparse.Namespace) -> None:
    """How to give what a model leaves open."""
    for path, result in zip(arguments.models, results, strict=True):
        if not isinstance(result, NoAnswer) and (example := result.get("example_inputs")):
            command = render_command("inspect", path, arguments, example)
            print(f"for all figures: {command}")


def _show_json(results: Sequence[Result]) -> None:
    documents = [_render(result) for result in results]
    shown = documents[0] if len(documents) == 1 else documents
    print(json.dumps(shown, indent=2, sort_keys=True))


def _show_jsonl(results: Sequence[Result]) -> None:
    for result in results:
        print(json.dumps(_render(result), sort_keys=True))


def _render(result: Result) -> dict[str, Any]:
    return result.render() if isinstance(result, NoAnswer) else result
