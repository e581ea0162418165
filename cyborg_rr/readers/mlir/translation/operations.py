"""The rule of each operation on tensors, by its dialect and name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.extensions import EXTENSIONS
from cyborg_rr.readers.mlir.translation.linalg import LINALG, NAMED
from cyborg_rr.readers.mlir.translation.native import NativeMlirNode, Rule, unknown
from cyborg_rr.readers.mlir.translation.scalars import SCALARS
from cyborg_rr.readers.mlir.translation.tensors import OTHERS, TENSORS
from cyborg_rr.readers.mlir.translation.tosa import TOSA
from cyborg_rr.readers.mlir.translation.triton import TRITON

_DIALECTS: Final[Mapping[str, Mapping[str, Rule]]] = {
    "arith": SCALARS, "complex": SCALARS, "index": SCALARS, "iree_linalg_ext": EXTENSIONS,
    "linalg": LINALG, "math": SCALARS, "tensor": TENSORS, "tm_tensor": EXTENSIONS, "tosa": TOSA,
    "triton_gpu": TRITON, "tt": TRITON, "ttg": TRITON,
    "ttng": TRITON,
}  # fmt: skip


def translate(node: NativeMlirNode) -> list[Step]:
    """The canonical form of an operation; ``unknown`` for one that no row covers."""
    return _find_rule(node.written.name)(node)


@lru_cache(maxsize=1024)
def _find_rule(written: str) -> Rule:
    dialect, _, name = written.partition(".")
    rule = _DIALECTS.get(dialect, {}).get(name)
    if rule is None and dialect == "linalg":
        rule = next((each for start, each in NAMED.items() if name.startswith(start)), None)
    return rule or OTHERS.get(written, unknown)
