"""Operations that put elements in order."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.bounds import Bounded, bound_by
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.declaring.axes import AXIS
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import same_as_each, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import Contradiction, find_static


def _top_k(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    index_type = node.text("index_type")
    if shape is None:
        return (tensor(node.element_type(), None), tensor(index_type, None))
    counts = node.dimensions("k", 1)
    kept: Dimension = counts[0] if counts else "?"
    axis = node.axis(len(shape))
    size = shape[axis]
    if isinstance(kept, str):  # known only as it runs: no more than there are
        least = bound_by(kept, size)
        kept = Bounded(kept, least.most) if isinstance(least, Bounded) else kept
    if isinstance(kept, int) and isinstance(size, int) and kept > size:
        raise Contradiction(f"the {kept} largest of {size} are asked for")
    result = (*shape[:axis], kept, *shape[axis + 1 :])
    return (tensor(node.element_type(), result), tensor(index_type, result))


def _sort(node: TypedNode) -> Sequence[TensorType]:
    """As each operand; a result more is where the elements stood (PyTorch's sort)."""
    places = tensor("i64", node.shape())
    return [known if node.has(index) else places for index, known in enumerate(same_as_each(node))]


def _sort_cost(node: TypedNode) -> Cost:
    """Comparisons of a sort along one axis: n log2 n, the logarithm rounded up."""
    shape = find_static(node.shape()) or ()
    length = shape[node.axis(len(shape))] if shape else 1
    return Cost(0, node.elements() * (length - 1).bit_length())


def _search(node: TypedNode) -> Sequence[TensorType]:
    return (tensor(node.text("index_type"), node.shape(1)),)


def _search_cost(node: TypedNode) -> Cost:
    """Comparisons of a binary search in n places: log2 (n + 1), rounded up, for each value."""
    length = int((node.shape() or (0,))[-1])
    return Cost(0, node.elements(1) * length.bit_length())


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "search_sorted",
        kind="other",
        summary="Where values stand among numbers that are in order.",
        operands=(
            Operand("sorted", "the numbers, in order along the last dimension"),
            Operand("values", "what is looked for"),
        ),
        attributes=(
            Attribute(
                "index_type",
                "text",
                "element type of the positions",
                default="i64",
                source="torch.searchsorted",
            ),
        ),
        shape=_search,
        cost=_search_cost,
    ),
    Operation(
        "top_k",
        kind="other",
        summary="The largest elements along a dimension, and where they stood.",
        operands=(DATA, Operand("k", "how many, where no attribute says it", optional=True)),
        attributes=(
            Attribute(
                "k",
                "integer",
                "how many; absent: the value of operand 1",
                source="ONNX TopK before 10, CHLO top_k",
            ),
            AXIS.having(default=-1, source="ONNX TopK"),
            Attribute(
                "index_type",
                "text",
                "element type of the positions",
                default="i64",
                source="ONNX TopK (i64), CHLO top_k (i32)",
            ),
        ),
        shape=_top_k,
        cost=_sort_cost,
    ),
    Operation(
        "sort",
        kind="other",
        summary="Tensors put in one order along a dimension.",
        operands=(Operand("data", "tensors of one shape", variadic=True),),
        attributes=(AXIS.having(default=-1, source="StableHLO sort `dimension`"),),
        shape=_sort,
        cost=_sort_cost,
    ),
)
