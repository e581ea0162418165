"""Operations that keep the elements and change only how they are indexed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.axes import AXES, AXIS
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.folding import fold_copy
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import same_as_first, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import (
    ANY,
    Contradiction,
    divide,
    find_static,
    multiply,
    normalise_axes,
    normalise_axis,
    render_shape,
    without,
)


def _reshape(node: TypedNode) -> Sequence[TensorType]:
    element_type, shape = node.element_type(), node.shape()
    wanted = node.dimensions("shape", 1)
    if wanted is None:
        known = find_static(node.shape(1))
        rank = known[0] if known and len(known) == 1 and known[0] <= 64 else None
        return (tensor(element_type, None if rank is None else (ANY,) * rank),)
    result: list[Dimension] = list(wanted)
    if node.flag("codes"):
        if shape is None:
            return (tensor(element_type, None),)
        result = _read_codes(node, result, shape)
    elif not node.flag("allow_zero"):
        for axis, size in enumerate(result):
            if size == 0 and shape is None:
                result[axis] = ANY
            elif size == 0 and shape is not None:
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


def _read_codes(node: TypedNode, wanted: list[Dimension], shape: Shape) -> list[Dimension]:
    """The shape that MXNet's codes mean, which may count both shapes from the back."""
    if not node.flag("from_back"):
        return _apply_codes(wanted, shape)
    return _apply_codes(wanted[::-1], shape[::-1])[::-1]


def _apply_codes(wanted: Sequence[Dimension], shape: Shape) -> list[Dimension]:
    """Each code takes dimensions of the operand in turn: InferReshapeShape of matrix_op-inl.h."""
    result: list[Dimension] = []
    codes, sizes = iter(wanted), iter(shape)
    try:
        for code in codes:
            match code:
                case -2:
                    result.extend(sizes)
                case -3:
                    result.append(multiply((next(sizes), next(sizes))))
                case -4:
                    result.extend(_split_size(next(sizes), next(codes), next(codes)))
                case 0:
                    result.append(next(sizes))
                case _:
                    result.append(code)
                    next(sizes, None)
    except StopIteration:
        raise Contradiction("the shape takes dimensions that the operand lacks") from None
    return result


def _split_size(size: Dimension, first: Dimension, second: Dimension) -> Shape:
    """A dimension as two, of which one may be -1."""
    if first == -1 and second == -1:
        raise Contradiction("the shape leaves two dimensions open")
    if first == -1:
        return divide((size,), (second,)), second
    return first, divide((size,), (first,)) if second == -1 else second


def _check_count(shape: Shape | None, result: Sequence[Dimension]) -> None:
    """Both shapes must hold equally many elements, where that is known."""
    before = None if shape is None else multiply(shape)
    after = multiply(result)
    if isinstance(before, int) and isinstance(after, int) and before != after:
        raise Contradiction(
            f"{render_shape(shape or ())} cannot be reshaped to {render_shape(result)}"
        )


