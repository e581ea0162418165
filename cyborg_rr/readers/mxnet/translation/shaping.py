"""Rules for operations that move elements and compute none."""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.kit.cutting import LAST
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mxnet.translation.native import Chain, NativeMxnetNode, Rule

MAX_COPIES: Final = 64
"""Of one tensor by ``tile`` and ``repeat``."""

_NUMPY_CODES: Final = {-2: 0, -4: -2, -5: -3, -6: -4}
"""Codes of ``_npx_reshape`` in those of Reshape; -3 drops a dimension, which has none."""


def reshape(node: NativeMxnetNode) -> list[Step]:
    """Reshape: its codes take dimensions in turn; ``target_shape`` had one, 0, before."""
    wanted = node.integers("shape", "newshape")
    if not wanted:
        target = node.demand_integers("target_shape")
        if node.flag("keep_highest") and target:
            return [node.step("reshape", shape=(0, *target[1:]))]
        return [node.step("reshape", shape=tuple(size or -1 for size in target))]
    if all(size > 0 or size == -1 for size in wanted):
        return [node.step("reshape", shape=wanted)]
    backwards = node.flag("reverse")
    return [node.step("reshape", shape=wanted, codes=True, from_back=backwards or None)]


def numpy_reshape(node: NativeMxnetNode) -> list[Step]:
    """_np_reshape: sizes, one of which may be -1."""
    return [node.step("reshape", shape=node.demand_integers("newshape"), allow_zero=True)]


def coded_reshape(node: NativeMxnetNode) -> list[Step]:
    """_npx_reshape: codes by other numbers."""
    wanted = node.demand_integers("newshape")
    if -3 in wanted:
        return unknown(node)
    codes = tuple(_NUMPY_CODES.get(size, size) for size in wanted)
    backwards = node.flag("reverse")
    return [node.step("reshape", shape=codes, codes=True, from_back=backwards or None)]


def reshape_like(node: NativeMxnetNode) -> list[Step]:
    """reshape_like: the whole shape of another tensor."""
    if any(node.has(name) for name in ("lhs_begin", "lhs_end", "rhs_begin", "rhs_end")):
        return unknown(node)
    chain = Chain(node)
    return chain.end("reshape", node.input(0), chain.put("shape_of", node.input(1)))


def transpose(node: NativeMxnetNode) -> list[Step]:
    """transpose."""
    return [node.step("transpose", permutation=node.integers("axes") or None)]


def swap(node: NativeMxnetNode) -> list[Step]:
    """SwapAxis: two dimensions change places."""
    pair = node.integer("dim1", default=0), node.integer("dim2", default=0)
    return [node.step("transpose", swapped=pair)]


def expand(node: NativeMxnetNode) -> list[Step]:
    """expand_dims."""
    return [node.step("unsqueeze", axes=(node.demand_integer("axis"),))]


def squeeze(node: NativeMxnetNode) -> list[Step]:
    """squeeze."""
    return [node.step("squeeze", axes=node.integers("axis"))]


def concatenate(node: NativeMxnetNode) -> list[Step]:
    """Concat."""
    return [node.step("concatenate", axis=node.integer("dim", "axis", default=1))]


def numpy_concatenate(node: NativeMxnetNode) -> list[Step]:
    """_npi_concatenate: along the first dimension unless it is said."""
    return [node.step("concatenate", axis=node.integer("axis", default=0))]


def stack(node: NativeMxnetNode) -> list[Step]:
    """stack: along a new dimension."""
    axis, chain = node.integer("axis", default=0), Chain(node)
    parts = [chain.put("unsqueeze", name, axes=(axis,)) for name in node.inputs]
    return chain.end("concatenate", *parts, axis=axis)


def add_all(node: NativeMxnetNode) -> list[Step]:
    """add_n, ElementWiseSum."""
    return [node.step("add")]


def tile(node: NativeMxnetNode) -> list[Step]:
    """tile: copies along the last dimensions."""
    copies = node.demand_integers("reps")
    return [node.step("tile", node.inputs[:1], repeats=copies)]


def repeat(node: NativeMxnetNode) -> list[Step]:
    """repeat: each element several times, along a dimension or of all in a row."""
    copies = node.demand_integer("repeats")
    if not 0 < copies <= MAX_COPIES:
        return unknown(node)
    chain, data = Chain(node), node.input(0)
    if not node.has("axis"):
        data = chain.put("reshape", data, shape=(-1,))
    axis = node.integer("axis", default=0)
    return chain.end("concatenate", *(data,) * copies, axis=axis)


def _flatten(node: NativeMxnetNode, items: tuple[object, ...]) -> tuple[int, ...]:
    """Whole numbers, or pairs of them as numpy has them, in a row."""
    found: list[int] = []
    for item in items:
        for number in item if isinstance(item, tuple) else (item,):
            if not isinstance(number, int):
                raise node.refuse("attribute 'pad_width' is not a list of integers")
            found.append(number)
    return tuple(found)


def pad(node: NativeMxnetNode) -> list[Step]:
    """Pad."""
    width = _flatten(node, node.items("pad_width"))
    if len(width) % 2:
        raise node.refuse(f"an odd number of pads: {list(width)}")
    mode = node.text("mode", default="constant")
    return [
        node.step(
            "pad",
            padding_low=width[::2],
            padding_high=width[1::2],
            mode=mode if mode in ("edge", "reflect") else "constant",
        )
    ]


