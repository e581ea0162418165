"""Rules for operations that take a part of a tensor, or write one anew.

Attributes: include/tvm/relay/attrs/transform.h, include/tvm/relax/attrs/index.h.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import Shape
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tvm.translation.native import NativeTvmNode, Rule, as_unknown
from cyborg_rr.readers.tvm.translation.shaping import same

LAST: Final = 2**63 - 1
"""What a slice ends at that takes the rest."""


def split(node: NativeTvmNode) -> list[Step]:
    """split: into equal sections, or at places."""
    axis = node.integer("axis", default=0)
    stated: object = node.plain("indices_or_sections", 1)
    if isinstance(stated, int):
        return [node.step("split", node.operands(0), axis=axis, num_outputs=len(node.outputs))]
    if not isinstance(stated, tuple):
        return as_unknown(node)
    places = [0, *(each for each in stated if type(each) is int), LAST]
    if len(places) != len(node.outputs) + 1:
        return as_unknown(node)
    return [
        node.step("slice", node.operands(0), (name,), starts=(begin,), ends=(end,), axes=(axis,))
        for name, begin, end in zip(node.outputs, places[:-1], places[1:], strict=True)
    ]


def strided_slice(node: NativeTvmNode) -> list[Step]:
    """strided_slice of Relay: bounds are attributes, or operands that are stored."""
    begin, end = node.plain("begin", 1), node.plain("end", 2)
    if begin is None:
        begin = node.whole("begin", 1)
    if end is None:
        end = node.whole("end", 2)
    if not isinstance(begin, tuple) or not isinstance(end, tuple):
        return as_unknown(node)
    steps = node.whole("strides", 3) or (1,)
    axes = node.whole("axes", 4)
    count = max(len(begin), len(end))
    starts = [each if type(each) is int else 0 for each in begin] + [0] * (count - len(begin))
    ends = [each if type(each) is int else LAST for each in end] + [LAST] * (count - len(end))
    steps = steps * count if len(steps) == 1 else (*steps, *(1,) * (count - len(steps)))
    if node.text("slice_mode", default="end") == "size":
        ends = [
            LAST if size < 0 else start + size for start, size in zip(starts, ends, strict=True)
        ]
        steps = (1,) * count
    steps = steps[:count]
    ends = [
        -LAST if step < 0 and end_ == LAST else end_ for end_, step in zip(ends, steps, strict=True)
    ]
    axes = axes if axes is not None else tuple(range(count))
    if 0 in steps or len(axes) != count:
        raise node.refuse("its begins, ends, strides and axes do not fit together")
    return (
        [
            node.step(
                "slice",
                node.operands(0),
                starts=tuple(starts),
                ends=tuple(ends),
                axes=axes,
                steps=steps,
            )
        ]
        if count
        else same(node)
    )


def sliced(node: NativeTvmNode) -> list[Step]:
    """strided_slice of Relax: axes, begins, ends and steps are operands."""
    axes, starts, ends = (node.whole(name, place) for name, place in
                          (("axes", 1), ("begin", 2), ("end", 3)))  # fmt: skip
    steps = node.whole("strides", 4)
    if axes is None or starts is None or ends is None:
        return [node.step("slice", node.operands(0), axes=axes)]
    steps = steps or (1,) * len(axes)
    if not len(axes) == len(starts) == len(ends) == len(steps) or 0 in steps:
        raise node.refuse("its begins, ends, strides and axes do not fit together")
    ends = tuple(min(max(each, -LAST), LAST) for each in ends)
    return [node.step("slice", node.operands(0), starts=starts, ends=ends, axes=axes, steps=steps)]


def slice_like(node: NativeTvmNode) -> list[Step]:
    """slice_like: as large as the second along some dimensions, or all."""
    wanted, data = node.shape_of(1), node.shape_of(0)
    if wanted is None or data is None:
        return as_unknown(node)
    axes = node.whole("axes", 99) or tuple(range(min(len(data), len(wanted))))
    axes = tuple(axis % max(len(data), 1) for axis in axes)
    if any(axis >= len(wanted) for axis in axes):
        raise node.refuse("attribute 'axes' names dimensions that are not there")
    sizes = [size for axis in axes if isinstance(size := wanted[axis], int)]
    if len(sizes) != len(axes):
        return as_unknown(node)
    zeros = (0,) * len(axes)
    return [node.step("slice", node.operands(0), starts=zeros, ends=tuple(sizes), axes=axes)]


def take(node: NativeTvmNode) -> list[Step]:
    """take: along one dimension, or of all elements in a row."""
    if node.attribute("axis") is not None:
        return [node.step("gather", node.operands(0, 1), axis=node.integer("axis", default=0))]
    flat = node.fresh("flat")
    return [
        node.step("reshape", node.operands(0), (flat,), shape=(-1,)),
        node.step("gather", (flat, node.operand(1)), axis=0),
    ]


def gather(operation: str) -> Rule:
    """gather, gather_elements: along one dimension."""

    def rule(node: NativeTvmNode) -> list[Step]:
        return [node.step(operation, axis=node.integer("axis", default=0))]

    return rule


def gather_nd(node: NativeTvmNode) -> list[Step]:
    """gather_nd of Relay: the places of one element stand along the first dimension."""
    rank = node.rank(1)
    if rank is None or not 0 < rank <= 64:
        return as_unknown(node)
    if rank == 1:
        return [node.step("gather_nd", node.operands(0, 1), batch_dims=0)]
    places = node.fresh("places")
    order = (*range(1, rank), 0)
    batch = node.integer("batch_dims", default=0)
    return [
        node.step("transpose", node.operands(1), (places,), permutation=order),
        node.step("gather_nd", (node.operand(0), places), batch_dims=batch),
    ]


def picked(node: NativeTvmNode) -> list[Step]:
    """adv_index, index_tensor: places of each of the first dimensions, broadcast together."""
    data, *places = node.inputs
    if len(places) == 1:
        return [node.step("gather", (data, places[0]), axis=0)]
    shapes = [None if (known := node.find_type(each)) is None else known.shape for each in places]
    ranks = [len(shape) for shape in shapes if shape is not None]
    if not places or len(ranks) != len(places):
        return as_unknown(node)
    steps, wide = [], []
    shape = _broadcast([shape for shape in shapes if shape is not None])
    if shape is None:
        return as_unknown(node)
    for number, place in enumerate(places):
        spread, name = node.fresh(f"spread{number}"), node.fresh(f"places{number}")
        named = node.constant(shape, "i64")
        steps.append(node.step("expand", (place, named), (spread,)))
        steps.append(node.step("unsqueeze", (spread,), (name,), axes=(-1,)))
        wide.append(name)
    joined = node.fresh("places")
    steps.append(node.step("concatenate", tuple(wide), (joined,), axis=-1))
    return [*steps, node.step("gather_nd", (data, joined), batch_dims=0)]


def _broadcast(shapes: list[Shape]) -> tuple[int, ...] | None:
    """The sizes that all of them become; None where one is open."""
    rank = max(map(len, shapes), default=0)
    sizes = []
    for axis in range(-rank, 0):
        found = [shape[axis] for shape in shapes if len(shape) >= -axis]
        whole = [size for size in found if isinstance(size, int)]
        if len(whole) != len(found):
            return None
        sizes.append(max(whole))
    return tuple(sizes)


def scatter(operation: str, reduction: str = "none") -> Rule:
    """scatter, scatter_elements, scatter_nd: new elements at places, or added to what is there."""
    words = {"update": "none", "add": "add", "mul": "mul", "max": "max", "min": "min"}

    def rule(node: NativeTvmNode) -> list[Step]:
        how = words.get(node.text("reduction", "mode", default=""), reduction)
        attributes = {} if operation == "scatter_nd" else {"axis": node.integer("axis", default=0)}
        return [node.step(operation, node.operands(0, 1, 2), reduction=how, **attributes)]

    return rule
