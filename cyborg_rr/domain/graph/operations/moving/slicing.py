"""Operations that take or write a block of a tensor; traffic is that of the block."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.bounds import Bounded, bound, bound_by, find_largest
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.declaring.axes import AXES, AXIS
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import reads_result, same_as_first, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import Contradiction, find_static, normalise_axes


def _sliced_axes(node: TypedNode, rank: int, count: int) -> tuple[int, ...] | None:
    axes = node.integers("axes", 3)
    if axes is None:
        if node.states("axes") or node.has(3):
            return None
        axes = tuple(range(count))
    return normalise_axes(axes, rank)


def _slice_length(size: Dimension, start: Dimension, end: Dimension, step: int) -> Dimension:
    """Elements from start to end by step, with the clamping of numpy."""
    if step == 0:
        raise Contradiction("a slice has step 0")
    if isinstance(size, int) and isinstance(start, int) and isinstance(end, int):
        stop = None if step < 0 and end < -size else end
        return len(range(*slice(start, stop, step).indices(size)))
    if start == 0 and step == 1 and (end == size or (isinstance(end, int) and end >= 2**31 - 1)):
        return size
    return _bound_length(size, start, end, step)


def _bound_length(size: Dimension, start: Dimension, end: Dimension, step: int) -> Dimension:
    """No more elements than there are, nor than lie between two places counted alike."""
    known = [most for most in (find_largest(size),) if most is not None]
    if isinstance(start, int) and isinstance(end, int) and (start < 0) == (end < 0):
        known.append(max(end - start, 0) if step > 0 else max(start - end, 0))
    return bound(-(-min(known) // abs(step)) if known else None)


def _slice(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape is None:
        return (tensor(node.element_type(), None),)
    starts, ends = node.dimensions("starts", 1), node.dimensions("ends", 2)
    steps = node.integers("steps", 4)
    if starts is None or ends is None:
        axes = node.integers("axes", 3)
        touched = range(len(shape)) if axes is None else normalise_axes(axes, len(shape))
        unknown = [bound_by(size) if axis in touched else size for axis, size in enumerate(shape)]
        return (tensor(node.element_type(), unknown),)
    sliced = _sliced_axes(node, len(shape), len(starts))
    if sliced is None:
        return (tensor(node.element_type(), [bound_by(size) for size in shape]),)
    if steps is None:
        if node.states("steps") or node.has(4):
            return (tensor(node.element_type(), [bound_by(size) for size in shape]),)
        steps = (1,) * len(starts)
    result = list(shape)
    for axis, start, end, step in zip(sliced, starts, ends, steps, strict=True):
        result[axis] = _slice_length(shape[axis], start, end, step)
    return (tensor(node.element_type(), result),)


def _fold_slice(node: TypedNode) -> Value | None:
    """Slice a small tensor."""
    value, shape = node.value(0), find_static(node.shape())
    starts, ends = node.integers("starts", 1), node.integers("ends", 2)
    if value is None or shape is None or starts is None or ends is None:
        return None
    axes, steps = _sliced_axes(node, len(shape), len(starts)), node.integers("steps", 4)
    if axes is None or (steps is None and (node.has(4) or node.states("steps"))):
        return None
    if not value:
        return value  # at once, for the sizes beside a 0 may be any
    kept = [range(size) for size in shape]
    for axis, start, end, step in zip(axes, starts, ends, steps or (1,) * len(starts), strict=True):
        stop = None if step < 0 and end < -shape[axis] else end
        kept[axis] = range(*slice(start, stop, step).indices(shape[axis]))
    positions = [0]
    for size, places in zip(shape, kept, strict=True):
        positions = [position * size + place for position in positions for place in places]
    return tuple(value[position] for position in positions)


def _dynamic_slice(node: TypedNode) -> Sequence[TensorType]:
    shape, sizes = node.shape(), node.integers("slice_sizes")
    if shape is not None and sizes is not None:
        if len(sizes) != len(shape):
            raise Contradiction(f"{len(sizes)} slice sizes do not fit rank {len(shape)}")
        for size, whole in zip(sizes, shape, strict=True):
            if isinstance(whole, int) and size > whole:
                raise Contradiction(f"a slice of {size} does not fit into {whole}")
    return (tensor(node.element_type(), sizes),)


def _update_in_place(node: TypedNode) -> Cost:
    """Only the updated part is written; the rest of operand 0 stays where it is."""
    size = node.operand(1).byte_size or 0
    return Cost(read_bytes={0: 0}, written_bytes=size)


def _split(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    count = node.output_count
    if shape is None:
        return [tensor(node.element_type(), None)] * count
    axis = node.axis(len(shape))
    sizes = node.dimensions("split", 1)
    size = shape[axis]
    if sizes is None and (node.states("split") or node.has(1)):
        sizes = (bound_by(size),) * count
    elif sizes is None:
        parts = node.find_integer("num_outputs")
        sizes = _even_parts(size, count if parts is None else parts)
    if len(sizes) != count:
        raise Contradiction(f"{len(sizes)} sizes do not fit {count} outputs")
    if isinstance(size, int) and all(isinstance(s, int) for s in sizes):
        total = sum(s for s in sizes if isinstance(s, int))
        if total != size:
            raise Contradiction(f"parts of {total} elements do not make up {size}")
    return [tensor(node.element_type(), (*shape[:axis], s, *shape[axis + 1 :])) for s in sizes]


def _fold_split(node: TypedNode) -> Value | None:
    """The parts of a vector follow one another: all its elements, result by result."""
    return node.value(0) if len(node.shape() or ()) == 1 else None


def _even_parts(size: Dimension, count: int) -> tuple[Dimension, ...]:
    """Equal parts, the last one smaller when the size is not divisible."""
    if count < 1:
        return ()
    if isinstance(size, str):
        return (bound(-(-size.most // count) if isinstance(size, Bounded) else None),) * count
    each = -(-size // count)
    last = size - each * (count - 1)
    if last < 0:
        raise Contradiction(f"size {size} cannot be split into {count} parts")
    return (*(each,) * (count - 1), last)


_START = Operand("starts", "where the block begins, a number for each dimension", variadic=True)


def _bounds(name: str, meaning: str, place: int, source: str) -> Attribute:
    return Attribute(
        name, "integers", f"{meaning}; absent: the value of operand {place}", source=source
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "slice",
        kind="movement",
        summary="Elements from a start to an end by a step, with the clamping of numpy.",
        operands=(
            DATA,
            Operand("starts", "first ones", optional=True),
            Operand("ends", "first ones no longer taken", optional=True),
            Operand("axes", "dimensions; absent: the first ones", optional=True),
            Operand("steps", "steps; absent: 1", optional=True),
        ),
        attributes=(
            _bounds("starts", "first ones", 1, "ONNX Slice before 10, StableHLO `start_indices`"),
            _bounds("ends", "first ones no longer taken", 2,
                    "ONNX Slice before 10, StableHLO `limit_indices`"),
            AXES.having(
                meaning="dimensions; absent: the value of operand 3, or the first ones",
                source="ONNX Slice before 10",
            ),
            _bounds("steps", "steps", 4, "StableHLO slice `strides`"),
        ),
        shape=_slice,
        cost=reads_result,
        fold=_fold_slice,
    ),
    Operation(
        "dynamic_slice",
        kind="movement",
        summary="A block of stated size that begins where operands say.",
        operands=(DATA, _START),
        attributes=(
            Attribute(
                "slice_sizes", "integers", "sizes of the block", source="StableHLO dynamic_slice"
            ),
        ),
        shape=_dynamic_slice,
        cost=reads_result,
    ),
    Operation(
        "dynamic_update_slice",
        kind="movement",
        summary="A tensor of which a block is written anew, in place.",
        operands=(DATA, Operand("update", "the block"), _START),
        shape=same_as_first,
        cost=_update_in_place,
        updates={0: 0},
    ),
    Operation(
        "split",
        kind="movement",
        summary="The tensor in parts along a dimension.",
        operands=(DATA, Operand("split", "size of each part", optional=True)),
        attributes=(
            AXIS.having(default=0, source="ONNX Split"),
            Attribute(
                "split",
                "integers",
                "size of each part; absent: the value of operand 1, or equal ones",
                source="ONNX Split before 13",
            ),
            Attribute(
                "num_outputs",
                "integer",
                "how many parts; absent: as many as the node has results",
                source="ONNX Split",
            ),
        ),
        shape=_split,
        fold=_fold_split,
    ),
    Operation(
        "trilu",
        kind="movement",
        summary="The upper or lower triangle of matrices, 0 elsewhere.",
        operands=(DATA, Operand("diagonal", "which diagonal bounds it", optional=True)),
        shape=same_as_first,
    ),
)  # fmt: skip
