"""What custom calls call: the name behind them in text, an attribute in the generic form."""

from __future__ import annotations

from cyborg_rr.readers.formats.mlir.structure import Operation


def find_target(operation: Operation) -> str:
    """What a custom call calls, empty where it does not say."""
    named = operation.symbols[0] if operation.symbols else None
    stated = named if named is not None else operation.attributes.get("call_target_name")
    return stated if isinstance(stated, str) else ""
