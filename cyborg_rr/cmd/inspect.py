"""cyborg-rr inspect: what model files ask of a device."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from prettytable import PrettyTable

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.readers.reading.options import AnalysisOptions, parse_options
from cyborg_rr.readers.reading.sandbox import analyse_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inspect``."""
    parser.add_argument("models", nargs="+", metavar="MODEL", type=Path, help="model file")
    add_shape_arguments(parser)
    parser.add_argument("-f", "--format", choices=("table", "json", "jsonl"), default="table")


def add_shape_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that fix the shapes of a model."""
    parser.add_argument("--batch", type=int, metavar="N", help="size of the first dimension")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="NAME=SHAPE[:TYPE]",
        help="shape of one input, for example ids=1x128:i64",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read every file; status 2 when one was refused."""
    options = parse_options(arguments.batch, arguments.input)
    results = [_inspect(path, options) for path in arguments.models]
    render = {"table": _render_table, "json": _render_json, "jsonl": _render_jsonl}
    render[arguments.format](results)
    return 2 if any("error" in result for result in results) else 0


def _inspect(path: Path, options: AnalysisOptions) -> dict[str, Any]:
    try:
        return analyse_file(path, options).to_document()
    except (UnreadableModel, InvalidInput) as error:
        return refuse(path, error)


def refuse(path: Path, error: Exception) -> dict[str, Any]:
    """What stands in the place of an answer: the file and the cause on one line."""
    return {"file": str(path), "error": " ".join(str(error).split())}


def print_refusal(refusal: dict[str, Any]) -> None:
    """The one line of what was refused, on standard error, with the file that it is about."""
    where = f"{refusal['file']}: " if "file" in refusal else ""
    print(f"cyborg-rr: {where}{refusal['error']}", file=sys.stderr)


def _render_json(results: list[dict[str, Any]]) -> None:
    print(json.dumps(results[0] if len(results) == 1 else results, indent=2, sort_keys=True))


def _render_jsonl(results: list[dict[str, Any]]) -> None:
    for result in results:
        print(json.dumps(result, sort_keys=True))


def _render_table(results: list[dict[str, Any]]) -> None:
    for result in results:
        if "error" in result:
            print_refusal(result)
        else:
            print(render_requirement(result))


def render_requirement(document: dict[str, Any]) -> PrettyTable:
    """A requirement document as a table for people."""
    table = PrettyTable(["field", "value"], align="l")
    table.max_width["value"] = 90
    ir, memory, compute = document["ir"], document["memory"], document["compute"]
    table.add_row(["model", document["name"]])
    table.add_row(["IR", f"{ir['family']} {ir.get('version') or ''}".strip()])
    table.add_row(["read", document["reader"]["completeness"]])
    for kind in ("inputs", "outputs"):
        table.add_row([kind, "\n".join(_render_tensor(tensor) for tensor in document[kind])])
    for name in (
        "parameter_bytes",
        "constant_bytes",
        "input_bytes",
        "output_bytes",
        "activation_peak_bytes",
    ):
        table.add_row([name.replace("_", " "), render_bytes(memory[name])])
    for name in ("macs", "flops", "flops_other"):
        table.add_row([name.replace("_", " "), render_count(compute[name])])
    counts = sorted(document["operations"].items(), key=lambda item: (-item[1], item[0]))
    table.add_row(["operations", ", ".join(f"{name} {count}" for name, count in counts)])
    table.add_row(["element types", ", ".join(document["element_types"])])
    table.add_row(["dynamic", ", ".join(document["symbols"]) or str(document["dynamic"]).lower()])
    for warning in document["warnings"]:
        table.add_row(["warning", warning])
    return table


def _render_tensor(tensor: dict[str, Any]) -> str:
    shape = tensor["shape"]
    sizes = "unknown shape" if shape is None else "x".join(str(size) for size in shape) or "scalar"
    return f"{tensor['name']} {sizes}:{tensor['element_type'] or 'unknown type'}"


def render_bytes(amount: int | None) -> str:
    """Bytes for people: exact, and in a binary unit."""
    if amount is None or amount < 1024:
        return render_count(amount)
    return f"{amount:,} ({render_size(amount)})"


def render_size(amount: int | None) -> str:
    """Bytes for people who compare: rounded, in a binary unit."""
    if amount is None:
        return "unknown"
    size = float(amount)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.2f} {unit}" if unit != "B" else f"{amount} B"
        size /= 1024
    return f"{size:.2f} TiB"


def render_count(amount: int | None) -> str:
    """A count for people."""
    return "unknown" if amount is None else f"{amount:,}"
