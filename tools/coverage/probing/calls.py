"""Calls of an operation, one right by its schema and others that differ from it in one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

_OPERAND = re.compile(r"([0-9x]*)(?:=([^?]*))?(\?)?")
_FILES = {"": "specimens.yaml", "com.microsoft": "specimens-microsoft.yaml"}


@dataclass(frozen=True)
class Operand:
    """One operand; it is left out where ``shape`` is None, stored where it has ``values``."""

    shape: tuple[int, ...] | None
    values: tuple[float, ...] | None = None
    is_stored: bool = False

    def store(self, *, stored: bool) -> Operand:
        """The operand as a part of the file, or given when the model runs."""
        return replace(self, is_stored=stored)


@dataclass(frozen=True)
class Call:
    """A node with its operands; ``change`` says in what it differs from the first of its kind."""

    operands: tuple[Operand, ...]
    attributes: Mapping[str, Any]
    outputs: int
    change: tuple[Any, ...] = ()
    value: tuple[int, ...] | None = None
    graphs: str = ""
    kind: str = "tensor"


@dataclass(frozen=True)
class Specimen:
    """The calls of one entry, first the one that the others are held against."""

    calls: tuple[Call, ...]
    type_attributes: Mapping[str, str]
    types: Mapping[str, str]
    stored: tuple[int, ...] = ()
    since: int = 1
    ties: Mapping[str, str] = field(default_factory=dict)


def load_specimens(domain: str) -> dict[str, list[Specimen]]:
    """The specimens of each operation of a set, from the earliest version on."""
    file = Path(__file__).with_name(_FILES[domain])
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {
        name: [_read(each) for each in (entry if isinstance(entry, list) else [entry])]
        for name, entry in written.items()
    }


def _read(entry: dict[str, Any]) -> Specimen:
    first, optional = _read_call(entry, entry)
    return Specimen(
        (first, *_list_others(entry, first, optional)),
        entry.get("dtype", {}),
        entry.get("types", {}),
        tuple(entry.get("stored", ())),
        entry.get("since", 1),
        entry.get("tie", {}),
    )


def _read_call(entry: dict[str, Any], over: dict[str, Any]) -> tuple[Call, dict[int, Operand]]:
    """The call, and the operands that it leaves out and that are tried."""
    operands, optional = [], {}
    for place, text in enumerate(over.get("in", entry.get("in", []))):
        operand, is_optional = _read_operand(str(text))
        if is_optional:
            optional[place] = operand
            operand = Operand(None)
        operands.append(operand)
    attributes = {**entry.get("attr", {}), **(over.get("attr", {}) if over is not entry else {})}
    value = entry.get("value")
    call = Call(
        tuple(operands),
        {name: each for name, each in attributes.items() if each is not None},
        over.get("out", entry.get("out", 1)),
        value=tuple(value) if value is not None and not over.get("attr") else None,
        graphs=entry.get("graphs", ""),
        kind=entry.get("kind", "tensor"),
    )
    return call, optional


def _read_operand(text: str) -> tuple[Operand, bool]:
    if text == "-":
        return Operand(None), False
    found = _OPERAND.fullmatch(text)
    if found is None:
        raise SystemExit(f"no operand: {text!r}")
    dimensions, values, optional = found.groups()
    shape = tuple(int(each) for each in dimensions.split("x")) if dimensions else ()
    if values is None:
        return Operand(shape), bool(optional)
    numbers = tuple(float(each) for each in values.split(",")) if values else ()
    if not dimensions and len(numbers) > 1:
        shape = (len(numbers),)
    return Operand(shape, numbers, is_stored=True), bool(optional)


def _list_others(
    entry: dict[str, Any], first: Call, optional: Mapping[int, Operand]
) -> Iterator[Call]:
    for place, operand in optional.items():
        operands = list(first.operands)
        operands[place] = operand
        yield replace(first, operands=tuple(operands), change=("present", place))
    for name, values in entry.get("vary", {}).items():
        for value in values:
            attributes = {**first.attributes, name: value}
            yield replace(first, attributes=attributes, change=("attribute", name))
    for index, over in enumerate(entry.get("also", [])):
        yield replace(_read_call(entry, over)[0], change=("also", index))
