"""Rules for ONNX operations that change shapes: reductions, movement and making tensors."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Scalar, StoredTensor, TensorType
from cyborg_rr.readers.onnx.schema import OnnxNode
from cyborg_rr.readers.onnx.translation.call import Call, Rule, Step
from cyborg_rr.readers.onnx.translation.rules import element_type_attribute


def reduction(function: str, axes_input_since: int) -> Rule:
    """ReduceXyz: the axes became an input at some version."""

    def rule(call: Call) -> list[Step]:
        as_input = call.version >= axes_input_since
        return [
            call.step(
                "reduce",
                function=function,
                axes=None if as_input else call.integers("axes"),
                keep_dimensions=call.flag("keepdims", True),
                noop_with_empty_axes=call.flag("noop_with_empty_axes"),
            )
        ]

    return rule


def arg_reduction(function: str) -> Rule:
    """ArgMax, ArgMin."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(
                "reduce",
                function=function,
                axes=(call.integer("axis", 0),),
                keep_dimensions=call.flag("keepdims", True),
                element_type="i64",
            )
        ]

    return rule


def top_k(call: Call) -> list[Step]:
    """TopK: k was an attribute before version 10."""
    count = call.integer("k", 1) if call.version < 10 else None
    return [call.step("top_k", k=count, axis=call.integer("axis", -1), index_type="i64")]


def concatenate(call: Call) -> list[Step]:
    """Concat: the axis was 1 unless said in version 1 and must be said since."""
    if call.version >= 4 and not call.has("axis"):
        raise call.refuse("attribute 'axis' is missing")
    return [call.step("concatenate", axis=call.integer("axis", 1))]


def reshape(call: Call) -> list[Step]:
    """Reshape: the shape was an attribute before version 5."""
    shape = call.integers("shape") if call.version < 5 else None
    return [call.step("reshape", shape=shape, allow_zero=call.flag("allowzero"))]


def axes(operation: str, input_since: int) -> Rule:
    """Squeeze, Unsqueeze: the axes became an input at version 13."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(operation, axes=call.integers("axes") if call.version < input_since else None)
        ]

    return rule


def transpose(call: Call) -> list[Step]:
    """Transpose."""
    return [call.step("transpose", permutation=call.integers("perm"))]


def split(call: Call) -> list[Step]:
    """Split: sizes were an attribute until version 13, an input in versions 1 and from 13 on."""
    sizes = call.integers("split") if call.version < 13 else None
    return [
        call.step(
            "split",
            axis=call.integer("axis", 0),
            split=sizes,
            num_outputs=call.integer("num_outputs", len(call.outputs)),
        )
    ]


def slice_(call: Call) -> list[Step]:
    """Slice: all but the data were attributes before version 10."""
    if call.version >= 10:
        return [call.step("slice")]
    return [
        call.step(
            "slice",
            starts=call.integers("starts"),
            ends=call.integers("ends"),
            axes=call.integers("axes"),
        )
    ]


def pad(call: Call) -> list[Step]:
    """Pad: the pads were an attribute before version 11, called paddings in version 1."""
    if call.version >= 11:
        return [call.step("pad", mode=call.text("mode", "constant"))]
    pads = call.integers("pads") or call.integers("paddings") or ()
    if len(pads) % 2:
        raise call.refuse(f"an odd number of pads: {list(pads)}")
    half = len(pads) // 2
    return [
        call.step(
            "pad",
            mode=call.text("mode", "constant"),
            padding_low=pads[:half],
            padding_high=pads[half:],
        )
    ]


def gather_nd(call: Call) -> list[Step]:
    """GatherND."""
    return [call.step("gather_nd", batch_dims=call.integer("batch_dims", 0))]


def scatter_elements(call: Call) -> list[Step]:
    """Scatter, ScatterElements: from version 16 on updates may combine with what stands there."""
    axis = call.integer("axis", 0)
    return [call.step("scatter_elements", axis=axis, reduction=call.text("reduction") or None)]


def scatter_nd(call: Call) -> list[Step]:
    """ScatterND."""
    return [call.step("scatter_nd", reduction=call.text("reduction") or None)]


def tile(call: Call) -> list[Step]:
    """Tile: version 1 takes a count and an axis, which is another operation."""
    return [call.step("tile" if call.version >= 6 else "unknown")]


def resize(call: Call) -> list[Step]:
    """Resize and its forerunner Upsample, whose scales stood elsewhere."""
    mode = call.text("mode", "nearest")
    if call.node.operation == "Resize" and call.version >= 11:
        policy = call.text("keep_aspect_ratio_policy", "stretch")
        axes = call.integers("axes")
        return [call.step("resize", axes=axes, mode=mode, keep_aspect_ratio_policy=policy)]
    if len(call.inputs) > 1:
        return [call.step("resize", (call.input(0), "", call.input(1)), mode=mode)]
    scales = call.floats("scales")
    if scales is None:
        scales = (1.0, 1.0, call.number("height_scale", 1.0), call.number("width_scale", 1.0))
    return [call.step("resize", scales=scales, mode=mode)]


def unique(call: Call) -> list[Step]:
    """Unique: over all elements unless an axis is said."""
    return [call.step("unique", axis=call.integer("axis", 0) if call.has("axis") else None)]


def block_size(operation: str) -> Rule:
    """DepthToSpace, SpaceToDepth."""

    def rule(call: Call) -> list[Step]:
        return [call.step(operation, blocksize=call.integer("blocksize", 1))]

    return rule


def shape_of(call: Call) -> list[Step]:
    """Shape."""
    end = call.integer("end", 0) if call.has("end") else None
    return [call.step("shape_of", start=call.integer("start", 0), end=end)]


def fill_value(node: OnnxNode) -> tuple[str, Scalar]:
    """Element type and value of a ConstantOfShape: a float zero unless it says otherwise."""
    value = node.attributes.get("value")
    if not isinstance(value, StoredTensor):
        return "f32", 0.0
    return value.type.element_type or "f32", value.values[0] if value.values else 0.0


def constant_of_shape(call: Call) -> list[Step]:
    """ConstantOfShape whose shape is not stored."""
    element_type, value = fill_value(call.node)
    stated = {call.output(0): TensorType(element_type, None)}
    return [
        call.step("constant_of_shape", None, None, stated, element_type=element_type, value=value)
    ]


def eye_like(call: Call) -> list[Step]:
    """EyeLike."""
    return [call.step("eye_like", element_type=element_type_attribute(call, "dtype"))]
