"""Rules for what detectors do behind their networks: boxes chosen, and parts cut out of images.

Operands: tensorflow/core/ops/image_ops.cc.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tensorflow.translation.native import NativeTensorflowNode, Rule, needing

_OPEN: Final = TensorType(None, None)


def _chosen(node: NativeTensorflowNode, result: str) -> list[Step]:
    """Which boxes stay, as a row: NonMaxSuppression has one image and one class."""
    words = ("boxes", "rows", "scores", "found", "column", "places")
    boxes, rows, scores, found, column, places = (node.fresh(word) for word in words)
    known = dict.fromkeys((boxes, rows, scores), _OPEN)
    return [
        node.step("unsqueeze", (node.input(0),), (boxes,), known, axes=(0,)),
        node.step("unsqueeze", (node.input(1),), (rows,), known, axes=(0,)),
        node.step("unsqueeze", (rows,), (scores,), known, axes=(0,)),
        node.step("non_max_suppression", (boxes, scores, node.input(2)), (found,)),
        node.step("slice", (found,), (column,), starts=(2,), ends=(3,), axes=(1,), steps=(1,)),
        node.step("squeeze", (column,), (places,), axes=(1,)),
        node.step("convert", (places,), (result,), element_type="i32"),
    ]


def suppress(node: NativeTensorflowNode) -> list[Step]:
    """NonMaxSuppression, V2 to V5: places, and of the last two the scores and how many there are.

    Where the places are filled up, there are as many as are asked for.
    """
    version = node.operation.rpartition("V")[2]
    filled = node.flag("pad_to_max_output_size")
    names = {"4": ("", 1), "5": (1, 2)}.get(version, ("", ""))
    places = node.output(0) or node.fresh("kept")
    row = node.fresh("row") if filled else places
    steps = _chosen(node, row)
    if filled:
        count = node.lone(2)
        if count is None or count < 0:
            return unknown(node)
        steps += _filled(node, row, places, (count,), "i32")
    scores, valid = (node.output(place) if isinstance(place, int) else "" for place in names)
    if scores:
        steps.append(node.step("gather", (node.input(1), places), (scores,), axis=0))
    if valid:
        size = node.fresh("size")
        steps.append(node.step("size_of", (row,), (size,)))
        steps.append(node.step("convert", (size,), (valid,), element_type="i32"))
    return steps


def _filled(
    node: NativeTensorflowNode, source: str, result: str, sizes: tuple[int, ...], element_type: str
) -> list[Step]:
    """Values that are written into zeros of these sizes."""
    shape = node.known.constant(sizes, "i64", f"{node.label}/sizes")
    zeros = node.fresh("zeros")
    return [
        node.step("constant_of_shape", (shape,), (zeros,), element_type=element_type, value=0),
        node.step("scatter", (zeros, source, source), (result,), operands=1, reduction="none"),
    ]


def suppress_all(node: NativeTensorflowNode) -> list[Step]:
    """CombinedNonMaxSuppression(boxes, scores, most per class, most in all, ...).

    Each image has as many results as are asked for in all, filled up with zeros.
    """
    each, total = node.lone(2), node.lone(3)
    boxes, scores = node.shape(0), node.shape(1)
    if each is None or total is None or min(each, total) < 0:
        return unknown(node)
    if node.flag("pad_per_class"):
        classes = scores[-1] if scores else None
        if not isinstance(classes, int):
            return unknown(node)
        total = min(total, each * classes)
    shared = boxes is None or len(boxes) != 4 or boxes[2] == 1
    if not shared:  # boxes of their own for each class
        return unknown(node)
    flat, turned, found, batch = (node.fresh(w) for w in ("flat", "turned", "found", "batch"))
    known = {flat: _OPEN, turned: _OPEN}
    steps = [
        node.step("squeeze", (node.input(0),), (flat,), known, axes=(2,)),
        node.step("transpose", (node.input(1),), (turned,), known, permutation=(0, 2, 1)),
        node.step("non_max_suppression", (flat, turned, node.input(2)), (found,)),
        node.step("shape_of", (node.input(1),), (batch,), start=0, end=1),
    ]
    rests: tuple[tuple[tuple[int, ...], str], ...] = (
        ((total, 4), "f32"), ((total,), "f32"), ((total,), "f32"), ((), "i32"),
    )  # fmt: skip
    for place, (rest, element_type) in enumerate(rests):
        name = node.output(place)
        if not name:
            continue
        zeros, shape = f"{name}/zeros", batch
        if rest:
            tail = node.known.constant(rest, "i64", f"{name}/sizes")
            shape = f"{name}/shape"
            steps.append(node.step("concatenate", (batch, tail), (shape,), axis=0))
        steps += [
            node.step("constant_of_shape", (shape,), (zeros,), element_type=element_type, value=0),
            node.step("scatter", (zeros, found, zeros), (name,), operands=1, reduction="none"),
        ]
    return steps


def crop(node: NativeTensorflowNode) -> list[Step]:
    """CropAndResize(images, boxes, image of each, size): one sample for each element of a part."""
    size = node.whole(3)
    if size is None or len(size) != 2 or min(size) < 1:
        return unknown(node)
    turned, parts = node.fresh("turned"), node.fresh("parts")
    return [
        node.step("transpose", (node.input(0),), (turned,), {turned: _OPEN},
                  permutation=(0, 3, 1, 2)),
        node.step("roi_align", (turned, node.input(1), node.input(2)), (parts,),
                  output_height=size[0], output_width=size[1], sampling_ratio=1),
        node.step("transpose", (parts,), permutation=(0, 2, 3, 1)),
    ]  # fmt: skip


def to_batch(is_back: bool) -> Rule:
    """SpaceToBatchND(data, block, pads), BatchToSpaceND(data, block, crops) of images.

    Channels are turned to the front, so that the batch stands where channels do elsewhere, and
    squares of elements go into it.
    """

    def rule(node: NativeTensorflowNode) -> list[Step]:
        block, pads = node.whole(1), node.whole(2)
        if node.integer("block_size", default=0):  # SpaceToBatch, BatchToSpace
            block, pads = (node.integer("block_size", default=1),) * 2, node.whole(1)
        if block is None or pads is None or len(block) != 2 or len(pads) != 4:
            return unknown(node)
        if block[0] != block[1] or block[0] < 1:
            return unknown(node)
        padded, front, moved, back = (node.fresh(w) for w in ("padded", "front", "moved", "back"))
        known = dict.fromkeys((padded, front, moved, back), _OPEN)
        low, high = (0, pads[0], pads[2], 0), (0, pads[1], pads[3], 0)
        name = "depth_to_space" if is_back else "space_to_depth"
        first = node.input(0) if is_back else padded
        last = back if is_back else node.output(0)
        steps = [
            node.step("transpose", (first,), (front,), known, permutation=(3, 0, 1, 2)),
            node.step(name, (front,), (moved,), known, blocksize=block[0]),
            node.step("transpose", (moved,), (last,), None, permutation=(1, 2, 3, 0)),
        ]
        if not is_back:
            pad = node.step("pad", (first := node.input(0),), (padded,), known, padding_low=low,
                            padding_high=high, mode="constant")  # fmt: skip
            return [pad, *steps]
        ends = tuple(-each if each else 2**31 - 1 for each in high[1:3])
        cut = node.step("slice", (back,), starts=low[1:3], ends=ends, axes=(1, 2), steps=(1, 1))
        return [*steps, cut]

    return rule


DETECTING: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **{
            f"NonMaxSuppression{version}": needing(suppress, 3)
            for version in ("", "V2", "V3", "V4", "V5", "WithOverlaps")
        },
        "CombinedNonMaxSuppression": needing(suppress_all, 6),
        "CropAndResize": needing(crop, 4),
        "SpaceToBatchND": needing(to_batch(is_back=False), 3),
        "BatchToSpaceND": needing(to_batch(is_back=True), 3),
        "SpaceToBatch": needing(to_batch(is_back=False), 2),
        "BatchToSpace": needing(to_batch(is_back=True), 2),
    }
)
"""What detectors and dilated convolutions of version 1 have."""
