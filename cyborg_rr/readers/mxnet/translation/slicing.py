"""Rules for operations that take parts of a tensor."""

from __future__ import annotations

from cyborg_rr.readers.formats.nnvm.document import MAX_RESULTS
from cyborg_rr.readers.kit.cutting import LAST
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mxnet.translation.native import Chain, NativeMxnetNode


def _whole(node: NativeMxnetNode, value: object, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, int):
        return value
    raise node.refuse("its begin, end and step are not whole numbers")


def cut(node: NativeMxnetNode) -> list[Step]:
    """slice: of the first dimensions, from ``begin`` to ``end`` by ``step``."""
    begins, ends, strides = (node.items(word) for word in ("begin", "end", "step"))
    if len(begins) != len(ends) or len(strides) > len(begins):
        raise node.refuse("its begin, end and step do not fit together")
    steps = [_whole(node, value, 1) for value in strides]
    steps += [1] * (len(begins) - len(steps))
    if 0 in steps:
        raise node.refuse("a step is 0")
    starts = [
        _whole(node, value, 0 if step > 0 else LAST)
        for value, step in zip(begins, steps, strict=True)
    ]
    stops = [
        _whole(node, value, LAST if step > 0 else -LAST)
        for value, step in zip(ends, steps, strict=True)
    ]
    return [
        node.step(
            "slice",
            starts=tuple(starts),
            ends=tuple(stops),
            axes=tuple(range(len(starts))),
            steps=tuple(steps),
        )
    ]


def cut_axis(node: NativeMxnetNode) -> list[Step]:
    """slice_axis."""
    end = node.integer("end", default=LAST)
    return [
        node.step(
            "slice",
            starts=(node.integer("begin", default=0),),
            ends=(end,),
            axes=(node.integer("axis", default=0),),
        )
    ]


def cut_like(node: NativeMxnetNode) -> list[Step]:
    """slice_like: to the sizes of another tensor, along some dimensions or all."""
    chain, data = Chain(node), node.input(0)
    axes = node.integers("axes") or ()
    if not axes:
        sizes = chain.put("shape_of", node.input(1))
        zeros = chain.put("subtract", sizes, sizes)
        return chain.end("slice", data, zeros, sizes)
    for place, axis in enumerate(axes):
        size = chain.put("get_dimension_size", node.input(1), dimension=axis)
        end = chain.put("reshape", size, shape=(1,))
        operands = (data, node.constant((0,)), end, node.constant((axis,)))
        if place == len(axes) - 1:
            return chain.end("slice", *operands)
        data = chain.put("slice", *operands)
    return chain.steps


def crop(node: NativeMxnetNode) -> list[Step]:
    """Crop: rows and columns of images, to a size or to that of another image."""
    chain, data = Chain(node), node.input(0)
    top, left = (*(node.integers("offset") or ()), 0, 0)[:2]
    if node.input(1):
        shape = chain.put("shape_of", node.input(1))
        size = chain.put("slice", shape, starts=(2,), ends=(4,), axes=(0,))
        if node.flag("center_crop"):
            top = left = 0
        starts = node.constant((top, left))
        ends = chain.put("add", size, starts)
        return chain.end("slice", data, starts, ends, node.constant((2, 3)))
    height, width = (*(node.integers("h_w") or ()), 0, 0)[:2]
    if not height or not width:
        return unknown(node)
    if node.flag("center_crop"):
        top = left = 0
    return [node.step("slice", starts=(top, left), ends=(top + height, left + width), axes=(2, 3))]


def _check_count(node: NativeMxnetNode, count: int) -> None:
    if not 0 < count <= MAX_RESULTS:
        raise node.refuse(f"a tensor cannot be split into {count} parts")


def split(node: NativeMxnetNode) -> list[Step]:
    """SliceChannel: equal parts, whose dimension may go where it is 1 then."""
    count, axis = node.demand_integer("num_outputs"), node.integer("axis", default=1)
    _check_count(node, count)
    outputs = [node.output(place) or node.new("part") for place in range(count)]
    if not node.flag("squeeze_axis"):
        return [node.step("split", None, tuple(outputs), axis=axis, num_outputs=count)]
    parts = tuple(node.new("part") for _ in outputs)
    first = node.step("split", None, parts, axis=axis, num_outputs=count)
    return [
        first,
        *(
            node.step("squeeze", (part,), (output,), axes=(axis,))
            for part, output in zip(parts, outputs, strict=True)
        ),
    ]


def split_at(node: NativeMxnetNode) -> list[Step]:
    """_split_v2: equal parts, or parts that begin at indices."""
    axis, sections = node.integer("axis", default=0), node.integer("sections", default=0)
    indices = node.integers("indices") or ()
    chain, data = Chain(node), node.input(0)
    count = sections or len(indices)
    _check_count(node, count)
    outputs = [node.output(place) or node.new("part") for place in range(count)]
    parts = [node.new("part") for _ in outputs] if node.flag("squeeze_axis") else outputs
    if sections:
        chain.steps.append(
            node.step("split", (data,), tuple(parts), axis=axis, num_outputs=sections)
        )
    else:
        ends = (*indices[1:], LAST)
        for part, start, end in zip(parts, indices, ends, strict=True):
            chain.steps.append(
                node.step("slice", (data,), (part,), starts=(start,), ends=(end,), axes=(axis,))
            )
    if parts is not outputs:
        chain.steps += [
            node.step("squeeze", (part,), (output,), axes=(axis,))
            for part, output in zip(parts, outputs, strict=True)
        ]
    return chain.steps or unknown(node)


def top(node: NativeMxnetNode) -> list[Step]:
    """topk: positions unless values are wanted, or both."""
    kind, axis = node.text("ret_typ", default="indices"), node.integer("axis", default=-1)
    count = node.integer("k", default=1)
    if kind == "mask" or count < 1:
        return unknown(node)
    first = node.output(0)
    values = first if kind in ("value", "both") else node.new("values")
    places = node.output(1) if kind == "both" else first if kind == "indices" else ""
    outputs = (values, places or node.new("places"))
    known = node.element_type_of() or "f32"
    return [node.step("top_k", node.inputs[:1], outputs, k=count, axis=axis, index_type=known)]


def sort(node: NativeMxnetNode) -> list[Step]:
    """sort."""
    return [node.step("sort", axis=node.integer("axis", default=-1))]


def argsort(node: NativeMxnetNode) -> list[Step]:
    """argsort: positions move with what is sorted."""
    axis, chain = node.integer("axis", default=-1), Chain(node)
    ordered = chain.put("sort", node.input(0), axis=axis)
    return chain.end("convert", ordered, element_type=node.element_type_of() or "f32")
