"""Rules for operations that move elements and change shapes.

Operands: tensorflow/core/ops/array_ops.cc.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tensorflow.translation.native import (
    NativeTensorflowNode,
    Rule,
    chain,
    pass_channels,
)

_MAX_PARTS: Final = 65536
_MAX_SIZES: Final = 64
"""Whole numbers of one tensor that are reckoned here, for orders of dimensions."""


def reshape(node: NativeTensorflowNode) -> list[Step]:
    """Reshape(data, shape)."""
    shape = node.whole(1)
    if shape is not None:
        return [node.step("reshape", node.inputs[:1], shape=shape, allow_zero=True)]
    return [node.step("reshape", node.inputs[:2], allow_zero=True)]


def transpose(node: NativeTensorflowNode) -> list[Step]:
    """Transpose(data, order)."""
    order = node.whole(1)
    if order is None:
        return unknown(node)
    return [node.step("transpose", node.inputs[:1], permutation=order)]


def along(operation: str) -> Rule:
    """ExpandDims(data, axis), ReverseV2(data, axes): along stored axes."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        axes = node.whole(1)
        return unknown(node) if axes is None else [node.step(operation, node.inputs[:1], axes=axes)]

    return rule


def squeeze(node: NativeTensorflowNode) -> list[Step]:
    """Squeeze."""
    axes = node.integers("squeeze_dims", "axis")
    return [node.step("squeeze", node.inputs[:1], axes=axes or None)]


def concatenate(is_last: bool) -> Rule:
    """ConcatV2(parts, axis), Concat(axis, parts)."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        axis = node.lone(len(node.inputs) - 1 if is_last else 0)
        if axis is None:
            return unknown(node)
        parts = node.inputs[:-1] if is_last else node.inputs[1:]
        channels = [node.known.channels.get(part) for part in parts]
        if all(isinstance(each, int) for each in channels) and axis in (-1, 3):
            node.note_channels(sum(each for each in channels if isinstance(each, int)))
        first = 0 if is_last else 1
        known = [node.whole(place + first) for place in range(len(parts))]
        if all(each is not None for each in known):
            whole = tuple(size for each in known if each is not None for size in each)
            if len(whole) <= _MAX_SIZES:
                node.known.sizes[node.output(0)] = whole
        return [node.step("concatenate", parts, axis=axis)]

    return rule


def split(node: NativeTensorflowNode) -> list[Step]:
    """Split(axis, data): into equal parts."""
    axis, count = node.lone(0), node.integer("num_split", default=0)
    _check_parts(node, count)
    if axis is None:
        return unknown(node)
    channels = node.channels(1)
    if isinstance(channels, int) and axis in (-1, 3):
        for name in filter(None, node.outputs):
            node.known.channels[name] = channels // count
    return [
        node.step(
            "split", (node.input(1),), _all_outputs(node, count), axis=axis, num_outputs=count
        )
    ]


def _check_parts(node: NativeTensorflowNode, count: int) -> None:
    if not 1 <= count <= _MAX_PARTS or len(node.outputs) > count:
        raise node.refuse(f"it cannot have {count} parts")


def _all_outputs(node: NativeTensorflowNode, count: int) -> tuple[str, ...]:
    """Names for all parts, those that nobody reads among them."""
    return (*node.outputs, *("",) * (count - len(node.outputs)))


def split_sizes(node: NativeTensorflowNode) -> list[Step]:
    """SplitV(data, sizes, axis)."""
    axis, sizes = node.lone(2), node.whole(1)
    if axis is None or sizes is None:
        return unknown(node)
    _check_parts(node, len(sizes))
    if -1 in sizes:
        shape = node.shape(0)
        size = shape[axis] if shape and -len(shape) <= axis < len(shape) else None
        if not isinstance(size, int) or sizes.count(-1) > 1:
            return unknown(node)
        rest = size - sum(each for each in sizes if each != -1)
        sizes = tuple(rest if each == -1 else each for each in sizes)
    return [
        node.step("split", node.inputs[:1], _all_outputs(node, len(sizes)), axis=axis, split=sizes)
    ]


def pack(node: NativeTensorflowNode) -> list[Step]:
    """Pack: each with a dimension more, one behind the other."""
    axis = node.integer("axis", default=0)
    if not node.inputs:
        raise node.refuse("it packs nothing")
    parts = [node.values(index) for index in range(len(node.inputs))]
    known = [int(part[0]) if part is not None and len(part) == 1 else None for part in parts]
    node.known.sizes[node.output(0)] = tuple(known)
    names = tuple(node.fresh(f"part{place}") for place in range(len(node.inputs)))
    steps = [
        node.step("unsqueeze", (part,), (name,), node.typed(name), axes=(axis,))
        for part, name in zip(node.inputs, names, strict=True)
    ]
    return [*steps, node.step("concatenate", names, axis=axis)]


def unpack(node: NativeTensorflowNode) -> list[Step]:
    """Unpack: parts of one element along a dimension, which each of them loses."""
    axis, count = node.integer("axis", default=0), node.integer("num", default=0)
    _check_parts(node, count)
    names = tuple(
        node.fresh(f"part{place}") if name else "" for place, name in enumerate(node.outputs)
    )
    parts = (*names, *("",) * (count - len(names)))
    known = node.typed(*filter(None, names))
    return [
        node.step("split", node.inputs[:1], parts, known, axis=axis, num_outputs=count),
        *(
            node.step("squeeze", (name,), (output,), axes=(axis,))
            for name, output in zip(names, node.outputs, strict=True)
            if name
        ),
    ]


def pad(mode: str) -> Rule:
    """Pad, PadV2, MirrorPad: pads as (before, behind) of each dimension."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        pads = node.whole(1)
        pass_channels(node)
        if pads is None or len(pads) % 2:
            return unknown(node)
        operands = (node.input(0), "", node.input(2)) if node.input(2) else node.inputs[:1]
        return [
            node.step("pad", operands, padding_low=pads[::2], padding_high=pads[1::2], mode=mode)
        ]

    return rule