def _flatten(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape is None:
        return (tensor(node.element_type(), (ANY, ANY)),)
    axis = node.integer("axis")
    if not -len(shape) <= axis <= len(shape):
        raise Contradiction(f"axis {axis} is outside rank {len(shape)}")
    axis = axis + len(shape) if axis < 0 else axis
    result = (multiply(shape[:axis]), multiply(shape[axis:]))
    return (tensor(node.element_type(), result),)


def _squeeze(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape is None:
        return (tensor(node.element_type(), None),)
    if not node.states("axes") and not node.has(1):
        if any(isinstance(size, str) for size in shape):
            return (tensor(node.element_type(), None),)
        return (tensor(node.element_type(), [size for size in shape if size != 1]),)
    axes = node.integers("axes", 1)
    if axes is None:
        return (tensor(node.element_type(), None),)
    axes = normalise_axes(axes, len(shape))
    for axis in axes:
        if isinstance(shape[axis], int) and shape[axis] != 1:
            raise Contradiction(f"dimension {axis} of {render_shape(shape)} is not 1")
    return (tensor(node.element_type(), without(shape, axes)),)


def _unsqueeze(node: TypedNode) -> Sequence[TensorType]:
    shape, axes = node.shape(), node.integers("axes", 1)
    if shape is None or axes is None:
        return (tensor(node.element_type(), None),)
    until = node.find_integer("until")
    if until is not None:
        axes = axes[: max(until - len(shape), 0)]
    rank = len(shape) + len(axes)
    inserted = set(normalise_axes(axes, rank))
    old = iter(shape)
    result = [1 if axis in inserted else next(old) for axis in range(rank)]
    return (tensor(node.element_type(), result),)


def _permutation(node: TypedNode, rank: int) -> tuple[int, ...]:
    """Which dimension of the operand each dimension of the result is."""
    permutation, swapped = node.integers("permutation"), node.integers("swapped")
    if swapped is not None:
        first, second = (normalise_axis(axis, rank) for axis in (swapped[0], swapped[-1]))
        turned = {first: second, second: first}
        return tuple(turned.get(axis, axis) for axis in range(rank))
    moved, places = node.integers("moved"), node.integers("places")
    if moved is not None and places is not None:
        return _move(normalise_axes(moved, rank), normalise_axes(places, rank), rank)
    if permutation is None:
        permutation = tuple(reversed(range(rank)))
    axes = normalise_axes(permutation, rank)
    if len(axes) != rank:
        raise Contradiction(f"the permutation {permutation} does not fit rank {rank}")
    return axes


def _move(moved: tuple[int, ...], places: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Some dimensions at other places, the others around them in the order that they have."""
    if len(moved) != len(places):
        raise Contradiction(f"{len(moved)} dimensions do not move to {len(places)} places")
    taken = dict(zip(places, moved, strict=True))
    others = iter([axis for axis in range(rank) if axis not in moved])
    return tuple(taken[place] if place in taken else next(others) for place in range(rank))


def _transpose(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape is None:
        return (tensor(node.element_type(), None),)
    return (tensor(node.element_type(), [shape[axis] for axis in _permutation(node, len(shape))]),)


def _fold_transpose(node: TypedNode) -> Value | None:
    """Transpose a small tensor: exporters turn lists of pads around so."""
    value, shape = node.value(0), find_static(node.shape())
    if value is None or shape is None:
        return None
    if not value:
        return value  # at once, for the sizes beside a 0 may be any
    positions = [0]
    for axis in _permutation(node, len(shape)):
        stride = math.prod(shape[axis + 1 :])
        positions = [start + place * stride for start in positions for place in range(shape[axis])]
    return tuple(value[position] for position in positions)


def _depth_to_space(node: TypedNode) -> Sequence[TensorType]:
    shape, block = node.shape(), node.integer("blocksize")
    if shape is None or len(shape) != 4:
        return (tensor(node.element_type(), None),)
    batch, channels, height, width = shape
    result = (
        batch,
        divide((channels,), (block, block)),
        multiply((height, block)),
        multiply((width, block)),
    )
    return (tensor(node.element_type(), result),)


def _space_to_depth(node: TypedNode) -> Sequence[TensorType]:
    shape, block = node.shape(), node.integer("blocksize")
    if shape is None or len(shape) != 4:
        return (tensor(node.element_type(), None),)
    batch, channels, height, width = shape
    result = (
        batch,
        multiply((channels, block, block)),
        divide((height,), (block,)),
        divide((width,), (block,)),
    )
    return (tensor(node.element_type(), result),)


_INSERTED = Operand("axes", "dimensions of size 1", optional=True)
_BLOCK = Attribute("blocksize", "integer", "rows and columns of a block", required=True)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "reshape",
        kind="movement",
        summary="The elements in their order under another shape.",
        operands=(DATA, Operand("shape", "the shape", optional=True)),
        attributes=(
            Attribute(
                "shape",
                "integers",
                "the shape, -1 for what follows from the rest; absent: the value of operand 1",
                source="ONNX Reshape before 5, StableHLO reshape, the type of the result",
            ),
            Attribute(
                "allow_zero",
                "flag",
                "whether 0 is a size, and not the size of the operand there",
                default=False,
                source="ONNX Reshape `allowzero`; StableHLO has sizes only",
            ),
            Attribute(
                "codes",
                "flag",
                "whether sizes take the operand's in turn: 0 one, -2 the rest, -3 the product of "
                "two, -4 one as the next two",
                default=False,
                source="MXNet Reshape (always)",
            ),
            Attribute(
                "from_back",
                "flag",
                "whether codes take the dimensions from the last one on",
                default=False,
                source="MXNet Reshape `reverse`",
            ),
        ),
        shape=_reshape,
        fold=fold_copy,
        view="first",
    ),
    Operation(
        "flatten",
        kind="movement",
        summary="A matrix: the dimensions before an axis together, and those behind it.",
        operands=(DATA,),
        attributes=(AXIS.having(default=1, meaning="first one behind", source="ONNX Flatten"),),
        shape=_flatten,
        fold=fold_copy,
        view="first",
    ),
    Operation(
        "squeeze",
        kind="movement",
        summary="Dimensions of size 1 left out.",
        operands=(DATA, _INSERTED),
        attributes=(
            AXES.having(
                meaning="which ones; absent: the value of operand 1, or all of size 1",
                source="ONNX Squeeze before 13",
            ),
        ),
        shape=_squeeze,
        fold=fold_copy,
        view="first",
    ),
    Operation(
        "unsqueeze",
        kind="movement",
        summary="Dimensions of size 1 put in.",
        operands=(DATA, _INSERTED),
        attributes=(
            AXES.having(
                meaning="where, in the result; absent: the value of operand 1",
                source="ONNX Unsqueeze before 13",
            ),
            Attribute(
                "until",
                "integer",
                "the rank from which on nothing is put in, fewer of the axes below; absent: all",
                source="PyTorch atleast_2d, atleast_3d",
            ),
        ),
        shape=_unsqueeze,
        fold=fold_copy,
        view="first",
    ),
    Operation(
        "transpose",
        kind="movement",
        summary="The dimensions in another order.",
        operands=(DATA,),
        attributes=(
            Attribute(
                "permutation",
                "integers",
                "which dimension of the operand each one of the result is; absent: from the back",
                source="ONNX Transpose `perm`, StableHLO transpose",
            ),
            Attribute(
                "swapped",
                "integers",
                "two dimensions that change places, instead of a permutation",
                source="MXNet SwapAxis `dim1`, `dim2`",
            ),
            Attribute(
                "moved",
                "integers",
                "dimensions that move, instead of a permutation; the others keep their order",
                source="PyTorch movedim `source`",
            ),
            Attribute(
                "places",
                "integers",
                "where each of them comes to stand",
                source="PyTorch movedim `destination`",
            ),
        ),
        shape=_transpose,
        fold=_fold_transpose,
    ),
    Operation(
        "reverse",
        kind="movement",
        summary="The elements from the back along some dimensions.",
        operands=(DATA, Operand("lengths", "how many of each row turn", optional=True)),
        attributes=(
            Attribute(
                "axes",
                "integers",
                "dimensions that are reversed",
                source="StableHLO reverse `dimensions`",
                kept="whichever it is, all elements move",
            ),
        ),
        shape=same_as_first,
    ),
    Operation(
        "depth_to_space",
        kind="movement",
        summary="Channels laid out as blocks of rows and columns.",
        operands=(Operand("data", "images (N, C, H, W)"),),
        attributes=(_BLOCK.having(source="ONNX DepthToSpace"),),
        shape=_depth_to_space,
    ),
    Operation(
        "space_to_depth",
        kind="movement",
        summary="Blocks of rows and columns laid out as channels.",
        operands=(Operand("data", "images (N, C, H, W)"),),
        attributes=(_BLOCK.having(source="ONNX SpaceToDepth"),),
        shape=_space_to_depth,
    ),
)
