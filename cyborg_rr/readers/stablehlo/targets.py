"""What single operations stand for that their names do not say: custom calls, and casts."""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.formats.mlir.structure import Operation

CAST: Final = "builtin.unrealized_conversion_cast"
"""Between values of VHLO and those of dialects that a portable artifact holds beside it."""


def find_target(operation: Operation) -> str:
    """What a custom call calls, empty where it does not say."""
    named = operation.symbols[0] if operation.symbols else None
    stated = named if named is not None else operation.attributes.get("call_target_name")
    return stated if isinstance(stated, str) else ""
