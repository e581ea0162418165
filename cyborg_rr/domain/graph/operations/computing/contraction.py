"""Matrix products in their several spellings; one multiply-add per index combination."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import QUANTISATION
from cyborg_rr.domain.graph.operations.declaring.results import ELEMENT_TYPE, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import (
    Contradiction,
    broadcast,
    multiply,
    normalise_axes,
    unify,
    without,
)


def _sized(shape: Shape | None) -> tuple[int, ...]:
    """The sizes of a shape that is known to be static (cost rules)."""
    return tuple(d for d in shape or () if isinstance(d, int))


_LEFT_AXES = ("lhs_batching", "lhs_contracting")
_RIGHT_AXES = ("rhs_batching", "rhs_contracting")
_LEFT_TURNS = ("trans_batch_a", "trans_a")
_RIGHT_TURNS = ("trans_batch_b", "trans_b")


def _dot_axes(
    node: TypedNode, names: tuple[str, str], rank: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The batching and the contracting dimensions of one side."""
    batching = normalise_axes(node.integers(names[0]) or (), rank)
    contracting = normalise_axes(node.integers(names[1]) or (), rank)
    if not set(contracting).isdisjoint(batching):
        raise Contradiction(f"a dimension is in both {names[0]} and {names[1]}")
    return batching, contracting


def _dot_general(node: TypedNode) -> Sequence[TensorType]:
    left, right = node.shape(0), node.shape(1)
    element_type = node.result_type(node.element_type())
    if left is None or right is None:
        return (tensor(element_type, None),)
    left_batching, left_contracting = _dot_axes(node, _LEFT_AXES, len(left))
    right_batching, right_contracting = _dot_axes(node, _RIGHT_AXES, len(right))
    if len(left_batching) != len(right_batching) or len(left_contracting) != len(right_contracting):
        raise Contradiction("both sides need equally many batching and contracting dimensions")
    batch = [unify(left[a], right[b]) for a, b in zip(left_batching, right_batching, strict=True)]
    for a, b in zip(left_contracting, right_contracting, strict=True):
        unify(left[a], right[b])
    left_free = without(left, left_batching + left_contracting)
    right_free = without(right, right_batching + right_contracting)
    return (tensor(element_type, (*batch, *left_free, *right_free)),)


def _dot_general_cost(node: TypedNode) -> Cost:
    left = _sized(node.shape(0))
    _, contracting = _dot_axes(node, _LEFT_AXES, len(left))
    return Cost(node.result_elements() * math.prod(left[axis] for axis in contracting))


def _matmul_sides(node: TypedNode) -> tuple[Shape | None, Shape | None]:
    """The operands' shapes as numpy's matmul wants them.

    ``trans_batch_a`` says that the rows stand before the batch, and ``trans_a`` that rows and
    columns have changed places; ``trans_batch_b`` and ``trans_b`` likewise.
    """
    if not node.states_any:
        return node.shape(0), node.shape(1)
    sides: list[Shape | None] = []
    for index, (rows_first, turned) in enumerate((_LEFT_TURNS, _RIGHT_TURNS)):
        shape = node.shape(index)
        if shape is not None and len(shape) > 1:
            if node.flag(rows_first):
                shape = (*shape[1:-1], shape[0], shape[-1])
            if node.flag(turned):
                shape = (*shape[:-2], shape[-1], shape[-2])
        sides.append(shape)
    return sides[0], sides[1]


def _check_inner(node: TypedNode, left: Dimension, right: Dimension) -> None:
    """Both sides sum over equally many elements; a padded right side may have more."""
    if not node.flag("padded"):
        unify(left, right)
    elif isinstance(left, int) and isinstance(right, int) and right < left:
        raise Contradiction(f"{left} elements are summed, and the right side has {right}")


def _matmul(node: TypedNode) -> Sequence[TensorType]:
    left, right = _matmul_sides(node)
    element_type = node.result_type(node.element_type())
    if left is None or right is None:
        return (tensor(element_type, None),)
    if not left or not right:
        if node.flag("crossed"):
            return (tensor(element_type, left or right),)
        raise Contradiction("a scalar has no matrix product")
    rows: Shape = (left[-2],) if len(left) > 1 else ()
    columns: Shape = (right[-1],) if len(right) > 1 else ()
    _check_inner(node, left[-1], right[-2] if len(right) > 1 else right[0])
    if node.flag("crossed"):
        return (tensor(element_type, (*left[:-2], *rows, *right[:-2], *columns)),)
    batch = broadcast((left[:-2], right[:-2])) or ()
    return (tensor(element_type, (*batch, *rows, *columns)),)