def blocks(operation: str) -> Rule:
    """depth_to_space, space_to_depth."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        return [node.step(operation, blocksize=node.demand_integer("block_size"))]

    return rule


def flip(node: NativeMxnetNode) -> list[Step]:
    """reverse, flip."""
    return [node.step("reverse", axes=node.integers("axis"))]


def broadcast_to(node: NativeMxnetNode) -> list[Step]:
    """broadcast_to: 0 keeps a size."""
    wanted = node.demand_integers("shape")
    shape = node.constant(tuple(size if size > 0 else 1 for size in wanted))
    return [node.step("expand", (node.input(0), shape))]


def broadcast_axis(node: NativeMxnetNode) -> list[Step]:
    """broadcast_axis: some dimensions of size 1 grow."""
    axes, sizes = node.integers("axis") or (), node.integers("size") or ()
    if len(axes) != len(sizes) or any(axis < 0 for axis in axes):
        return unknown(node)
    chain = Chain(node)
    shape = chain.put("shape_of", node.input(0))
    for axis, size in sorted(zip(axes, sizes, strict=True)):
        before = chain.put("slice", shape, starts=(0,), ends=(axis,), axes=(0,))
        behind = chain.put("slice", shape, starts=(axis + 1,), ends=(LAST,), axes=(0,))
        shape = chain.put("concatenate", before, node.constant((size,)), behind, axis=0)
    return chain.end("expand", node.input(0), shape)


def broadcast_like(node: NativeMxnetNode) -> list[Step]:
    """broadcast_like: to the shape of another tensor."""
    if node.has("lhs_axes") or node.has("rhs_axes"):
        return unknown(node)
    chain = Chain(node)
    return chain.end("expand", node.input(0), chain.put("shape_of", node.input(1)))


def one_hot(node: NativeMxnetNode) -> list[Step]:
    """one_hot."""
    depth = node.constant((node.demand_integer("depth"),))
    values = node.constant((0.0, 1.0), node.element_type_of() or "f32")
    return [node.step("one_hot", (node.input(0), depth, values))]


def take(node: NativeMxnetNode) -> list[Step]:
    """take."""
    return [node.step("gather", node.inputs[:2], axis=node.integer("axis", default=0))]


def pick(node: NativeMxnetNode) -> list[Step]:
    """pick: one element of each row."""
    axis, chain = node.integer("axis", default=-1), Chain(node)
    places = chain.put("unsqueeze", node.input(1), axes=(axis,))
    if node.flag("keepdims"):
        return chain.end("gather_elements", node.input(0), places, axis=axis)
    found = chain.put("gather_elements", node.input(0), places, axis=axis)
    return chain.end("squeeze", found, axes=(axis,))


def sequence_mask(node: NativeMxnetNode) -> list[Step]:
    """SequenceMask: what is beyond each length becomes a number."""
    if not node.flag("use_sequence_length"):
        return [node.step("identity", node.inputs[:1])]
    value = node.constant(node.number("value", default=0.0), "f32")
    return [node.step("select", (node.input(0), node.input(0), value))]


def sequence_last(node: NativeMxnetNode) -> list[Step]:
    """SequenceLast: one row of each sequence."""
    axis, chain = node.integer("axis", default=0), Chain(node)
    row = chain.put("slice", node.input(0), starts=(-1,), ends=(LAST,), axes=(axis,))
    return chain.end("squeeze", row, axes=(axis,))


def sequence_reverse(node: NativeMxnetNode) -> list[Step]:
    """SequenceReverse."""
    return [node.step("reverse", node.inputs[:1], axes=(node.integer("axis", default=0),))]


def to_tensor(node: NativeMxnetNode) -> list[Step]:
    """_image_to_tensor: channels to the front, bytes to numbers between 0 and 1."""
    chain = Chain(node)
    turned = chain.put("transpose", node.input(0), swapped=(-1, -2))
    turned = chain.put("transpose", turned, swapped=(-2, -3))
    real = chain.put("convert", turned, element_type="f32")
    return chain.end("divide", real, node.constant(255.0, "f32"))


def gather_nd(node: NativeMxnetNode) -> list[Step]:
    """gather_nd: the first dimension of the indices has the coordinates of each row."""
    chain = Chain(node)
    rows = chain.put("reshape", node.input(1), shape=(0, -1))
    turned = chain.put("transpose", rows, permutation=(1, 0))
    found = chain.put("gather_nd", node.input(0), turned)
    before = chain.put("slice", chain.put("shape_of", node.input(1)), **_BEHIND_FIRST)
    behind = chain.put("slice", chain.put("shape_of", found), **_BEHIND_FIRST)
    shape = chain.put("concatenate", before, behind, axis=0)
    return chain.end("reshape", found, shape)


_BEHIND_FIRST: Final[dict[str, tuple[int, ...]]] = {"starts": (1,), "ends": (LAST,), "axes": (0,)}


def numpy_stack(axis: int) -> Rule:
    """_npi_vstack, _npi_hstack of matrices and what has more dimensions."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        return [node.step("concatenate", axis=axis)]

    return rule


def cumulative(node: NativeMxnetNode) -> list[Step]:
    """cumsum: of all elements in a row where no dimension is said."""
    chain, data = Chain(node), node.input(0)
    if not node.has("axis"):
        data = chain.put("reshape", data, shape=(-1,))
    along = node.constant(node.integer("axis", default=0))
    return chain.end("cumulative", data, along, function="sum")


def roll(node: NativeMxnetNode) -> list[Step]:
    """_np_roll, and other movements that keep the shape."""
    return [node.step("copy", node.inputs[:1])]
