"""Operations that keep the elements and change only how they are indexed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.folding import broadcast_positions, count_of, fold_copy
from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.operation import (
    Call,
    Operation,
    Value,
    no_cost,
    same_as_first,
    tensor,
)
from cyborg_rr.domain.graph.shapes import (
    ANY,
    Contradiction,
    broadcast,
    divide,
    find_static,
    multiply,
    normalise_axes,
    normalise_axis,
    render_shape,
    without,
)


def _reshape(call: Call) -> Sequence[TensorType]:
    element_type, shape = call.element_type(), call.shape()
    wanted = call.dimensions("shape", 1)
    if wanted is None:
        known = find_static(call.shape(1))
        rank = known[0] if known and len(known) == 1 and known[0] <= 64 else None
        return (tensor(element_type, None if rank is None else (ANY,) * rank),)
    result: list[Dimension] = list(wanted)
    if not call.flag("allow_zero"):
        for axis, size in enumerate(result):
            if size == 0 and shape is not None:
                if axis >= len(shape):
                    raise Contradiction("the shape copies a dimension that the operand lacks")
                result[axis] = shape[axis]
    inferred = [axis for axis, size in enumerate(result) if size == -1]
    if len(inferred) > 1:
        raise Contradiction("the shape leaves two dimensions open")
    if inferred:
        rest = result[: inferred[0]] + result[inferred[0] + 1 :]
        result[inferred[0]] = ANY if shape is None else divide(shape, rest)
    _check_count(shape, result)
    return (tensor(element_type, result),)


def _check_count(shape: Shape | None, result: Sequence[Dimension]) -> None:
    """Both shapes must hold equally many elements, where that is known."""
    before = None if shape is None else multiply(shape)
    after = multiply(result)
    if isinstance(before, int) and isinstance(after, int) and before != after:
        raise Contradiction(
            f"{render_shape(shape or ())} cannot be reshaped to {render_shape(result)}"
        )


def _flatten(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    if shape is None:
        return (tensor(call.element_type(), (ANY, ANY)),)
    axis = call.integer("axis", 1)
    if not -len(shape) <= axis <= len(shape):
        raise Contradiction(f"axis {axis} is outside rank {len(shape)}")
    axis = axis + len(shape) if axis < 0 else axis
    result = (multiply(shape[:axis]), multiply(shape[axis:]))
    return (tensor(call.element_type(), result),)


def _squeeze(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    if shape is None:
        return (tensor(call.element_type(), None),)
    if "axes" not in call.attributes and not call.has(1):
        if any(isinstance(size, str) for size in shape):
            return (tensor(call.element_type(), None),)
        return (tensor(call.element_type(), [size for size in shape if size != 1]),)
    axes = call.integers("axes", 1)
    if axes is None:
        return (tensor(call.element_type(), None),)
    axes = normalise_axes(axes, len(shape))
    for axis in axes:
        if isinstance(shape[axis], int) and shape[axis] != 1:
            raise Contradiction(f"dimension {axis} of {render_shape(shape)} is not 1")
    return (tensor(call.element_type(), without(shape, axes)),)


def _unsqueeze(call: Call) -> Sequence[TensorType]:
    shape, axes = call.shape(), call.integers("axes", 1)
    if shape is None or axes is None:
        return (tensor(call.element_type(), None),)
    rank = len(shape) + len(axes)
    inserted = set(normalise_axes(axes, rank))
    old = iter(shape)
    result = [1 if axis in inserted else next(old) for axis in range(rank)]
    return (tensor(call.element_type(), result),)


def _permutation(call: Call, rank: int) -> tuple[int, ...]:
    """Which dimension of the operand each dimension of the result is."""
    permutation = call.integers("permutation")
    if permutation is None:
        permutation = tuple(reversed(range(rank)))
    axes = normalise_axes(permutation, rank)
    if len(axes) != rank:
        raise Contradiction(f"the permutation {permutation} does not fit rank {rank}")
    return axes


def _transpose(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    if shape is None:
        return (tensor(call.element_type(), None),)
    return (tensor(call.element_type(), [shape[axis] for axis in _permutation(call, len(shape))]),)


def _fold_transpose(call: Call) -> Value | None:
    """Transpose a small tensor: exporters turn lists of pads around so."""
    value, shape = call.value(0), find_static(call.shape())
    if value is None or shape is None:
        return None
    positions = [0]
    for axis in _permutation(call, len(shape)):
        stride = math.prod(shape[axis + 1 :])
        positions = [start + place * stride for start in positions for place in range(shape[axis])]
    return tuple(value[position] for position in positions)


def _broadcast_in_dim(call: Call) -> Sequence[TensorType]:
    wanted, shape = call.dimensions("shape", 1), call.shape()
    if wanted is None:
        return (tensor(call.element_type(), None),)
    axes = call.integers("broadcast_dimensions") or ()
    if shape is not None:
        if len(axes) != len(shape):
            raise Contradiction(f"{len(axes)} broadcast dimensions do not fit rank {len(shape)}")
        for size, axis in zip(shape, axes, strict=True):
            target = wanted[normalise_axis(axis, len(wanted))]
            if isinstance(size, int) and isinstance(target, int) and size not in (1, target):
                raise Contradiction(f"size {size} does not broadcast to {target}")
    return (tensor(call.element_type(), wanted),)


def _fold_broadcast(call: Call) -> Value | None:
    """Repeat a small value along the new dimensions."""
    value, shape = call.value(0), find_static(call.shape())
    wanted = find_static(call.dimensions("shape", 1))
    axes = call.integers("broadcast_dimensions") or ()
    if value is None or shape is None or wanted is None or count_of(wanted) is None:
        return None
    aligned = [1] * len(wanted)
    if list(axes) != sorted(axes):
        return None
    for size, axis in zip(shape, axes, strict=True):
        aligned[axis] = size
    return tuple(value[position] for position in broadcast_positions(aligned, wanted))


def _expand(call: Call) -> Sequence[TensorType]:
    shape, wanted = call.shape(), call.dimensions("shape", 1)
    if shape is None or wanted is None:
        known = find_static(call.shape(1))
        if shape is None or not known or known[0] > 64:
            return (tensor(call.element_type(), None),)
        wanted = (ANY,) * known[0]
        longer = max(len(shape), len(wanted))
        padded = (1,) * (longer - len(shape)) + shape
        # a size above 1 cannot change, everything else may
        result = [s if isinstance(s, int) and s > 1 else ANY for s in padded]
        return (tensor(call.element_type(), result),)
    lead = len(wanted) - len(shape)
    wanted = tuple(
        shape[axis - lead] if size == -1 and axis >= lead else size
        for axis, size in enumerate(wanted)
    )
    return (tensor(call.element_type(), broadcast((shape, wanted))),)


def _fold_expand(call: Call) -> Value | None:
    value, shape = call.value(0), find_static(call.shape())
    result = find_static(_expand(call)[0].shape)
    if value is None or shape is None or result is None or count_of(result) is None:
        return None
    return tuple(value[position] for position in broadcast_positions(shape, result))


def _tile(call: Call) -> Sequence[TensorType]:
    shape, repeats = call.shape(), call.dimensions("repeats", 1)
    if shape is None or repeats is None:
        return (tensor(call.element_type(), None if shape is None else (ANY,) * len(shape)),)
    rank = max(len(shape), len(repeats))
    shape = (1,) * (rank - len(shape)) + shape
    repeats = (1,) * (rank - len(repeats)) + repeats
    result = [multiply(pair) for pair in zip(shape, repeats, strict=True)]
    return (tensor(call.element_type(), result),)


def _fold_tile(call: Call) -> Value | None:
    """Repeat a small vector."""
    value, repeats = call.value(0), call.integers("repeats", 1)
    if value is None or repeats is None or len(call.shape() or ()) != 1 or len(repeats) != 1:
        return None
    return value * repeats[0] if 0 <= repeats[0] * len(value) <= 4096 else None


def _depth_to_space(call: Call) -> Sequence[TensorType]:
    shape, block = call.shape(), call.integer("blocksize", 1)
    if shape is None or len(shape) != 4:
        return (tensor(call.element_type(), None),)
    batch, channels, height, width = shape
    result = (
        batch,
        divide((channels,), (block, block)),
        multiply((height, block)),
        multiply((width, block)),
    )
    return (tensor(call.element_type(), result),)


def _space_to_depth(call: Call) -> Sequence[TensorType]:
    shape, block = call.shape(), call.integer("blocksize", 1)
    if shape is None or len(shape) != 4:
        return (tensor(call.element_type(), None),)
    batch, channels, height, width = shape
    result = (
        batch,
        multiply((channels, block, block)),
        divide((height,), (block,)),
        divide((width,), (block,)),
    )
    return (tensor(call.element_type(), result),)


OPERATIONS: tuple[Operation, ...] = (
    Operation("reshape", "movement", _reshape, no_cost, fold_copy, view="first"),
    Operation("flatten", "movement", _flatten, no_cost, fold_copy, view="first"),
    Operation("squeeze", "movement", _squeeze, no_cost, fold_copy, view="first"),
    Operation("unsqueeze", "movement", _unsqueeze, no_cost, fold_copy, view="first"),
    Operation("transpose", "movement", _transpose, no_cost, _fold_transpose),
    Operation(
        "broadcast_in_dim", "movement", _broadcast_in_dim, no_cost, _fold_broadcast, repeats=True
    ),
    Operation("expand", "movement", _expand, no_cost, _fold_expand, repeats=True),
    Operation("tile", "movement", _tile, no_cost, _fold_tile),
    Operation("copy", "movement", same_as_first, no_cost, fold_copy),
    Operation("reverse", "movement", same_as_first, no_cost),
    Operation("depth_to_space", "movement", _depth_to_space, no_cost),
    Operation("space_to_depth", "movement", _space_to_depth, no_cost),
)
