"""Rules for operations that move elements and change shapes."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tflite.translation.native import NativeTfliteNode, Rule

_LAST = 2**31 - 1


def reshape(node: NativeTfliteNode) -> list[Step]:
    """RESHAPE: the shape is an operand, or an option."""
    if node.input(1):
        return [node.step("reshape", node.inputs[:2], allow_zero=True)]
    shape = node.integers("new_shape") or node.fitting()
    return [node.step("reshape", node.inputs[:1], shape=shape, allow_zero=True)]


def transpose(node: NativeTfliteNode) -> list[Step]:
    """TRANSPOSE."""
    order = node.whole(1)
    if order is None:
        return unknown(node)
    return [node.step("transpose", node.inputs[:1], permutation=order)]


def squeeze(node: NativeTfliteNode) -> list[Step]:
    """SQUEEZE."""
    return [node.step("squeeze", node.inputs[:1], axes=node.integers("squeeze_dims") or None)]


def concatenate(node: NativeTfliteNode) -> list[Step]:
    """CONCATENATION, or the row of a list that it writes (see ``readers.tflite.lists``)."""
    if node.flag("updates"):
        return [node.step("dynamic_update_slice")]
    return [node.step("concatenate", axis=node.integer("axis", default=0))]


def split(data: int, axis: int, sizes: int | None = None) -> Rule:
    """SPLIT(axis, data), SPLIT_V(data, sizes, axis)."""

    def rule(node: NativeTfliteNode) -> list[Step]:
        along = node.whole(axis)
        if not along:
            return unknown(node)
        parts = None if sizes is None else node.whole(sizes)
        if parts is not None and -1 in parts:
            parts = None
            shapes = [known.shape for name in node.outputs if (known := node.find_type(name))]
            axis_ = along[0]
            found = [each[axis_] for each in shapes if each and -len(each) <= axis_ < len(each)]
            stated = tuple(size for size in found if isinstance(size, int))
            if len(stated) != len(node.outputs):
                return unknown(node)
            parts = stated
        return [node.step("split", (node.input(data),), axis=along[0], split=parts)]

    return rule


def slice_(node: NativeTfliteNode) -> list[Step]:
    """SLICE(data, begin, size): a size of -1 takes the rest."""
    begin, size = node.whole(1), node.whole(2)
    if begin is not None and size is not None and len(begin) == len(size):
        ends = tuple(_LAST if n < 0 else b + n for b, n in zip(begin, size, strict=True))
        return [node.step("slice", node.inputs[:1], starts=begin, ends=ends)]
    if size is not None and all(each >= 0 for each in size):
        return [node.step("dynamic_slice", node.inputs[:2], slice_sizes=size)]
    return [node.step("slice", node.inputs[:2])]


def pad(mode: str) -> Rule:
    """PAD, PADV2, MIRROR_PAD: pads as (before, behind) of each dimension."""

    def rule(node: NativeTfliteNode) -> list[Step]:
        pads = node.whole(1)
        if pads is None or len(pads) % 2:
            return unknown(node)
        operands = (node.input(0), "", node.input(2)) if node.input(2) else node.inputs[:1]
        return [
            node.step("pad", operands, padding_low=pads[::2], padding_high=pads[1::2], mode=mode)
        ]

    return rule


def gather(node: NativeTfliteNode) -> list[Step]:
    """GATHER, with or without dimensions in front that data and indices have in common."""
    axis, batch = node.integer("axis", default=0), node.integer("batch_dims", default=0)
    if batch:
        return _gather_each(node, axis, batch)
    return [node.step("gather", node.inputs[:2], axis=axis)]


def _gather_each(node: NativeTfliteNode, axis: int, batch: int) -> list[Step]:
    """Of each part of a batch the slices along a dimension that its own indices name."""
    data, indices = node.shape(0), node.shape(1)
    if data is None or indices is None:
        return unknown(node)
    axis += len(data) if axis < 0 else 0
    batch += len(indices) if batch < 0 else 0
    if not 0 <= batch <= min(axis, len(indices)) or axis >= len(data):
        raise node.refuse(f"dimension {axis} and a batch of {batch} do not fit its operands")
    before, behind = data[batch:axis], data[axis + 1 :]
    sizes = tuple(size for size in (*before, 1, *behind) if isinstance(size, int))
    if len(sizes) <= len(before) + len(behind):
        return unknown(node)
    last = axis + len(indices) - batch
    return [
        node.step(
            "general_gather",
            node.inputs[:2],
            offset_dims=(*range(batch, axis), *range(last, last + len(behind))),
            collapsed_slice_dims=(axis,),
            operand_batching_dims=tuple(range(batch)),
            slice_sizes=(*((1,) * batch), *sizes),
        )
    ]


def look_up(node: NativeTfliteNode) -> list[Step]:
    """EMBEDDING_LOOKUP(indices, table)."""
    return [node.step("gather", (node.input(1), node.input(0)), axis=0)]


def fill(node: NativeTfliteNode) -> list[Step]:
    """FILL(shape, value)."""
    return [node.step("expand", (node.input(1), node.input(0)))]


def reverse(node: NativeTfliteNode) -> list[Step]:
    """REVERSE_V2."""
    axes = node.whole(1)
    return unknown(node) if axes is None else [node.step("reverse", node.inputs[:1], axes=axes)]


def reverse_sequence(node: NativeTfliteNode) -> list[Step]:
    """REVERSE_SEQUENCE: along a dimension, each part of the batch up to its own length."""
    axis = node.integer("sequence_axis", default=0)
    return [node.step("reverse", node.inputs[:1], axes=(axis,))]


def one_hot(node: NativeTfliteNode) -> list[Step]:
    """ONE_HOT(indices, depth, on, off)."""
    axis = node.integer("axis", default=-1)
    return [node.step("one_hot", node.inputs[:3], axis=axis)]


def pack(node: NativeTfliteNode) -> list[Step]:
    """PACK: each with a dimension more, one behind the other."""
    shape, axis = node.result().shape, node.integer("axis", default=0)
    if shape is None or not -len(shape) <= axis < len(shape):
        return unknown(node)
    whole: list[Dimension] = list(shape)
    whole[axis] = 1
    known = TensorType(node.result().element_type, tuple(whole))
    names = tuple(node.fresh(f"part{place}") for place in range(len(node.inputs)))
    steps = [
        node.step("unsqueeze", (part,), (name,), {name: known}, axes=(axis,))
        for part, name in zip(node.inputs, names, strict=True)
    ]
    return [*steps, node.step("concatenate", names, axis=axis)]


def unpack(node: NativeTfliteNode) -> list[Step]:
    """UNPACK: parts of one element along a dimension, which each of them loses."""
    data, axis = node.shape(0), node.integer("axis", default=0)
    if data is None or not -len(data) <= axis < len(data) or not all(node.outputs):
        return unknown(node)
    whole: list[Dimension] = list(data)
    whole[axis] = 1
    known = TensorType(node.element_type(0), tuple(whole))
    names = tuple(node.fresh(f"part{place}") for place in range(len(node.outputs)))
    split_ = node.step("split", node.inputs[:1], names, dict.fromkeys(names, known),
                       axis=axis, num_outputs=len(names))  # fmt: skip
    return [
        split_,
        *(
            node.step("squeeze", (name,), (output,), axes=(axis,))
            for name, output in zip(names, node.outputs, strict=True)
        ),
    ]


def depth_to_space(node: NativeTfliteNode) -> list[Step]:
    """DEPTH_TO_SPACE: channels become squares of elements."""
    sizes, block = _image(node)
    if sizes is None or sizes[2] % (block * block):
        return unknown(node)
    height, width, channels = sizes
    apart = (-1, height, width, block, block, channels // (block * block))
    return _rearrange(node, apart, (-1, height * block, width * block, apart[-1]))


def space_to_depth(node: NativeTfliteNode) -> list[Step]:
    """SPACE_TO_DEPTH: squares of elements become channels."""
    sizes, block = _image(node)
    if sizes is None or sizes[0] % block or sizes[1] % block:
        return unknown(node)
    height, width, channels = sizes[0] // block, sizes[1] // block, sizes[2]
    apart = (-1, height, block, width, block, channels)
    return _rearrange(node, apart, (-1, height, width, channels * block * block))


def _image(node: NativeTfliteNode) -> tuple[tuple[int, int, int] | None, int]:
    """Height, width and channels where they are known, and the side of a square."""
    block, shape = node.integer("block_size", default=0), node.shape(0)
    if block < 1:
        raise node.refuse(f"its squares have side {block}")
    sizes = tuple(size for size in (shape or ())[1:] if isinstance(size, int) and size > 0)
    return ((sizes[0], sizes[1], sizes[2]) if len(sizes) == 3 else None), block


def _rearrange(
    node: NativeTfliteNode, apart: tuple[int, ...], together: tuple[int, ...]
) -> list[Step]:
    """The dimensions apart, the third and fourth exchanged, and together again."""
    split_, turned = node.fresh("apart"), node.fresh("turned")
    known = dict.fromkeys((split_, turned), TensorType(node.result().element_type, None))
    return [
        node.step("reshape", node.inputs[:1], (split_,), known, shape=apart),
        node.step("transpose", (split_,), (turned,), known, permutation=(0, 1, 3, 2, 4, 5)),
        node.step("reshape", (turned,), None, None, shape=together),
    ]