def _matmul_cost(node: TypedNode) -> Cost:
    left, right = _matmul_sides(node)
    if not left or not right:  # a scalar, which only crossed products take
        return Cost(flops_other=node.result_elements())
    return Cost(node.result_elements() * _sized(left)[-1])


def _gemm_sides(node: TypedNode) -> tuple[Shape, Shape] | None:
    left, right = node.shape(0), node.shape(1)
    if left is None:
        return None
    if node.flag("units_flatten") and len(left) != 2:
        left = (left[0] if left else 1, multiply(left[1:]))
    elif node.flag("units_last") and left:
        left = (multiply(left[:-1]), left[-1])
    if right is None:
        return None
    if len(left) != 2 or len(right) != 2:
        raise Contradiction(f"matrices are needed, not ranks {len(left)} and {len(right)}")
    return (left[::-1] if node.flag("trans_a") else left), (
        right[::-1] if node.flag("trans_b") else right
    )


def _gemm(node: TypedNode) -> Sequence[TensorType]:
    element_type = node.result_type(node.element_type())
    sides = _gemm_sides(node)
    if sides is None:
        return (tensor(element_type, None),)
    (rows, inner), (also_inner, columns) = sides
    unify(inner, also_inner)
    if node.has(2) and node.shape(2) is not None:
        broadcast(((rows, columns), node.shape(2)))
    if node.flag("units_last"):
        return (tensor(element_type, (*(node.shape() or ())[:-1], columns)),)
    return (tensor(element_type, (rows, columns)),)


def _gemm_cost(node: TypedNode) -> Cost:
    sides = _gemm_sides(node)
    inner = sides[0][1] if sides else 0
    elements = node.result_elements()
    return Cost(elements * int(inner), elements if node.has(2) else 0)


def _gemm_complete(node: TypedNode) -> Mapping[int, TensorType]:
    """Weight and bias that the file leaves open follow from the attribute ``units``."""
    units, shape, element_type = node.integer("units"), node.shape(), node.element_type()
    if not units or not shape:
        return {}
    inner = shape[-1] if node.flag("units_last") else multiply(shape[1:])
    weight: Shape = (units, inner) if node.flag("trans_b") else (inner, units)
    return {1: tensor(element_type, weight), 2: tensor(element_type, (units,))}


def _matrix(node: TypedNode, index: int) -> Shape | None:
    """One matrix of those that rows choose from, inputs first; the last two dimensions."""
    shape = node.shape(index)
    if shape is None:
        return None
    if len(shape) < 2:
        raise Contradiction("rows are multiplied with matrices")
    return shape[-2:][::-1] if node.flag("trans_b") else shape[-2:]


def _indexed(node: TypedNode) -> Sequence[TensorType]:
    rows, indices, matrix = node.shape(0), node.shape(1), _matrix(node, 2)
    if rows is None or indices is None or matrix is None:
        return (tensor(node.element_type(), None),)
    if not rows:
        raise Contradiction("a scalar has no rows")
    unify(rows[-1], matrix[0])
    return (tensor(node.element_type(), (*(broadcast((rows[:-1], indices)) or ()), matrix[1])),)


