"""Operations that put tensors together or make new ones: joining, padding, resizing, filling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from cyborg_rr.domain.graph.folding import count_of
from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.operation import (
    Call,
    Cost,
    Element,
    Operation,
    Value,
    as_stated,
    no_cost,
    same_as_first,
    tensor,
)
from cyborg_rr.domain.graph.shapes import (
    ANY,
    Contradiction,
    add,
    find_static,
    multiply,
    normalise_axes,
    unify,
)


def _concatenate(call: Call) -> Sequence[TensorType]:
    shapes = [operand.shape for operand in call.operands if operand is not None]
    known = [shape for shape in shapes if shape is not None]
    element_type = next((o.element_type for o in call.operands if o and o.element_type), None)
    if not known:
        return (tensor(element_type, None),)
    rank = len(known[0])
    axis = call.axis(rank)
    result: list[Dimension] = list(known[0])
    for shape in known[1:]:
        if len(shape) != rank:
            raise Contradiction(f"ranks {rank} and {len(shape)} cannot be joined")
        for position, size in enumerate(shape):
            if position != axis and size != result[position]:
                result[position] = unify(result[position], size)
    complete = len(known) == len(shapes)
    result[axis] = add(shape[axis] for shape in known) if complete else ANY
    return (tensor(element_type, result),)


def _fold_concatenate(call: Call) -> Value | None:
    """Join small vectors."""
    if len(call.shape() or ()) != 1:
        return None
    result: list[Element] = []
    for index in range(len(call.operands)):
        value = call.value(index)
        if value is None:
            return None
        result.extend(value)
    return tuple(result) if len(result) <= 4096 else None


def _pad_amounts(call: Call, rank: int) -> list[tuple[int, int, int]] | None:
    """Low, high and interior padding of every dimension."""
    low, high = call.integers("padding_low"), call.integers("padding_high")
    if low is not None and high is not None:
        interior = call.integers("padding_interior") or (0,) * rank
        if not len(low) == len(high) == len(interior) == rank:
            raise Contradiction(f"the padding does not fit rank {rank}")
        return list(zip(low, high, interior, strict=True))
    flat = call.integers("pads", 1)
    if flat is None:
        return None
    if call.has(3) or "axes" in call.attributes:
        stated = call.integers("axes", 3)
        if stated is None:
            return None
        axes = normalise_axes(stated, rank)
    else:
        axes = tuple(range(rank))
    if len(flat) != 2 * len(axes):
        raise Contradiction(f"{len(flat)} pads do not fit {len(axes)} dimensions")
    amounts = [(0, 0, 0)] * rank
    for place, axis in enumerate(axes):
        amounts[axis] = (flat[place], flat[place + len(axes)], 0)
    return amounts


def _pad(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    if shape is None:
        return (tensor(call.element_type(), None),)
    amounts = _pad_amounts(call, len(shape))
    if amounts is None:
        return (tensor(call.element_type(), (ANY,) * len(shape)),)
    result = [_padded(size, *amount) for size, amount in zip(shape, amounts, strict=True)]
    return (tensor(call.element_type(), result),)


def _padded(size: Dimension, low: int, high: int, interior: int) -> Dimension:
    if interior and isinstance(size, str):
        return ANY
    between = interior * max(size - 1, 0) if isinstance(size, int) else 0
    return add((size, low, high, between))


def _resize(call: Call) -> Sequence[TensorType]:
    """Sizes are stated, or follow from scales (rounded down, as ONNX has it)."""
    shape = call.shape()
    if shape is None:
        return (tensor(call.element_type(), None),)
    axes = call.integers("axes")
    touched = tuple(range(len(shape))) if axes is None else normalise_axes(axes, len(shape))
    result: list[Dimension] = list(shape)
    sizes = call.dimensions("sizes", 3)
    scales = _scales(call)
    if sizes:
        wanted: Sequence[Dimension] = _keep_aspect(call, [shape[axis] for axis in touched], sizes)
    elif scales is not None:
        if len(scales) != len(touched):
            raise Contradiction(f"{len(scales)} scales do not fit {len(touched)} dimensions")
        wanted = [_scaled(shape[axis], scale) for axis, scale in zip(touched, scales, strict=True)]
    else:
        wanted = (ANY,) * len(touched)
    if len(wanted) != len(touched):
        raise Contradiction(f"{len(wanted)} sizes do not fit {len(touched)} dimensions")
    for axis, size in zip(touched, wanted, strict=True):
        result[axis] = size
    return (tensor(call.element_type(), result),)


def _keep_aspect(
    call: Call, before: Sequence[Dimension], sizes: Sequence[Dimension]
) -> Sequence[Dimension]:
    """Sizes as bounds: one factor for all dimensions, the smallest or the largest that is asked."""
    policy = call.text("keep_aspect_ratio_policy", "stretch")
    if policy == "stretch" or len(before) != len(sizes):
        return sizes
    old, new = find_static(tuple(before)), find_static(tuple(sizes))
    if old is None or new is None or 0 in old:
        return (ANY,) * len(sizes)
    factors = [Fraction(after, size) for size, after in zip(old, new, strict=True)]
    factor = min(factors) if policy == "not_larger" else max(factors)
    return [math.floor(size * factor + Fraction(1, 2)) for size in old]


def _scaled(size: Dimension, scale: float) -> Dimension:
    if isinstance(size, str):
        return size if scale == 1 else ANY
    return math.floor(size * scale + 1e-6)  # a scale in single precision may be a hair short


def _scales(call: Call) -> list[float] | None:
    stated = call.attributes.get("scales")
    value: Sequence[Element] | None = stated if isinstance(stated, tuple) else call.value(2)
    if not value or any(isinstance(element, str) for element in value):
        return None
    return [float(element) for element in value]


def _resize_cost(call: Call) -> Cost:
    """Linear interpolation mixes 2 elements per dimension, cubic 4; nearest mixes none."""
    taps = {"nearest": 0, "cubic": 4}.get(call.text("mode", "nearest"), 2)
    return Cost(0, 2 * taps * call.result_elements())


def _one_number(call: Call, index: int) -> Element | None:
    value = call.value(index)
    return value[0] if value is not None and len(value) == 1 else None


def _range_length(call: Call) -> Dimension:
    start, limit, step = (_one_number(call, index) for index in range(3))
    if start is None or limit is None or step is None:
        return ANY
    if isinstance(start, str) or isinstance(step, str) or isinstance(limit, str):
        return limit if start == 0 and step == 1 and isinstance(limit, str) else ANY
    if step == 0:
        raise Contradiction("a range has step 0")
    return max(math.ceil((limit - start) / step), 0)


def _range(call: Call) -> Sequence[TensorType]:
    return (tensor(call.element_type(), (_range_length(call),)),)


def _fold_range(call: Call) -> Value | None:
    length, start, step = _range_length(call), _one_number(call, 0), _one_number(call, 2)
    if isinstance(length, str) or length > 4096 or start is None or step is None:
        return None
    if isinstance(start, str) or isinstance(step, str):
        return None
    return tuple(start + place * step for place in range(length))


def _iota(call: Call) -> Sequence[TensorType]:
    return (tensor(call.result_type(None), call.dimensions("shape", 0)),)


def _fold_iota(call: Call) -> Value | None:
    shape = find_static(call.dimensions("shape", 0))
    if shape is None or len(shape) != 1 or count_of(shape) is None:
        return None
    return tuple(range(shape[0]))


def _constant_of_shape(call: Call) -> Sequence[TensorType]:
    wanted = call.dimensions("shape", 0)
    element_type = call.result_type("f32")
    if wanted is None:
        known = find_static(call.shape(0))
        rank = known[0] if known and known[0] <= 64 else None
        return (tensor(element_type, None if rank is None else (ANY,) * rank),)
    return (tensor(element_type, wanted),)


def _fold_constant_of_shape(call: Call) -> Value | None:
    shape = find_static(call.dimensions("shape", 0))
    count = None if shape is None else count_of(shape)
    stated = call.attributes.get("value", 0)
    if isinstance(stated, tuple):
        stated = stated[0]
    if count is None:
        return None
    return (stated,) * count


def _eye_like(call: Call) -> Sequence[TensorType]:
    return (tensor(call.result_type(call.element_type()), call.shape()),)


def _random(call: Call) -> Sequence[TensorType]:
    wanted: Shape | None = call.dimensions("shape")
    if wanted is None and call.has(0):
        wanted = call.shape(0)
    return (tensor(call.result_type(call.element_type()), wanted),)


def _random_cost(call: Call) -> Cost:
    return Cost(0, 10 * sum(result.elements or 0 for result in call.results))


def _non_zero(call: Call) -> Sequence[TensorType]:
    """Positions by dimension (ONNX): as many as the data has, so only the rank is known."""
    shape = call.shape()
    value = call.value(0)
    found: Dimension = ANY
    if value is not None and not any(isinstance(element, str) for element in value):
        found = sum(1 for element in value if element)
    return (tensor("i64", None if shape is None else (len(shape), found)),)


def _fold_non_zero(call: Call) -> Value | None:
    """Positions of the non-zero elements of a small vector."""
    value = call.value(0)
    if value is None or len(call.shape() or ()) != 1 or any(isinstance(e, str) for e in value):
        return None
    return tuple(place for place, element in enumerate(value) if element)


def _where_indices(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    return (tensor("i64", None if shape is None else (ANY, len(shape))),)


def _unique(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    if shape is not None and "axis" in call.attributes:
        axis = call.axis(len(shape))
        kept: Shape | None = (*shape[:axis], ANY, *shape[axis + 1 :])
        length: Dimension = shape[axis]
    else:
        kept = (ANY,)
        length = ANY if shape is None else multiply(shape)
    some = tensor("i64", (ANY,))
    return (tensor(call.element_type(), kept), some, tensor("i64", (length,)), some)


def _non_max_suppression(call: Call) -> Sequence[TensorType]:
    return (tensor("i64", (ANY, 3)),)


OPERATIONS: tuple[Operation, ...] = (
    Operation("concatenate", "movement", _concatenate, no_cost, _fold_concatenate),
    Operation("pad", "movement", _pad, no_cost),
    Operation("resize", "movement", _resize, _resize_cost),
    Operation("range", "movement", _range, no_cost, _fold_range, repeats=True),
    Operation("iota", "movement", _iota, no_cost, _fold_iota, repeats=True),
    Operation(
        "constant_of_shape",
        "movement",
        _constant_of_shape,
        no_cost,
        _fold_constant_of_shape,
        repeats=True,
    ),
    Operation("eye_like", "movement", _eye_like, no_cost, repeats=True),
    Operation("trilu", "movement", same_as_first, no_cost),
    Operation("random", "other", _random, _random_cost),
    Operation("rng_bit_generator", "other", as_stated, _random_cost),
    Operation("non_zero", "other", _non_zero, no_cost, _fold_non_zero),
    Operation("where_indices", "other", _where_indices, no_cost),
    Operation("unique", "other", _unique, no_cost),
    Operation("non_max_suppression", "other", _non_max_suppression, no_cost),
)
