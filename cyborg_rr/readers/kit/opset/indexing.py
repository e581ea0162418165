"""Rules for operations that take, place, search or make elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.opset.native import OpsetNode, Rule, first, needing, unknown
from cyborg_rr.readers.kit.steps import Step

_REDUCTIONS: Final = {"sum": "add", "prod": "mul", "min": "min", "max": "max"}


def _find_axis(node: OpsetNode) -> int | None:
    """A dimension whose replacement by the indices makes the stated result."""
    data, indices, result = node.shape(0), node.shape(1), node.result().shape
    if data is None or indices is None or result is None:
        return None
    fitting = (a for a in range(len(data)) if (*data[:a], *indices, *data[a + 1 :]) == result)
    return next(fitting, None)


def gather(node: OpsetNode) -> list[Step]:
    """Gather(data, indices, axis), perhaps batch by batch."""
    axis = node.one(2) if node.has_input(2) else node.integer("axis", default=0)
    axis = _find_axis(node) if axis is None else axis
    batch, rank, indices = node.integer("batch_dims", default=0), node.rank(0), node.rank(1)
    if axis is None:
        return unknown(node)
    if batch == 0 or indices is None or rank is None:
        return [node.step("gather", node.inputs[:2], axis=axis)]
    batch += indices if batch < 0 else 0
    axis += rank if axis < 0 else 0
    data = node.static(0)
    if data is None or not 0 <= batch <= min(axis, indices):
        return unknown(node)
    sizes = tuple(1 if place < batch or place == axis else size for place, size in enumerate(data))
    offsets = (*range(batch, axis), *range(axis + indices - batch, rank + indices - batch - 1))
    return [
        node.step(
            "general_gather", node.inputs[:2], offset_dims=offsets, collapsed_slice_dims=(axis,),
            operand_batching_dims=tuple(range(batch)), index_vector_dim=indices,
            slice_sizes=sizes,
        )
    ]  # fmt: skip


def gather_elements(node: OpsetNode) -> list[Step]:
    """GatherElements."""
    return [node.step("gather_elements", node.inputs[:2], axis=node.integer("axis", default=0))]


def gather_nd(node: OpsetNode) -> list[Step]:
    """GatherND: until version 8 the batch was one dimension of the result."""
    batch = node.integer("batch_dims", default=0)
    if batch < 2 or node.version >= 8:
        return [node.step("gather_nd", node.inputs[:2], batch_dims=batch)]
    taken = node.fresh("taken")
    return [
        node.step("gather_nd", node.inputs[:2], (taken,), node.stated(taken), batch_dims=batch),
        Step("reshape", (taken,), node.outputs[:1], {"shape": _joined(node, batch)})
        if _joined(node, batch)
        else Step("reshape", (taken,), node.outputs[:1], {}),
    ]


def _joined(node: OpsetNode, batch: int) -> tuple[int, ...]:
    return find_static(node.result().shape) or ()


def scatter_elements(node: OpsetNode) -> list[Step]:
    """ScatterElementsUpdate(data, indices, updates, axis)."""
    axis = node.one(3)
    if axis is None:
        return [node.step("scatter", node.inputs[:3])]
    how = _REDUCTIONS.get(node.text("reduction"))
    return [node.step("scatter_elements", node.inputs[:3], axis=axis, reduction=how)]


def scatter_nd(node: OpsetNode) -> list[Step]:
    """ScatterNDUpdate(data, indices, updates)."""
    how = _REDUCTIONS.get(node.text("reduction"))
    return [node.step("scatter_nd", node.inputs[:3], reduction=how)]


def slice_scatter(node: OpsetNode) -> list[Step]:
    """SliceScatter(data, updates, begins, ...)."""
    return [node.step("dynamic_update_slice", node.inputs[:2])]


def shape_of(node: OpsetNode) -> list[Step]:
    """ShapeOf."""
    kind = node.typed("output_type", default="i64") or "i64"
    stated = {node.output(0): TensorType(kind, None)}
    return [node.step("shape_of", node.inputs[:1], None, stated)]


def range_(node: OpsetNode) -> list[Step]:
    """Range(start, stop, step): of a stated type from version 4 on."""
    kind = node.typed("output_type")
    stated = {} if kind is None else {node.output(0): TensorType(kind, None)}
    return [node.step("range", node.inputs[:3], None, stated)]


def one_hot(node: OpsetNode) -> list[Step]:
    """OneHot(indices, depth, on, off)."""
    axis = node.integer("axis", default=-1)
    return [node.step("one_hot", node.inputs[:3], axis=axis)]


def random(node: OpsetNode) -> list[Step]:
    """RandomUniform(shape, least, most)."""
    shape = node.whole(0) or find_static(node.result().shape)
    kind = node.typed("output_type") or node.result().element_type
    if shape is None or kind is None:
        return unknown(node)
    return [node.step("random", (), shape=shape, element_type=kind)]


def non_zero(node: OpsetNode) -> list[Step]:
    """NonZero."""
    return [node.step("non_zero", node.inputs[:1])]


def suppress(node: OpsetNode) -> list[Step]:
    """NonMaxSuppression(boxes, scores, largest, overlap, lowest): places, scores and a count.

    The boxes that stay are at most as many as are asked for of each batch and class.
    """
    inputs = tuple(node.input(index) for index in range(min(5, len(node.inputs))))
    return [node.step("non_max_suppression", inputs)]


def prior_boxes(node: OpsetNode) -> list[Step]:
    """PriorBox, PriorBoxClustered: what follows from sizes alone, and is made once."""
    shape = find_static(node.result().shape)
    if shape is None:
        return unknown(node)
    kind, held = node.result().element_type or "f32", node.constant(shape, "i64")
    return [node.step("constant_of_shape", (held,), element_type=kind)]


def reorganise(node: OpsetNode) -> list[Step]:
    """ReorgYolo: blocks of places become channels."""
    size = node.integer("stride", default=1)
    return [node.step("space_to_depth", node.inputs[:1], blocksize=size)]


def unique(node: OpsetNode) -> list[Step]:
    """Unique(data, axis)."""
    axis = node.one(1) if node.has_input(1) else None
    if axis is None and node.has_input(1):
        return unknown(node)
    return [node.step("unique", node.inputs[:1], axis=axis)]


RULES: Final[Mapping[str, Rule]] = {
    "Gather": needing(2, gather),
    "GatherElements": needing(2, gather_elements),
    "GatherND": needing(2, gather_nd),
    "ScatterUpdate": first("scatter", 3),
    "ScatterElementsUpdate": needing(3, scatter_elements),
    "ScatterNDUpdate": needing(3, scatter_nd),
    "SliceScatter": needing(2, slice_scatter),
    "ShapeOf": needing(1, shape_of),
    "Range": needing(3, range_),
    "OneHot": needing(4, one_hot),
    "RandomUniform": needing(1, random),
    "NonZero": needing(1, non_zero),
    "NonMaxSuppression": needing(2, suppress),
    "Unique": needing(1, unique),
    "PriorBox": needing(1, prior_boxes),
    "PriorBoxClustered": needing(1, prior_boxes),
    "ReorgYolo": needing(1, reorganise),
}