def gather(node: NativeTensorflowNode) -> list[Step]:
    """Gather, GatherV2, ResourceGather; with a batch, along the dimension behind it."""
    axis = node.lone(2) if len(node.inputs) > 2 else 0
    batch = node.integer("batch_dims", default=0)
    if axis is None or batch < 0 or batch not in (0, axis):
        return unknown(node)
    if batch:
        apart = node.fresh("apart")
        known = {apart: TensorType(None, None)}
        return [
            node.step("unsqueeze", (node.input(1),), (apart,), known, axes=(-1,)),
            node.step("gather_nd", (node.input(0), apart), batch_dims=batch),
        ]
    return [node.step("gather", node.inputs[:2], axis=axis)]


def fill(node: NativeTensorflowNode) -> list[Step]:
    """Fill(shape, value)."""
    return [node.step("expand", (node.input(1), node.input(0)))]


def filled_like(value: int) -> Rule:
    """ZerosLike, OnesLike."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        sizes = node.fresh("sizes")
        known = {sizes: TensorType("i64", None)}
        element_type = node.element("T")
        return [
            node.step("shape_of", node.inputs[:1], (sizes,), known),
            node.step("constant_of_shape", (sizes,), element_type=element_type, value=value),
        ]

    return rule


def one_hot(node: NativeTensorflowNode) -> list[Step]:
    """OneHot(indices, depth, on, off)."""
    return [node.step("one_hot", node.inputs[:3], axis=node.integer("axis", default=-1))]


def shape_of(node: NativeTensorflowNode) -> list[Step]:
    """Shape."""
    name = node.output(0)
    known = {name: TensorType(node.element("out_type") or "i32", None)} if name else {}
    return [node.step("shape_of", node.inputs[:1], None, known)]


def shapes_of(node: NativeTensorflowNode) -> list[Step]:
    """ShapeN."""
    element_type = node.element("out_type") or "i32"
    return [
        node.step("shape_of", (data,), (name,), {name: TensorType(element_type, None)})
        for data, name in zip(node.inputs, node.outputs, strict=False)
        if name
    ] or unknown(node)


def each_passed(node: NativeTensorflowNode) -> list[Step]:
    """IdentityN."""
    steps = []
    for data, name in zip(node.inputs, node.outputs, strict=False):
        if name:
            node.known.pass_on(name, data)
            if data in node.known.channels:
                node.known.channels[name] = node.known.channels[data]
            steps.append(node.step("identity", (data,), (name,)))
    return steps or unknown(node)


def depth_to_space(operation: str) -> Rule:
    """DepthToSpace, SpaceToDepth: between channels and squares of elements."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        block = node.integer("block_size", default=0)
        if block < 1:
            raise node.refuse(f"its squares have side {block}")
        step: tuple[str, dict[str, AttributeValue]] = (operation, {"blocksize": block})
        if node.is_channels_first():
            return chain(node, step)
        before: dict[str, AttributeValue] = {"permutation": (0, 3, 1, 2)}
        behind: dict[str, AttributeValue] = {"permutation": (0, 2, 3, 1)}
        return chain(node, ("transpose", before), step, ("transpose", behind))

    return rule


def scatter(node: NativeTensorflowNode) -> list[Step]:
    """ScatterNd(indices, updates, shape): into zeros."""
    zeros = node.fresh("zeros")
    return [
        node.step("constant_of_shape", (node.input(2),), (zeros,), node.typed(zeros),
                  element_type=node.element("T"), value=0),
        node.step("scatter_nd", (zeros, node.input(0), node.input(1)), reduction="add"),
    ]  # fmt: skip
