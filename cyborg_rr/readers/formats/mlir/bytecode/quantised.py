"""Quantised element types, of which the storage matters (mlir/Dialect/Quant, QuantDialectBytecode)."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.mlir.bytecode.builtin import element_name, scalar
from cyborg_rr.readers.formats.mlir.bytecode.entries import EntryCursor, Rules

_SIGNED = 1


def read_quantised(cursor: EntryCursor) -> TensorType:
    """Flags, then the type of storage; scales and zero points are passed over."""
    flags = cursor.number()
    name = element_name(cursor.type())
    cursor.pass_over()
    if name is not None and name.startswith("i") and not flags & _SIGNED:
        name = f"u{name[1:]}"
    return scalar(name)


def _read_calibrated(cursor: EntryCursor) -> TensorType:
    """A type that is still to be quantised."""
    name = element_name(cursor.type())
    cursor.pass_over()
    return scalar(name)


QUANT: Final = Rules(
    {}, {**dict.fromkeys((1, 2, 4, 5, 6), read_quantised), 3: _read_calibrated}
)
