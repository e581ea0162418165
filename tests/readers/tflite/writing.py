"""Writes small TFLite files: the tables of schema.fbs as mappings from field number to value.

A value is a number with its letter of ``struct``, a text, bytes, a list of 32-bit numbers, a table
or a list of tables or texts. Parents stand before what they refer to, as offsets are unsigned.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

Fields = Mapping[int, Any]


class Longs(list[int]):
    """A vector of 64-bit numbers."""


FLOAT, INT32, INT64, BOOL, INT8, INT4 = 0, 2, 4, 6, 9, 17


def write(root: Fields, identifier: bytes = b"TFL3") -> bytes:
    """The file whose root table has these fields."""
    out = bytearray(4) + identifier
    struct.pack_into("<I", out, 0, _write_table(out, root, {}))
    return bytes(out)


def _write_table(out: bytearray, fields: Fields, kinds: dict[bytes, int]) -> int:
    """A table; those that have the same fields share the list of them, as writers do."""
    out += bytes(-len(out) % 8)
    count = max(fields, default=-1) + 1
    places = [8 + 8 * n if n in fields else 0 for n in range(count)]
    kind = struct.pack(f"<{2 + count}H", 4 + 2 * count, 8 + 8 * count, *places)
    vtable = kinds.setdefault(kind, len(out))
    if vtable == len(out):
        out += kind
    out += bytes(-len(out) % 8)
    start = len(out)
    out += struct.pack("<i", start - vtable) + bytes(4 + 8 * count)
    for number, value in fields.items():
        place = start + 8 + 8 * number
        if isinstance(value, tuple):
            struct.pack_into(f"<{value[0]}", out, place, value[1])
        else:
            target = _write_child(out, value, kinds)
            struct.pack_into("<I", out, place, target - place)
    return start


def _write_child(out: bytearray, value: Any, kinds: dict[bytes, int]) -> int:
    if isinstance(value, Mapping):
        return _write_table(out, value, kinds)
    out += bytes(-len(out) % 4)
    start = len(out)
    if isinstance(value, str | bytes):
        content = value.encode() if isinstance(value, str) else value
        out += struct.pack("<I", len(content)) + content + b"\0"
        return start
    if isinstance(value, Longs):
        out += bytes((len(out) + 4) % 8)
        start = len(out)
        out += struct.pack(f"<I{len(value)}q", len(value), *value)
        return start
    out += struct.pack("<I", len(value))
    if not value or isinstance(value[0], int):
        out += struct.pack(f"<{len(value)}i", *value)
        return start
    out += bytes(4 * len(value))
    for index, each in enumerate(value):
        place = start + 4 + 4 * index
        struct.pack_into("<I", out, place, _write_child(out, each, kinds) - place)
    return start


def tensor(
    name: str, shape: Sequence[int], element_type: int = FLOAT, buffer: int = 0, **more: Any
) -> Fields:
    """A tensor. ``signature`` gives its open sizes, ``fields`` whatever else."""
    fields: dict[int, Any] = {
        0: list(shape), 1: ("b", element_type), 2: ("I", buffer), 3: name, 8: ("?", True),
    }  # fmt: skip
    if "signature" in more:
        fields[7] = list(more["signature"])
    return {**fields, **more.get("fields", {})}


def operator(
    code: int,
    inputs: Sequence[int],
    outputs: Sequence[int],
    kind: int = 0,
    options: Fields | None = None,
    *,
    second: bool = False,
) -> Fields:
    """An operation: the place of its code, its operands and results, its options of a union."""
    fields: dict[int, Any] = {0: ("I", code), 1: list(inputs), 2: list(outputs)}
    if options is not None:
        field = 11 if second else 3
        fields |= {field: ("B", kind), field + 1: options}
    return fields


def subgraph(
    name: str,
    tensors: Sequence[Fields],
    inputs: Sequence[int],
    outputs: Sequence[int],
    operators: Sequence[Fields],
) -> Fields:
    """A subgraph."""
    return {0: list(tensors), 1: list(inputs), 2: list(outputs), 3: list(operators), 4: name}


def model(
    codes: Sequence[int | str],
    subgraphs: Sequence[Fields],
    buffers: Sequence[bytes] = (),
    **more: Any,
) -> Fields:
    """A model: codes by number or, of custom operations, by name; buffer 0 is empty."""
    return {
        0: ("I", more.get("version", 3)),
        1: [_code(code) for code in codes],
        2: list(subgraphs),
        3: "made by hand",
        4: [{}, *({0: data} for data in buffers)],
        **more.get("fields", {}),
    }


def _code(code: int | str) -> Fields:
    if isinstance(code, str):
        return {0: ("b", 32), 1: code, 3: ("i", 32)}
    return {0: ("b", min(code, 127)), 3: ("i", code)}
