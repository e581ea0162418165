"""Rules for operations that move elements: reshaping, joining, repeating.

Attributes: include/tvm/relay/attrs/transform.h, include/tvm/relax/attrs/{manipulate,index}.h.
"""

from __future__ import annotations

import math

from cyborg_rr.domain.graph.graph import Shape
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tvm.program import Sizes
from cyborg_rr.readers.tvm.translation.native import NativeTvmNode, as_unknown

_REST, _MERGE, _SPLIT = -2, -3, -4


def same(node: NativeTvmNode) -> list[Step]:
    """What only says something about its operand: where it is, that it is not to be fused."""
    return [node.step("identity", node.operands(0), node.outputs[:1])]


def copied(node: NativeTvmNode) -> list[Step]:
    """copy, device_copy, a cast of a layout."""
    return [node.step("copy", node.operands(0), node.outputs[:1])]


def reshape(node: NativeTvmNode) -> list[Step]:
    """reshape: besides ONNX's 0 and -1 three codes for dimensions of the operand (Relay)."""
    stated: object = node.plain("newshape", 1) or node.plain("shape", 1)
    if stated is None:
        stated = node.whole("newshape", 1)
    if stated is None and not node.operand(1):
        stated = ()
    if isinstance(stated, int):
        stated = (stated,)
    if not isinstance(stated, tuple):
        return [node.step("reshape", node.operands(0, 1))]
    if any(type(size) is int and size < -1 for size in stated):
        worked_out = _work_out([s for s in stated if type(s) is int], node.shape_of(0), node)
        stated = node.result_shape() or worked_out
    return reshape_to(node, stated)


def reshape_to(node: NativeTvmNode, stated: Shape | None) -> list[Step]:
    """A reshape to sizes of which one may be open."""
    if stated is None:
        return as_unknown(node)
    symbols = [size for size in stated if not isinstance(size, int)]
    if len(symbols) > 1 or (symbols and -1 in stated):
        return [node.step("reshape", node.operands(0))]
    sizes = tuple(size if isinstance(size, int) else -1 for size in stated)
    return [node.step("reshape", node.operands(0), shape=sizes)]


