"""Rules for operations that give elements other places, take some or make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.readers.kit.opset.native import OpsetNode, Rule, chain, first, needing, unknown
from cyborg_rr.readers.kit.opset.shaping import strided_slice
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.ngraph.translation.native import NativeOperation
from cyborg_rr.readers.ngraph.translation.windows import own
from cyborg_rr.readers.reading.limits import MAX_RANK


def reshape(node: NativeOperation) -> list[Step]:
    """Reshape: dimensions in another order, then other sizes."""
    order, shape = node.demand("input_order"), node.demand("output_shape")
    sizes: dict[str, AttributeValue] = {"shape": shape, "allow_zero": True}
    if order == tuple(range(len(order))):
        return [node.step("reshape", node.inputs[:1], shape=shape, allow_zero=True)]
    before = node.static(0)
    if before is not None and len(before) == len(order) and sorted(order) == list(
        range(len(order))
    ):  # fmt: skip
        turned = tuple(before[axis] for axis in order)
        if turned == shape:
            return [node.step("transpose", node.inputs[:1], permutation=order)]
    return chain(node, [("transpose", (), {"permutation": order}), ("reshape", (), sizes)])


def broadcast(node: NativeOperation) -> list[Step]:
    """Broadcast: the axes are those that are new."""
    shape, new = node.demand("shape"), node.demand("axes", "broadcast_axes")
    kept = tuple(axis for axis in range(len(shape)) if axis not in new)
    inputs = node.inputs[:1]
    return [node.step("broadcast_in_dim", inputs, shape=shape, broadcast_dimensions=kept)]


def broadcast_like(node: NativeOperation) -> list[Step]:
    """BroadcastLike(data, like)."""
    shape, new = node.sizes(1), node.demand("initial_axes", "broadcast_axes")
    kept = tuple(axis for axis in range(len(shape)) if axis not in new)
    inputs = node.inputs[:1]
    return [node.step("broadcast_in_dim", inputs, shape=shape, broadcast_dimensions=kept)]


def concatenate(node: NativeOperation) -> list[Step]:
    """Concat."""
    axis = node.attribute("axis", "concatenation_axis")
    if type(axis) is not int:
        raise node.refuse("attribute 'axis' is missing")
    return [node.step("concatenate", axis=axis)]


def slice_(node: NativeOperation) -> list[Step]:
    """Slice."""
    low, high = node.demand("lower_bounds"), node.demand("upper_bounds")
    steps = node.integers("strides")
    axes = tuple(range(len(low)))
    inputs = node.inputs[:1]
    return [node.step("slice", inputs, starts=low, ends=high, axes=axes, steps=steps or None)]


def pad(node: NativeOperation) -> list[Step]:
    """Pad(data, value)."""
    mode = node.text("pad_mode", default="constant")
    inside = node.integers("padding_interior")
    inputs = (node.input(0), "", *node.inputs[1:2])
    return [
        node.step(
            "pad", inputs, padding_low=node.demand("padding_below"),
            padding_high=node.demand("padding_above"),
            padding_interior=inside if inside and any(inside) else None,
            mode="reflect" if mode == "symmetric" else mode,
        )
    ]  # fmt: skip


def reverse(node: NativeOperation) -> list[Step]:
    """Reverse."""
    return [node.step("reverse", node.inputs[:1], axes=node.demand("reversed_axes"))]


def one_hot(node: NativeOperation) -> list[Step]:
    """OneHot: the length of the new dimension is that of the result."""
    shape, axis = node.demand("shape"), node.integer("one_hot_axis", "axis", default=0)
    if not 0 <= axis < len(shape):
        raise node.refuse(f"its dimension {axis} is none of {len(shape)}")
    depth = node.constant((shape[axis],), "i64")
    values = node.constant((0, 1), node.element_type(0) or "f32")
    return [node.step("one_hot", (node.input(0), depth, values), axis=axis)]


def embedding(node: NativeOperation) -> list[Step]:
    """EmbeddingLookup(indices, table)."""
    return [node.step("gather", (node.input(1), node.input(0)), axis=0)]


def gather(node: NativeOperation) -> list[Step]:
    """Gather(table, indices)."""
    return [node.step("gather", node.inputs[:2], axis=node.integer("axis", default=0))]


def split(node: NativeOperation) -> list[Step]:
    """Split: into equal parts, or into those of stated sizes; an operand says where since 0.25."""
    axis = node.one(1) if node.has_input(1) else node.integer("axis", default=0)
    if axis is None:
        return unknown(node)
    sizes = node.integers("splits")
    count = None if sizes else node.integer("num_split", "num_splits", default=len(node.outputs))
    return [node.step("split", node.inputs[:1], axis=axis, split=sizes, num_outputs=count)]


def block_size(operation: str) -> Rule:
    """DepthToSpace, SpaceToDepth."""

    def rule(node: NativeOperation) -> list[Step]:
        size = node.integer("block_size", default=1)
        return [node.step(operation, node.inputs[:1], blocksize=size)]

    return needing(1, own(rule))


def like(node: NativeOperation) -> list[Step]:
    """ScalarConstantLike: one number of the operand's type."""
    kind = node.typed("element_type") or node.element_type(0) or "f32"
    stated = {node.output(0): TensorType(kind, ())}
    shape = node.constant((), "i64")
    return [node.step("constant_of_shape", (shape,), None, stated, element_type=kind)]


