"""Operations that torch-mlir and IREE put beside linalg, as canonical ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.generic import COMBINED
from cyborg_rr.readers.mlir.translation.native import NativeMlirNode, Rule, unknown

_RANKS: Final = (3, 4)


def _attention(node: NativeMlirNode) -> list[Step]:
    """attention(query, key, value, and perhaps a mask) of any batch and heads."""
    rank = node.rank(0)
    operands = [name for place, name in enumerate(node.inputs) if node.rank(place)]
    if rank not in _RANKS or len(operands) not in (3, 4) or node.has("indexing_maps"):
        return unknown(node)
    causal = node.attribute("is_causal") is True
    if rank == 4:
        return [node.step("attention", tuple(operands), is_causal=causal)]
    wide = [node.fresh(word) for word in ("query", "key", "value", "mask")[: len(operands)]]
    steps = [
        node.step("unsqueeze", (name,), (each,), axes=(1,))
        for name, each in zip(operands, wide, strict=True)
    ]
    found = node.fresh("heads")
    return [
        *steps,
        node.step("attention", tuple(wide), (found,), is_causal=causal),
        node.step("squeeze", (found,), axes=(1,)),
    ]


def _top_k(node: NativeMlirNode) -> list[Step]:
    """topk along a dimension; how many is the size of the results."""
    axis = node.integer("dimension", default=_find_axis(node))
    shape = node.result.shape
    if shape is None or len(node.outputs) != 2 or not -len(shape) <= axis < len(shape):
        return unknown(node)
    count = shape[axis]
    if not isinstance(count, int):
        return unknown(node)
    place = node.result_types[1].element_type if len(node.result_types) > 1 else None
    return [node.step("top_k", node.inputs[:1], k=count, axis=axis, index_type=place)]


def _sort(node: NativeMlirNode) -> list[Step]:
    sources = node.inputs or node.inits
    return [node.step("sort", sources, axis=node.integer("dimension", default=-1))]


def _scan(node: NativeMlirNode) -> list[Step]:
    """scan: every partial sum or product along a dimension, and the last one apart."""
    regions = node.written.regions
    names = [each.name.rpartition(".")[2] for each in regions[0][0].operations] if regions else []
    functions = [COMBINED[name] for name in names if name in COMBINED]
    if len(node.outputs) != 2 or len(node.inputs) != 1 or functions not in (["sum"], ["prod"]):
        return unknown(node)
    axis, rank = node.integer("dimension", default=_find_axis(node)), node.rank(0)
    if rank is None or not 0 <= axis < rank:
        return unknown(node)
    place = node.constant((axis,), TensorType("i64", ()))
    return [
        node.step("reduce", node.inputs, node.outputs[1:], function=functions[0], axes=(axis,)),
        node.step("cumulative", (node.input(0), place), node.outputs[:1], function=functions[0]),
    ]


def _find_axis(node: NativeMlirNode) -> int:
    """``dimension(1)`` in the pretty form."""
    return next((number for number in node.written.numbers if isinstance(number, int)), -1)


EXTENSIONS: Final[Mapping[str, Rule]] = {
    "attention": _attention, "scan": _scan, "sort": _sort, "topk": _top_k,
}  # fmt: skip
"""Operations of tm_tensor and iree_linalg_ext by their names without the dialect's."""
