"""Rules for operations that find objects: anchors, regions, and what overlaps."""

from __future__ import annotations

from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mxnet.translation.native import Chain, NativeMxnetNode, Rule, state

_MOST_BOXES = 1 << 20


def anchors(node: NativeMxnetNode) -> list[Step]:
    """MultiBoxPrior: boxes at each place of an image, which depend on its size alone."""
    each = len(node.items("sizes") or (1.0,)) + len(node.items("ratios") or (1.0,)) - 1
    chain = Chain(node)
    shape = chain.put("shape_of", node.input(0))
    places = chain.put("slice", shape, starts=(2,), ends=(4,), axes=(0,))
    count = chain.put("reduce", places, function="prod", keep_dimensions=True)
    boxes = chain.put("multiply", count, node.constant((each,)))
    whole = chain.put("concatenate", node.constant((1,)), boxes, node.constant((4,)), axis=0)
    return chain.end("constant_of_shape", whole, element_type="f32")


def detections(node: NativeMxnetNode) -> list[Step]:
    """MultiBoxDetection: class, score and corners of all boxes; those that overlap are marked."""
    chain = Chain(node)
    if len(node.inputs) < 3:
        raise node.refuse(
            f"it needs scores, moves and anchors, and reads {len(node.inputs)} values"
        )
    scores, moves, boxes = node.inputs[:3]
    turned = chain.put("transpose", scores, permutation=(0, 2, 1))
    best = chain.put("reduce", turned, function="max", axes=(2,), keep_dimensions=True)
    classes = chain.put(
        "reduce", turned, function="argmax", axes=(2,), keep_dimensions=True, element_type="f32"
    )
    apart = chain.put("reshape", moves, shape=(0, -1, 4))
    moved = chain.put("add", chain.put("multiply", apart, boxes), boxes)
    _suppress(node, chain, moved, chain.put("transpose", best, permutation=(0, 2, 1)))
    joined = chain.put("concatenate", classes, best, moved, axis=2)
    return chain.end("sort", joined, axis=1)


def _suppress(node: NativeMxnetNode, chain: Chain, boxes: str, scores: str) -> None:
    """Hold boxes against each other; how many are left is not needed, since all rows stay."""
    most = node.integer("nms_topk", "topk", default=-1)
    largest = node.constant((most if 0 < most < _MOST_BOXES else _MOST_BOXES,))
    chain.put("non_max_suppression", boxes, scores, largest)


def suppression(node: NativeMxnetNode) -> list[Step]:
    """box_nms: the rows in order of their scores; those that overlap are marked, none goes."""
    chain, data = Chain(node), node.input(0)
    first, score = node.integer("coord_start", default=2), node.integer("score_index", default=1)
    boxes = chain.put("slice", data, starts=(first,), ends=(first + 4,), axes=(-1,))
    scores = chain.put("slice", data, starts=(score,), ends=(score + 1,), axes=(-1,))
    turned = chain.put("transpose", scores, swapped=(-1, -2))
    _suppress(node, chain, boxes, turned)
    steps = chain.end("sort", data, axis=-2)
    if not node.output(1):
        return steps
    places = node.step("slice", (data,), (node.output(1),), starts=(0,), ends=(1,), axes=(-1,))
    return [places, *steps]


def proposals(node: NativeMxnetNode) -> list[Step]:
    """Proposal: as many regions as are asked for; how they are found is not counted."""
    count = node.integer("rpn_post_nms_top_n", default=300)
    if not 0 < count <= _MOST_BOXES or "Multi" in node.operation:
        return unknown(node)
    steps = state(node, "f32", (count, 5))
    if node.output(1):
        return unknown(node)
    return steps


def regions(mode: str) -> Rule:
    """ROIPooling, ROIAlign: a window of each region of an image."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        size = node.demand_integers("pooled_size")
        return [
            node.step(
                "roi_align",
                node.inputs[:2],
                node.outputs[:1],
                output_height=size[0],
                output_width=size[-1],
                sampling_ratio=max(node.integer("sample_ratio", default=0), 0),
                mode=mode,
            )
        ]

    return rule
