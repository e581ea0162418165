"""Functions of StableHLO and its helper dialects that call one operation each, from specimens."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TYPES: Mapping[str, str] = {
    **{name: name for name in ("f64", "f32", "f16", "bf16")},
    **{f"i{bits}": f"i{bits}" for bits in (64, 32, 16, 8, 4, 2, 1)},
    **{f"u{bits}": f"ui{bits}" for bits in (64, 32, 16, 8, 4, 2)},
    "c64": "complex<f32>",
    "c128": "complex<f64>",
    **{
        name: name
        for name in (
            "f8E4M3FN", "f8E5M2", "f8E4M3FNUZ", "f8E5M2FNUZ", "f8E4M3B11FNUZ", "f8E4M3",
            "f8E3M4", "f8E8M0FNU", "f4E2M1FN",
        )
    },
}  # fmt: skip
"""Element types as the catalogue names them, and as MLIR writes them."""

_NAMES = {text: name for name, text in TYPES.items()}
_QUANTISED = re.compile(r"!quant\.uniform<([a-z]+[0-9]+)")
_VARIABLES = ("T", "U", "R")
"""What stands in specimens in place of an element type, each for one of its own."""


def _find(variable: str) -> str:
    """Where a variable stands: by itself, or behind the sizes of a tensor."""
    return rf"(?<![A-Za-wyz0-9_]){variable}\b"


@dataclass(frozen=True)
class Call:
    """A function that calls the operation in some element types; ``where`` is what it is about.

    ``is_spread``: it may have operands in any number; ``is_open``: of any types;
    ``is_apart``: some of its operands are asked about apart from the others.
    """

    operation: str
    where: tuple[str, ...]
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    body: str
    module: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    replicas: int = 1
    partitions: int = 1
    is_spread: bool = False
    is_open: bool = False
    is_apart: bool = False


def list_calls(written: Mapping[str, Any]) -> Iterator[Call]:
    """The calls of one specimen: every one of its element types, or every set of these."""
    texts = [*written["in"], *written["out"], written.get("attr", ""), written.get("region", "")]
    used = [name for name in _VARIABLES if any(re.search(_find(name), text) for text in texts)]
    choices = [written.get(name, list(TYPES)) for name in used]
    seen = set()
    for chosen in itertools.product(*choices):
        call = _make_call(written, dict(zip(used, chosen, strict=True)))
        if call is not None and call not in seen:
            seen.add(call)
            yield call


def load_specimens() -> Iterator[tuple[str, dict[str, Any]]]:
    """Operation and specimen, as often as the file has one."""
    file = Path(__file__).with_name("specimens-stablehlo.yaml")
    for operations, written in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        for entry in written if isinstance(written, list) else [written]:
            for operation in operations.split():
                yield operation, {**entry, "operation": operation}


def render_module(calls: Sequence[Call]) -> str:
    """A module whose main function makes all calls, one after the other."""
    functions, arguments, results, lines, returned = [], [], [], [], []
    for index, call in enumerate(calls):
        own = [f"%a{index}_{place}" for place in range(len(call.arguments))]
        named = ", ".join(f"%a{place}: {text}" for place, text in enumerate(call.arguments))
        arrow = f"({', '.join(call.results)})"
        functions.append(f"func.func private @f{index}({named}) -> {arrow} {{\n{call.body}\n}}")
        arguments += [f"{name}: {text}" for name, text in zip(own, call.arguments, strict=True)]
        made = f"%r{index}:{len(call.results)} = " if call.results else ""
        signature = f"({', '.join(call.arguments)}) -> {arrow}"
        lines.append(f"  {made}func.call @f{index}({', '.join(own)}) : {signature}")
        for place, text in enumerate(call.results):
            if text.startswith("tensor"):
                results.append(text)
                returned.append(f"%r{index}#{place}")
    end = (
        f"  func.return {', '.join(returned)} : {', '.join(results)}"
        if returned
        else "  func.return"
    )
    heads = dict.fromkeys(call.module for call in calls if call.module)
    main = f"func.func @main({', '.join(arguments)}) -> ({', '.join(results)})"
    counts = {"replicas": calls[0].replicas, "partitions": calls[0].partitions}
    attributes = ", ".join(f"mhlo.num_{name} = {count} : i32" for name, count in counts.items())
    return "\n".join(
        [
            f"module @specimen attributes {{{attributes}}} {{",
            *heads,
            *functions,
            f"{main} {{",
            *lines,
            end,
            "}",
            "}",
        ]
    )


def _make_call(written: Mapping[str, Any], types: Mapping[str, str]) -> Call | None:
    """The function in these element types; None where an operand has a type that is none."""
    operation = written["operation"]
    operands = [str(text).removeprefix("const ") for text in written["in"]]
    shapes = [_write_type(text.partition("=")[0].strip(), types) for text in operands]
    results = [_write_type(text, types) for text in written["out"]]
    named = [_name(text) for text in (*shapes, *results)]
    if None in named:
        return None
    arguments, names, lines = [], [], []
    for place, (text, shape) in enumerate(zip(written["in"], shapes, strict=True)):
        if str(text).startswith("const "):
            value = text.partition("=")[2].strip() or _write_one(shape)
            names.append(f"%c{place}")
            lines.append(f"  %c{place} = stablehlo.constant dense<{value}> : {shape}")
        else:
            names.append(f"%a{len(arguments)}")
            arguments.append(shape)
    region = _fill(written.get("region", ""), types)
    attributes = _fill(written.get("attr", ""), types)
    made = ", ".join(f"%r{place}" for place in range(len(results)))
    lines.append(
        (f"  {made} = " if made else "  ")
        + f'"{operation}"({", ".join(names)})'
        + (f" <{{{attributes}}}>" if attributes else "")
        + (f" ({region})" if region else "")
        + f" : ({', '.join(shapes)}) -> ({', '.join(results)})"
    )
    lines.append(f"  func.return {made} : {', '.join(results)}" if made else "  func.return")
    return Call(
        operation,
        tuple(written.get("where", ())),
        tuple(arguments),
        tuple(results),
        "\n".join(lines),
        written.get("module", ""),
        tuple(str(name) for name in named[: len(shapes)]),
        tuple(str(name) for name in named[len(shapes) :]),
        written.get("replicas", 1),
        written.get("partitions", 1),
        written.get("spread", False),
        written.get("open", False),
        written.get("apart", False),
    )


def _fill(text: str, types: Mapping[str, str]) -> str:
    for variable, name in types.items():
        text = re.sub(_find(variable), TYPES[name], text)
        text = re.sub(rf"\b{variable}_ONE\b", _write_one(f"tensor<{TYPES[name]}>"), text)
    return text


def _write_type(text: str, types: Mapping[str, str]) -> str:
    """A type as MLIR writes it; ``2x3xT`` is a tensor, ``T`` one without dimensions."""
    if text.startswith(("!", "tuple")):
        return text
    for variable, name in types.items():
        text = re.sub(_find(variable), TYPES[name], text)
    return f"tensor<{text}>"


def _name(text: str) -> str | None:
    """The element type as the catalogue names it, nothing for what is no tensor."""
    if not text.startswith("tensor<"):
        return ""
    element = re.sub(r"^([0-9?]+x)+", "", text.removeprefix("tensor<").removesuffix(">"))
    quantised = _QUANTISED.match(element)
    return _NAMES.get(quantised[1] if quantised else element)


def _write_one(text: str) -> str:
    name = _name(text) or ""
    if name.startswith("c"):
        return "(1.0, 0.0)"
    if name == "i1":
        return "true"
    return "1.0" if name.startswith(("f", "b")) else "1"
