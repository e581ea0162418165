"""What single operations stand for that their names do not say: custom calls, and casts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cyborg_rr.readers.dialects.mlir.calls import list_operations
from cyborg_rr.readers.formats.mlir.structure import Function, Operation

CAST: Final = "builtin.unrealized_conversion_cast"
"""Between values of VHLO and those of dialects that a portable artifact holds beside it."""


_CUSTOM: Final = frozenset({"stablehlo.custom_call", "mhlo.custom_call"})


def list_assertions(entry: Function) -> Iterator[Operation]:
    """The checks of shapes that an exporter wrote into a function."""
    for operation in list_operations(entry.body or []):
        if operation.name in _CUSTOM and find_target(operation) == "shape_assertion":
            yield operation


def find_target(operation: Operation) -> str:
    """What a custom call calls, empty where it does not say."""
    named = operation.symbols[0] if operation.symbols else None
    stated = named if named is not None else operation.attributes.get("call_target_name")
    return stated if isinstance(stated, str) else ""