def _indexed_cost(node: TypedNode) -> Cost:
    """Of the matrices no more are read than there are rows."""
    inner, outer = _sized(_matrix(node, 2))
    rows = node.result_elements() // max(outer, 1)
    if len(node.operands) > 3:
        read = dict.fromkeys(range(2 + rows, len(node.operands)), 0)
    else:
        count = math.prod(_sized(node.shape(2))[:-2])
        size = node.operand(2).byte_size or 0
        read = {2: size * min(count, rows) // max(count, 1)}
    return Cost(node.result_elements() * inner, read_bytes=read)


_WIDER = ELEMENT_TYPE.having(
    meaning="element type of the result where it is another than that of the operands"
)


def _axes_of(name: str, meaning: str, native: str) -> Attribute:
    return Attribute(name, "integers", meaning, source=f"StableHLO dot_general `{native}`")


def _transposing(name: str, side: str, source: str) -> Attribute:
    return Attribute(name, "flag", f"whether the {side} matrices are transposed", False, source)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "dot_general",
        kind="contraction",
        summary="Sums of products over any dimensions, batch after batch.",
        operands=(Operand("lhs", "the left tensor"), Operand("rhs", "the right tensor")),
        attributes=(
            _axes_of("lhs_batching", "batch dimensions of the left", "lhs_batching_dimensions"),
            _axes_of("rhs_batching", "batch dimensions of the right", "rhs_batching_dimensions"),
            _axes_of("lhs_contracting", "summed ones of the left", "lhs_contracting_dimensions"),
            _axes_of("rhs_contracting", "summed ones of the right", "rhs_contracting_dimensions"),
            _WIDER.having(source="StableHLO, the type of the result"),
        ),
        shape=_dot_general,
        cost=_dot_general_cost,
    ),
    Operation(
        "matmul",
        kind="contraction",
        summary="Matrix products by numpy's rule, their batches broadcast.",
        operands=(
            Operand("left", "matrices, or a vector"),
            Operand("right", "matrices, or a vector"),
            QUANTISATION,
        ),
        attributes=(
            _transposing("trans_a", "left", "ONNX Runtime FusedMatMul `transA`"),
            _transposing("trans_b", "right", "ONNX Runtime FusedMatMul `transB`"),
            Attribute(
                "trans_batch_a",
                "flag",
                "whether the rows of the left stand before its batch",
                default=False,
                source="ONNX Runtime FusedMatMul `transBatchA`",
            ),
            Attribute(
                "trans_batch_b",
                "flag",
                "whether the rows of the right stand before its batch",
                default=False,
                source="ONNX Runtime FusedMatMul `transBatchB`",
            ),
            Attribute(
                "padded",
                "flag",
                "whether the right matrices may be longer where it is summed: whole blocks",
                default=False,
                source="ONNX Runtime MatMulNBits (a `K` that is no multiple of `block_size`)",
            ),
            Attribute(
                "crossed",
                "flag",
                "whether each matrix of the left meets each of the right; a scalar scales",
                default=False,
                source="MXNet _np_dot (src/operator/numpy/np_dot.cc), as numpy.dot",
            ),
            _WIDER.having(source="ONNX MatMulInteger, QLinearMatMul (their results)"),
        ),
        shape=_matmul,
        cost=_matmul_cost,
    ),
    Operation(
        "indexed_matmul",
        kind="contraction",
        summary="Each row times the matrix that its index names: the experts of tokens.",
        operands=(
            Operand("rows", "the rows (..., K), broadcast to the indices"),
            Operand("indices", "which matrix each row is for"),
            Operand("matrices", "all of them (G, K, N), or each (K, N)", variadic=True),
        ),
        attributes=(
            Attribute(
                "trans_b",
                "flag",
                "whether the matrices are (N, K)",
                False,
                source="ggml mul_mat_id, torch.nn.Linear (always)",
            ),
        ),
        shape=_indexed,
        cost=_indexed_cost,
    ),
    Operation(
        "gemm",
        kind="contraction",
        summary="A matrix product and a bias.",
        operands=(
            Operand("left", "a matrix"),
            Operand("right", "a matrix, the weight"),
            Operand("bias", "what is added, broadcast", optional=True),
        ),
        attributes=(
            _transposing("trans_a", "left", "ONNX Gemm `transA`"),
            _transposing("trans_b", "right", "ONNX Gemm `transB`"),
            Attribute(
                "units",
                "integer",
                "columns of the result, by which a weight without a type gets one",
                default=0,
                source="NNVM dense `units`, MXNet FullyConnected `num_hidden`",
            ),
            Attribute(
                "units_flatten",
                "flag",
                "whether all dimensions but the first are taken together before",
                default=False,
                source="MXNet FullyConnected `flatten`",
            ),
            Attribute(
                "units_last",
                "flag",
                "whether rows may have any number of dimensions, as the result then has",
                default=False,
                source="MXNet FullyConnected `flatten` (false)",
            ),
            _WIDER.having(source="ONNX Runtime QGemm"),
        ),
        shape=_gemm,
        cost=_gemm_cost,
        complete=_gemm_complete,
    ),
)
