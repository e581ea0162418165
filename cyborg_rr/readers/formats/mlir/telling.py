"""Whose a text of MLIR is: by the dialects of the operations at its beginning."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, Literal

from cyborg_rr.readers.reading.source import HEAD_BYTES, Source

Group = Literal["stablehlo", "mlir"]
"""Families that read modules: what StableHLO grew from and into, and dialects of tensors."""

_START: Final = re.compile(
    rb"(?:[ \t\r\n\xef\xbb\xbf]++|//[^\n]*+\n)*+"
    rb'(?:(?:builtin\.)?module\s*+(?:@|attributes\b|\{)|"builtin\.module"'
    rb"|\"?(?:func|tt)\.func\b|func\s++(?:private\s++|public\s++)?+@"
    rb"|[#!][A-Za-z_][A-Za-z0-9_.]*+\s*+=|ml_program\.global\b|util\.global\b|sdy\.mesh\b)"
)
_OPERATION: Final = re.compile(
    rb'(?:=|[\n{])[ \t\r\n]*+(?:"?([a-z_]+)\.[a-z_]|"([a-z_]+)\.[A-Z]|(onnx)\.[A-Z])'
)
_STABLEHLO: Final = frozenset({"stablehlo", "mhlo", "chlo", "vhlo"})
_TENSORS: Final = frozenset(
    {"tosa", "linalg", "torch", "onnx", "tt", "ttg", "triton_gpu", "tm_tensor", "iree_linalg_ext"}
)
_PLAIN: Final = frozenset({"arith", "math", "tensor", "scf", "complex", "index"})
"""Dialects that are read too, and make a module ours only where no other one is used."""

_NEUTRAL: Final = frozenset(
    {"func", "builtin", "sdy", "shape", "ml_program", "jax", "sym_name", "tf", "tf_saved_model"}
)


def find_group(source: Source) -> Group | None:
    """Which family reads a text of MLIR, that of most operations; None where none does.

    A module without any operation at its beginning is StableHLO's.
    """
    head = source.head
    if _START.match(head) is None or b"\0" in head[:4096]:
        return None
    counts = Counter(_list_dialects(head))
    ours = sum(counts[name] for name in _STABLEHLO)
    theirs = sum(counts[name] for name in _TENSORS)
    if ours or theirs:
        return "stablehlo" if ours >= theirs else "mlir"
    if counts:
        return "mlir" if counts.keys() <= _PLAIN else None
    if b"module" in head or b"func" in head or source.size_bytes > HEAD_BYTES:
        return "stablehlo"
    return None


def _list_dialects(head: bytes) -> list[str]:
    found = (next(filter(None, match.groups())) for match in _OPERATION.finditer(head))
    return [name for name in map(bytes.decode, found) if name not in _NEUTRAL]
