"""Operations that take the elements that indices name; traffic is that of what is taken."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.axes import AXIS
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import reads_result, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import Contradiction, render_shape


def _gather(node: TypedNode) -> Sequence[TensorType]:
    shape, indices = node.shape(0), node.shape(1)
    if shape is None or indices is None:
        return (tensor(node.element_type(), None),)
    axis = node.axis(len(shape))
    return (tensor(node.element_type(), (*shape[:axis], *indices, *shape[axis + 1 :])),)


def _fold_gather(node: TypedNode) -> Value | None:
    """Take elements of a small vector."""
    value, positions = node.value(0), node.value(1)
    if value is None or positions is None or len(node.shape(0) or ()) != 1:
        return None
    result = []
    for position in positions:
        if isinstance(position, str) or not -len(value) <= position < len(value):
            return None
        result.append(value[int(position)])
    return tuple(result)


def _general_gather(node: TypedNode) -> Sequence[TensorType]:
    """StableHLO gather: slices of stated sizes stand at ``offset_dims``, the batch elsewhere."""
    indices, sizes = node.shape(1), node.dimensions("slice_sizes", 2)
    if indices is None or sizes is None:
        return (tensor(node.element_type(), None),)
    stated = node.find_integer("index_vector_dim")
    vector = len(indices) if stated is None else stated
    batch = tuple(size for axis, size in enumerate(indices) if axis != vector)
    dropped = (node.integers("collapsed_slice_dims") or ()) + (
        node.integers("operand_batching_dims") or ()
    )
    slices = [size for axis, size in enumerate(sizes) if axis not in dropped]
    offsets = node.integers("offset_dims") or ()
    rank = len(batch) + len(slices)
    if len(set(offsets)) != len(slices) or any(not 0 <= axis < rank for axis in offsets):
        raise Contradiction(f"{len(offsets)} offset dimensions do not fit the slices {sizes}")
    others = iter(batch)
    within = iter(slices)
    result = [next(within) if axis in offsets else next(others) for axis in range(rank)]
    return (tensor(node.element_type(), result),)


def _gather_elements(node: TypedNode) -> Sequence[TensorType]:
    return (tensor(node.element_type(), node.shape(1)),)


def _gather_nd(node: TypedNode) -> Sequence[TensorType]:
    shape, indices = node.shape(0), node.shape(1)
    if shape is None or not indices or not isinstance(indices[-1], int):
        return (tensor(node.element_type(), None),)
    batch = node.integer("batch_dims")
    taken = batch + indices[-1]
    if not 0 <= batch <= taken <= len(shape):
        raise Contradiction(f"indices of {indices[-1]} do not fit {render_shape(shape)}")
    return (tensor(node.element_type(), (*indices[:-1], *shape[taken:])),)


_INDICES = Operand("indices", "which elements")


def _places(name: str, meaning: str) -> Attribute:
    return Attribute(name, "integers", meaning, source=f"StableHLO gather `{name}`")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "gather",
        kind="movement",
        summary="The slices that indices name along a dimension: rows of a table.",
        operands=(DATA, _INDICES),
        attributes=(
            AXIS.having(default=0, source="ONNX Gather, StableHLO torch_index_select `dim`"),
        ),
        shape=_gather,
        cost=reads_result,
        fold=_fold_gather,
    ),
    Operation(
        "gather_elements",
        kind="movement",
        summary="An element for each index, the other coordinates those of the index.",
        operands=(DATA, _INDICES),
        attributes=(
            Attribute(
                "axis",
                "integer",
                "dimension that the indices count along",
                default=0,
                source="ONNX GatherElements",
                kept="the result has the shape of the indices, whichever dimension they count",
            ),
        ),
        shape=_gather_elements,
        cost=reads_result,
    ),
    Operation(
        "gather_nd",
        kind="movement",
        summary="The slices that tuples of indices name.",
        operands=(DATA, Operand("indices", "tuples of indices in the last dimension")),
        attributes=(
            Attribute(
                "batch_dims",
                "integer",
                "how many dimensions both have in common in front",
                default=0,
                source="ONNX GatherND",
            ),
        ),
        shape=_gather_nd,
        cost=reads_result,
    ),
    Operation(
        "general_gather",
        kind="movement",
        summary="Blocks of stated size from the places that index vectors name.",
        operands=(
            DATA,
            Operand("indices", "index vectors along one dimension"),
            Operand("slice_sizes", "sizes of a block", optional=True),
        ),
        attributes=(
            _places("offset_dims", "dimensions of the result that are those of a block"),
            _places("collapsed_slice_dims", "dimensions of a block that are left out"),
            _places("operand_batching_dims", "dimensions of the operand that go with the batch"),
            Attribute(
                "index_vector_dim",
                "integer",
                "dimension of the indices that holds the vectors; absent: behind the last",
                source="StableHLO gather `index_vector_dim`",
            ),
            Attribute(
                "slice_sizes",
                "integers",
                "sizes of a block; absent: the value of operand 2",
                source="StableHLO gather `slice_sizes`",
            ),
        ),
        shape=_general_gather,
        cost=reads_result,
    ),
)
