"""Operations that take or write parts of a tensor; traffic is that of the parts."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.operation import (
    Call,
    Cost,
    Operation,
    Value,
    no_cost,
    same_as_first,
    tensor,
)
from cyborg_rr.domain.graph.shapes import (
    ANY,
    Contradiction,
    find_static,
    normalise_axes,
    normalise_axis,
    render_shape,
)


def _reads_result(call: Call) -> Cost:
    """Of operand 0 only what the result shows is read."""
    size = sum(result.byte_size or 0 for result in call.results)
    return Cost(read_bytes={0: min(size, call.operand(0).byte_size or 0)})


def _sliced_axes(call: Call, rank: int, count: int) -> tuple[int, ...] | None:
    axes = call.integers("axes", 3)
    if axes is None:
        if "axes" in call.attributes or call.has(3):
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
    return ANY


def _slice(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    if shape is None:
        return (tensor(call.element_type(), None),)
    starts, ends = call.dimensions("starts", 1), call.dimensions("ends", 2)
    steps = call.integers("steps", 4)
    if starts is None or ends is None:
        axes = call.integers("axes", 3)
        touched = range(len(shape)) if axes is None else normalise_axes(axes, len(shape))
        unknown = [ANY if axis in touched else size for axis, size in enumerate(shape)]
        return (tensor(call.element_type(), unknown),)
    sliced = _sliced_axes(call, len(shape), len(starts))
    if sliced is None:
        return (tensor(call.element_type(), (ANY,) * len(shape)),)
    if steps is None:
        if "steps" in call.attributes or call.has(4):
            return (tensor(call.element_type(), (ANY,) * len(shape)),)
        steps = (1,) * len(starts)
    result = list(shape)
    for axis, start, end, step in zip(sliced, starts, ends, steps, strict=True):
        result[axis] = _slice_length(shape[axis], start, end, step)
    return (tensor(call.element_type(), result),)


def _fold_slice(call: Call) -> Value | None:
    """Slice a small tensor."""
    value, shape = call.value(0), find_static(call.shape())
    starts, ends = call.integers("starts", 1), call.integers("ends", 2)
    if value is None or shape is None or starts is None or ends is None:
        return None
    axes, steps = _sliced_axes(call, len(shape), len(starts)), call.integers("steps", 4)
    if axes is None or (steps is None and (call.has(4) or "steps" in call.attributes)):
        return None
    kept = [range(size) for size in shape]
    for axis, start, end, step in zip(axes, starts, ends, steps or (1,) * len(starts), strict=True):
        stop = None if step < 0 and end < -shape[axis] else end
        kept[axis] = range(*slice(start, stop, step).indices(shape[axis]))
    positions = [0]
    for size, places in zip(shape, kept, strict=True):
        positions = [position * size + place for position in positions for place in places]
    return tuple(value[position] for position in positions)


def _dynamic_slice(call: Call) -> Sequence[TensorType]:
    shape, sizes = call.shape(), call.integers("slice_sizes")
    if shape is not None and sizes is not None:
        if len(sizes) != len(shape):
            raise Contradiction(f"{len(sizes)} slice sizes do not fit rank {len(shape)}")
        for size, whole in zip(sizes, shape, strict=True):
            if isinstance(whole, int) and size > whole:
                raise Contradiction(f"a slice of {size} does not fit into {whole}")
    return (tensor(call.element_type(), sizes),)


def _update_in_place(call: Call) -> Cost:
    """Only the updated part is written; the rest of operand 0 stays where it is."""
    size = call.operand(1).byte_size or 0
    return Cost(read_bytes={0: 0}, written_bytes=size)


def _scatter_in_place(call: Call) -> Cost:
    """Updates stand last; each is read, combined and written in place."""
    count = call.integer("operands", 1)
    updates = range(len(call.operands) - count, len(call.operands))
    size = sum(call.operand(index).byte_size or 0 for index in updates)
    combined = sum(call.elements(index) for index in updates)
    flops = 0 if call.text("reduction", "none") == "none" else combined
    return Cost(0, flops, 0, dict.fromkeys(range(count), 0), size)


def _scatter(call: Call) -> Sequence[TensorType]:
    return [call.operand(index) for index in range(call.integer("operands", 1))]


def _gather(call: Call) -> Sequence[TensorType]:
    shape, indices = call.shape(0), call.shape(1)
    if shape is None or indices is None:
        return (tensor(call.element_type(), None),)
    axis = call.axis(len(shape))
    return (tensor(call.element_type(), (*shape[:axis], *indices, *shape[axis + 1 :])),)


def _fold_gather(call: Call) -> Value | None:
    """Take elements of a small vector."""
    value, positions = call.value(0), call.value(1)
    if value is None or positions is None or len(call.shape(0) or ()) != 1:
        return None
    result = []
    for position in positions:
        if isinstance(position, str) or not -len(value) <= position < len(value):
            return None
        result.append(value[int(position)])
    return tuple(result)


def _general_gather(call: Call) -> Sequence[TensorType]:
    """StableHLO gather: slices of stated sizes stand at ``offset_dims``, the batch elsewhere."""
    indices, sizes = call.shape(1), call.dimensions("slice_sizes", 2)
    if indices is None or sizes is None:
        return (tensor(call.element_type(), None),)
    vector = call.integer("index_vector_dim", len(indices))
    batch = tuple(size for axis, size in enumerate(indices) if axis != vector)
    dropped = (call.integers("collapsed_slice_dims") or ()) + (
        call.integers("operand_batching_dims") or ()
    )
    slices = [size for axis, size in enumerate(sizes) if axis not in dropped]
    offsets = call.integers("offset_dims") or ()
    rank = len(batch) + len(slices)
    if len(set(offsets)) != len(slices) or any(not 0 <= axis < rank for axis in offsets):
        raise Contradiction(f"{len(offsets)} offset dimensions do not fit the slices {sizes}")
    others = iter(batch)
    within = iter(slices)
    result = [next(within) if axis in offsets else next(others) for axis in range(rank)]
    return (tensor(call.element_type(), result),)


def _gather_elements(call: Call) -> Sequence[TensorType]:
    return (tensor(call.element_type(), call.shape(1)),)


def _gather_nd(call: Call) -> Sequence[TensorType]:
    shape, indices = call.shape(0), call.shape(1)
    if shape is None or not indices or not isinstance(indices[-1], int):
        return (tensor(call.element_type(), None),)
    batch = call.integer("batch_dims", 0)
    taken = batch + indices[-1]
    if not 0 <= batch <= taken <= len(shape):
        raise Contradiction(f"indices of {indices[-1]} do not fit {render_shape(shape)}")
    return (tensor(call.element_type(), (*indices[:-1], *shape[taken:])),)


def _fold_scatter_nd(call: Call) -> Value | None:
    """Replace elements of a small vector."""
    value, positions, updates = call.value(0), call.value(1), call.value(2)
    shape = find_static(call.shape(0))
    if value is None or positions is None or updates is None or shape is None:
        return None
    if (
        len(shape) != 1
        or len(positions) != len(updates)
        or call.text("reduction", "none") != "none"
    ):
        return None
    result = list(value)
    for position, update in zip(positions, updates, strict=True):
        if isinstance(position, str) or not -len(result) <= position < len(result):
            return None
        result[int(position)] = update
    return tuple(result)


def _split(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    count = len(call.node.outputs)
    if shape is None:
        return [tensor(call.element_type(), None)] * count
    axis = call.axis(len(shape))
    sizes = call.dimensions("split", 1)
    size = shape[axis]
    if sizes is None and ("split" in call.attributes or call.has(1)):
        sizes = (ANY,) * count
    elif sizes is None:
        sizes = _even_parts(size, call.integer("num_outputs", count))
    if len(sizes) != count:
        raise Contradiction(f"{len(sizes)} sizes do not fit {count} outputs")
    if isinstance(size, int) and all(isinstance(s, int) for s in sizes):
        total = sum(s for s in sizes if isinstance(s, int))
        if total != size:
            raise Contradiction(f"parts of {total} elements do not make up {size}")
    return [tensor(call.element_type(), (*shape[:axis], s, *shape[axis + 1 :])) for s in sizes]


def _fold_split(call: Call) -> Value | None:
    """The parts of a vector follow one another: all its elements, result by result."""
    return call.value(0) if len(call.shape() or ()) == 1 else None


def _even_parts(size: Dimension, count: int) -> tuple[Dimension, ...]:
    """Equal parts, the last one smaller when the size is not divisible."""
    if count < 1 or isinstance(size, str):
        return (ANY,) * count
    each = -(-size // count)
    last = size - each * (count - 1)
    if last < 0:
        raise Contradiction(f"size {size} cannot be split into {count} parts")
    return (*(each,) * (count - 1), last)


def _check_axis(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    if shape:
        normalise_axis(call.integer("axis", 0), len(shape))
    return (call.operand(0),)


OPERATIONS: tuple[Operation, ...] = (
    Operation("slice", "movement", _slice, _reads_result, _fold_slice),
    Operation("dynamic_slice", "movement", _dynamic_slice, _reads_result),
    Operation("dynamic_update_slice", "movement", same_as_first, _update_in_place),
    Operation("gather", "movement", _gather, _reads_result, _fold_gather),
    Operation("gather_elements", "movement", _gather_elements, _reads_result),
    Operation("gather_nd", "movement", _gather_nd, _reads_result),
    Operation("general_gather", "movement", _general_gather, _reads_result),
    Operation("scatter", "movement", _scatter, _scatter_in_place),
    Operation("scatter_elements", "movement", _check_axis, _scatter_in_place),
    Operation("scatter_nd", "movement", same_as_first, _scatter_in_place, _fold_scatter_nd),
    Operation("split", "movement", _split, no_cost, _fold_split),
)