def mask(node: NativeOperation) -> list[Step]:
    """GenerateMask, RandomUniform: numbers that are drawn."""
    shape = node.integers("output_shape", "fixed_output_shape", "shape")
    kind = node.typed("type", "element_type", "output_type") or node.element_type(0)
    if shape is None or kind is None:
        return unknown(node)
    return [node.step("random", (), shape=shape, element_type=kind)]


def partial_slice(node: NativeOperation) -> list[Step]:
    """PartialSlice: along the axes that it names, some of which go."""
    axes, low, high = node.demand("axes"), node.demand("lower_bounds"), node.demand("upper_bounds")
    gone = node.integers("decrease_axis", "decrease_axes") or ()
    whole: dict[str, AttributeValue] = {"starts": low, "ends": high, "axes": axes}
    if not gone:
        return chain(node, [("slice", (), whole)])
    return chain(node, [("slice", (), whole), ("squeeze", (), {"axes": gone})])


def stack(node: NativeOperation) -> list[Step]:
    """Stack: along a new dimension."""
    axis, parts, steps = node.integer("axis", default=0), [], []
    for place, name in enumerate(node.inputs):
        parts.append(node.fresh(f"part{place}"))
        steps.append(Step("unsqueeze", (name,), (parts[place],), {"axes": (axis,)}))
    return [*steps, node.step("concatenate", tuple(parts), axis=axis)]


def dynamic_slice(node: OpsetNode) -> list[Step]:
    """DynSlice: masks are sets of the places that they mark."""
    marks = {
        "begin_mask": "lower_bounds_mask", "end_mask": "upper_bounds_mask",
        "new_axis_mask": "new_axis", "shrink_axis_mask": "shrink_axis",
        "ellipsis_mask": "ellipsis_mask",
    }  # fmt: skip
    attributes: dict[str, object] = {}
    for name, stated in marks.items():
        places = node.integers(stated) or ()
        if any(not 0 <= each < MAX_RANK for each in places):
            raise node.refuse("its masks name dimensions that are not there")
        attributes[name] = [int(each in places) for each in range(max(places, default=-1) + 1)]
    return strided_slice(replace(node, attributes=attributes))


RULES: Final[Mapping[str, Rule]] = {
    "Reshape": needing(1, own(reshape)),
    "Broadcast": needing(1, own(broadcast)),
    "BroadcastLike": needing(2, own(broadcast_like)),
    "Concat": needing(1, own(concatenate)),
    "Slice": needing(1, own(slice_)),
    "PartialSlice": needing(1, own(partial_slice)),
    "ReplaceSlice": first("dynamic_update_slice", 2),
    "UpdateSlice": first("dynamic_update_slice", 2),
    "DynReplaceSlice": first("dynamic_update_slice", 2),
    "DynReshape": first("reshape", 2, allow_zero=True),
    "DynBroadcast": first("expand", 2),
    "DynSlice": needing(3, dynamic_slice),
    "Pad": needing(1, own(pad)),
    "Reverse": needing(1, own(reverse)),
    "OneHot": needing(1, own(one_hot)),
    "EmbeddingLookup": needing(2, own(embedding)),
    "Gather": needing(2, own(gather)),
    "GatherND": first("gather_nd", 2),
    "ScatterAdd": first("scatter", 3),
    "ScatterND": first("scatter_nd", 3),
    "ScatterNDAdd": first("scatter_nd", 3, reduction="add"),
    "Split": needing(1, own(split)),
    "Stack": needing(1, own(stack)),
    "DepthToSpace": block_size("depth_to_space"),
    "SpaceToDepth": block_size("space_to_depth"),
    "ShuffleChannels": first("copy"),
    "ConvertLayout": first("copy"),
    "ScalarConstantLike": needing(1, own(like)),
    "GenerateMask": needing(0, own(mask)),
    "RandomUniform": needing(0, own(mask)),
    "StopGradient": first("identity"),
    "Passthrough": unknown,
}