def _work_out(codes: list[int], data: Shape | None, node: NativeTvmNode) -> Shape | None:
    """Sizes from Relay's codes: the rest, two merged, one split; None where data's are needed."""
    if data is None:
        return None
    sizes: list[int | str] = []
    place, at = 0, 0
    while at < len(codes):
        code = codes[at]
        if code in (0, _MERGE, _SPLIT) and place + (code == _MERGE) >= len(data):
            raise node.refuse("attribute 'newshape' names more dimensions than there are")
        if code == _REST:
            sizes.extend(data[place:])
            place = len(data)
        elif code == _MERGE:
            both = data[place : place + 2]
            whole = [size for size in both if isinstance(size, int)]
            sizes.append(math.prod(whole) if len(whole) == 2 else -1)
            place += 2
        elif code == _SPLIT:
            if len(codes) < at + 3:
                raise node.refuse("attribute 'newshape' ends within a split")
            parts, size = codes[at + 1 : at + 3], data[place]
            if -1 in parts and isinstance(size, int):
                given = max(parts[0], parts[1])
                if given < 1:
                    raise node.refuse("attribute 'newshape' splits into parts of no size")
                parts = [size // given if part == -1 else part for part in parts]
            sizes.extend(parts)
            place, at = place + 1, at + 2
        else:
            sizes.append(data[place] if code == 0 else code)
            place += 1
        at += 1
    return tuple(sizes)


def reshape_like(node: NativeTvmNode) -> list[Step]:
    """reshape_like of the whole operand."""
    if node.integer("lhs_begin", default=0) or node.has("lhs_end"):
        return reshape_to(node, node.result_shape())
    return reshape_to(node, node.result_shape() or node.shape_of(1))


def squeeze(node: NativeTvmNode) -> list[Step]:
    """squeeze."""
    return [node.step("squeeze", node.operands(0), axes=node.axes() or None)]


def unsqueeze(node: NativeTvmNode) -> list[Step]:
    """expand_dims: several new dimensions from one place on, or at several places (Relax)."""
    axes = node.whole("axis", 1) or (0,)
    many = node.integer("num_newaxis", default=1)
    if not 0 <= many <= 64:
        raise node.refuse("attribute 'num_newaxis' is not a number of dimensions")
    if many != 1:
        begin = axes[0] if axes[0] >= 0 else axes[0] - many + 1
        axes = tuple(range(begin, begin + many))
    return [node.step("unsqueeze" if axes else "identity", node.operands(0), axes=axes or None)]


def transpose(node: NativeTvmNode) -> list[Step]:
    """transpose, permute_dims."""
    return [node.step("transpose", node.operands(0), permutation=node.whole("axes", 1) or None)]


def layout_transform(node: NativeTvmNode) -> list[Step]:
    """layout_transform: dimensions in another order; blocks of channels as a copy."""
    before, after = node.text("src_layout"), node.text("dst_layout")
    if set(before) == set(after) and len(set(before)) == len(before) == len(after):
        order = tuple(before.index(letter) for letter in after)
        return [node.step("transpose", node.operands(0), permutation=order)]
    shape = node.result_shape()
    if shape is None:
        return as_unknown(node)
    moved = node.fresh("moved")
    return [
        node.step("copy", node.operands(0), (moved,)),
        node.step("reshape", (moved,), shape=shape),
    ]


def concatenate(node: NativeTvmNode) -> list[Step]:
    """concatenate, concat: the tensors of a tuple."""
    parts = node.group(0)
    if not parts:
        return as_unknown(node)
    axis = node.attribute("axis")
    if axis is None and "axis" in node.attributes:
        return as_unknown(node)
    return [node.step("concatenate", parts, axis=node.integer("axis", default=0))]


def stack(node: NativeTvmNode) -> list[Step]:
    """stack: a new dimension, along which parts are joined."""
    axis = node.integer("axis", default=0)
    names, steps = [], []
    for place, part in enumerate(node.group(0)):
        name = node.fresh(f"part{place}")
        names.append(name)
        steps.append(node.step("unsqueeze", (part,), (name,), axes=(axis,)))
    if not names:
        return as_unknown(node)
    return [*steps, node.step("concatenate", tuple(names), axis=axis)]


def tile(node: NativeTvmNode) -> list[Step]:
    """tile: with as many counts as dimensions, or fewer or more."""
    counts = node.whole("reps", 1) or node.whole("repeats", 1)
    rank = node.rank(0)
    if counts is None or any(each < 0 for each in counts):
        return as_unknown(node)
    if rank is None or rank == len(counts):
        return [node.step("tile", node.operands(0), repeats=counts)]
    if rank > len(counts):
        counts = (1,) * (rank - len(counts)) + counts
        return [node.step("tile", node.operands(0), repeats=counts)]
    wide, axes = node.fresh("wide"), tuple(range(len(counts) - rank))
    return [
        node.step("unsqueeze", node.operands(0), (wide,), axes=axes),
        node.step("tile", (wide,), repeats=counts),
    ]


def repeat(node: NativeTvmNode) -> list[Step]:
    """repeat: each element so often, along one dimension."""
    shape = node.shape_of(0)
    axis = node.one("axis", 2)
    count = node.one("repeats", 1)
    if shape is None or axis is None or count is None or not -len(shape) <= axis < len(shape):
        return as_unknown(node)
    axis %= len(shape)
    size = shape[axis]
    if not isinstance(size, int) or count < 0:
        return as_unknown(node)
    wide, tiled = node.fresh("wide"), node.fresh("tiled")
    counts = tuple(count if place == axis + 1 else 1 for place in range(len(shape) + 1))
    final = (*shape[:axis], size * count, *shape[axis + 1 :])
    return [
        node.step("unsqueeze", node.operands(0), (wide,), axes=(axis + 1,)),
        node.step("tile", (wide,), (tiled,), repeats=counts),
        *[
            Step(step.operation, (tiled,), node.outputs, step.attributes)
            for step in reshape_to(node, final)
        ],
    ]


def broadcast_to(node: NativeTvmNode) -> list[Step]:
    """broadcast_to: to a shape that is stated; one of symbols is that of the result."""
    sizes = node.whole("shape", 1)
    argument = node.arguments[1] if len(node.arguments) > 1 else ()
    if sizes is None and isinstance(argument, Sizes):
        known = node.result_shape()
        if known is None:
            return [node.step("expand", node.operands(0))]
        sizes = known
    if sizes is not None:
        return [node.step("expand", (node.operand(0), node.constant(sizes, "i64")))]
    return [node.step("expand", node.operands(0, 1))]


def like(node: NativeTvmNode) -> list[Step]:
    """broadcast_to_like, collapse_sum_like: the shape of the second operand."""
    shape = node.shape_of(1)
    if "collapse" in node.operation:
        return as_unknown(node)
    sizes = tuple(size for size in shape or () if isinstance(size, int))
    if shape is None or len(sizes) != len(shape):
        return [node.step("expand", node.operands(0))]
    return [node.step("expand", (node.operand(0), node.constant(sizes, "i64")))]


def reverse(node: NativeTvmNode) -> list[Step]:
    """reverse, flip."""
    axes = node.axes()
    return [node.step("reverse", node.operands(0), axes=axes or (0,))]


def flatten(node: NativeTvmNode) -> list[Step]:
    """nn.batch_flatten."""
    return [node.step("flatten", node.operands(0), axis=1)]


def flatten_all(node: NativeTvmNode) -> list[Step]:
    """flatten of Relax: one dimension is left."""
    return [node.step("reshape", node.operands(0), shape=(-1,))]


def triangle(node: NativeTvmNode) -> list[Step]:
    """trilu, tril, triu."""
    return [node.step("trilu", node.operands(0))]


def shape_of(node: NativeTvmNode) -> list[Step]:
    """shape_of."""
    element = node.element()
    if element in (None, "i64"):
        return [node.step("shape_of", node.operands(0))]
    sizes = node.fresh("sizes")
    return [
        node.step("shape_of", node.operands(0), (sizes,)),
        node.step("convert", (sizes,), element_type=element),
    ]
