"""MLIR modules of one operation each, from their specimens, in all element types."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from lowering.bodies import find_element, write_body, write_value

TYPES: Mapping[str, str] = {
    "f32": "f32", "f16": "f16", "bf16": "bf16", "f64": "f64", "i64": "i64", "i32": "i32",
    "i16": "i16", "i8": "i8", "i4": "i4", "i2": "i2", "i1": "i1", "u64": "ui64", "u32": "ui32",
    "u16": "ui16", "u8": "ui8", "u4": "ui4", "u2": "ui2", "c64": "complex<f32>",
    "c128": "complex<f64>", "f8E4M3FN": "f8E4M3FN", "f8E5M2": "f8E5M2",
    "f8E4M3FNUZ": "f8E4M3FNUZ", "f8E5M2FNUZ": "f8E5M2FNUZ", "f8E4M3B11FNUZ": "f8E4M3B11FNUZ",
    "f8E4M3": "f8E4M3", "f8E3M4": "f8E3M4", "f8E8M0FNU": "f8E8M0FNU", "f4E2M1FN": "f4E2M1FN",
}  # fmt: skip
"""Element types as the catalogue names them, and as MLIR writes them."""

_NAMES = {text: name for name, text in TYPES.items()}
_CLASSES: Mapping[str, tuple[str, ...]] = {
    "any": tuple(TYPES),
    "float": tuple(name for name in TYPES if name.startswith(("f", "bf"))),
    "integer": tuple(name for name in TYPES if name[0] in "iu"),
    "signed": tuple(name for name in TYPES if name[0] == "i"),
    "complex": ("c64", "c128"),
    "part": ("f32", "f64"),
    "wide": ("f32", "i32"),
    "index": ("i64", "i32", "i16", "i8", "u64", "u32", "u8"),
}
"""Kinds of element types, as operations of the specification allow them."""

_PARAMETER = re.compile(r"(?<![A-Za-wyz_])([TU])(?![A-Za-z_])")


@dataclass(frozen=True)
class Way:
    """One way of calling an operation.

    ``where`` are conditions of a table that hold of it, ``unless`` one that holds of all other
    calls, for a table that has to tell this one from them.
    """

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: str = ""
    bodies: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    unless: tuple[Any, ...] = ()
    where: tuple[Any, ...] = ()
    raw: str = ""

    @property
    def parameters(self) -> list[str]:
        """The element types that can be chosen."""
        text = " ".join((*self.inputs, *self.outputs))
        return sorted({found[1] for found in _PARAMETER.finditer(text)})

    def list_types(self) -> Iterator[dict[str, str]]:
        """All choices of them."""
        names = self.parameters
        kinds = [_CLASSES[self.types.get(name, "any")] for name in names]
        for chosen in itertools.product(*kinds):
            yield dict(zip(names, chosen, strict=True))

    def fit(self, types: Mapping[str, str]) -> dict[str, str] | None:
        """Those of the element types that it depends on; None where it does not allow them."""
        own = {name: types[name] for name in self.parameters}
        return own if own in list(self.list_types()) else None

    def name_types(self, places: Sequence[str], types: Mapping[str, str]) -> list[str]:
        """The element type of each operand, as the catalogue names it; empty where it does not."""
        elements = [find_element(_write_type(each, types)) for each in places]
        return [_NAMES.get(element, "") for element in elements]


def load_ways(file: Path) -> dict[str, list[list[Way]]]:
    """By operation its specimens, each with the other ways that are held against it behind it."""
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    found = {}
    for name, entry in written.items():
        if "." in name:
            entries = entry if isinstance(entry, list) else [entry]
            found[name] = [list(_read(name, each)) for each in entries]
    return found


def _read(name: str, entry: Mapping[str, Any]) -> Iterator[Way]:
    yield _read_way(name, entry)
    for other in entry.get("vary", ()):
        yield _read_way(name, {**entry, **other})


def _read_way(name: str, entry: Mapping[str, Any]) -> Way:
    return Way(
        name,
        tuple(map(str, entry.get("in", ()))),
        tuple(map(str, entry.get("out", ()))),
        entry.get("attr", ""),
        tuple(entry.get("body", ())),
        entry.get("types", {}),
        tuple(entry.get("unless", ())),
        tuple(entry.get("where", ())),
        entry.get("raw", ""),
    )


def write_module(way: Way, types: Mapping[str, str]) -> str:
    """The text of a function that calls the operation once."""
    if way.raw:
        return way.raw
    inputs = [_write_type(each.removeprefix("const "), types) for each in way.inputs]
    outputs = [_write_type(each, types) for each in way.outputs]
    arguments, lines, operands = [], [], []
    for place, (text, given) in enumerate(zip(inputs, way.inputs, strict=True)):
        operands.append(f"%a{place}")
        if given.startswith("const "):
            lines.append(f"  %a{place} = stablehlo.constant {write_value(text)} : {text}")
        else:
            arguments.append(f"%a{place}: {text}")
    results = [f"%r{place}" for place in range(len(outputs))]
    attributes = f" <{{{_put_types(way.attributes, types)}}}>" if way.attributes else ""
    bodies = ", ".join(write_body(body, inputs, outputs) for body in way.bodies)
    begin = f"{', '.join(results)} = " if results else ""
    lines.append(
        f'  {begin}"{way.operation}"({", ".join(operands)}){attributes}'
        + (f" ({bodies})" if bodies else "")
        + f" : ({', '.join(inputs)}) -> ({', '.join(outputs)})"
    )
    lines.append(
        f"  func.return {', '.join(results)} : {', '.join(outputs)}" if results else "  func.return"
    )
    return f"func.func @main({', '.join(arguments)}) -> ({', '.join(outputs)}) {{\n" + "\n".join(
        [*lines, "}\n"]
    )


def _write_type(text: str, types: Mapping[str, str]) -> str:
    """A tensor; one of no dimensions begins with x."""
    whole = _put_types(text.removeprefix("const "), types).removeprefix("x")
    return f"tensor<{whole}>"


def _put_types(text: str, types: Mapping[str, str]) -> str:
    return _PARAMETER.sub(lambda found: TYPES[types[found[1]]], text)
