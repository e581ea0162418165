"""Rules for ONNX operations that change shapes: reductions, movement and making tensors."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Scalar, StoredTensor, TensorType
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.dialects.onnx.translation.rules import element_type_attribute
from cyborg_rr.readers.kit.steps import Step


def reduction(function: str, axes_input_since: int) -> Rule:
    """ReduceXyz: the axes became an input at some version."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        as_input = node.version >= axes_input_since
        return [
            node.step(
                "reduce",
                function=function,
                axes=None if as_input else node.integers("axes"),
                keep_dimensions=node.flag("keepdims", default=True),
                noop_with_empty_axes=node.flag("noop_with_empty_axes"),
            )
        ]

    return rule


def arg_reduction(function: str) -> Rule:
    """ArgMax, ArgMin."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        return [
            node.step(
                "reduce",
                function=function,
                axes=(node.integer("axis", default=0),),
                keep_dimensions=node.flag("keepdims", default=True),
                element_type="i64",
            )
        ]

    return rule


def top_k(node: NativeOnnxNode) -> list[Step]:
    """TopK: k was an attribute before version 10."""
    count = node.integer("k", default=1) if node.version < 10 else None
    return [node.step("top_k", k=count, axis=node.integer("axis", default=-1), index_type="i64")]


def concatenate(node: NativeOnnxNode) -> list[Step]:
    """Concat: the axis was 1 unless said in version 1 and must be said since."""
    if node.version >= 4:
        node.demand("axis")
    return [node.step("concatenate", axis=node.integer("axis", default=1))]


def reshape(node: NativeOnnxNode) -> list[Step]:
    """Reshape: the shape was an attribute before version 5."""
    shape = node.integers("shape") if node.version < 5 else None
    return [node.step("reshape", shape=shape, allow_zero=node.flag("allowzero"))]


def axes(operation: str, input_since: int) -> Rule:
    """Squeeze, Unsqueeze: the axes became an input at version 13."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        return [
            node.step(operation, axes=node.integers("axes") if node.version < input_since else None)
        ]

    return rule


def transpose(node: NativeOnnxNode) -> list[Step]:
    """Transpose."""
    return [node.step("transpose", permutation=node.integers("perm"))]


def split(node: NativeOnnxNode) -> list[Step]:
    """Split: sizes were an attribute until version 13, an input in versions 1 and from 13 on."""
    sizes = node.integers("split") if node.version < 13 else None
    return [
        node.step(
            "split",
            axis=node.integer("axis", default=0),
            split=sizes,
            num_outputs=node.integer("num_outputs", default=len(node.outputs)),
        )
    ]


def slice_(node: NativeOnnxNode) -> list[Step]:
    """Slice: all but the data were attributes before version 10."""
    if node.version >= 10:
        return [node.step("slice")]
    return [
        node.step(
            "slice",
            starts=node.integers("starts"),
            ends=node.integers("ends"),
            axes=node.integers("axes"),
        )
    ]


def pad(node: NativeOnnxNode) -> list[Step]:
    """Pad: the pads were an attribute before version 11, called paddings in version 1."""
    if node.version >= 11:
        return [node.step("pad", mode=node.text("mode", default="constant"))]
    pads = node.integers("pads") or node.integers("paddings") or ()
    if len(pads) % 2:
        raise node.refuse(f"an odd number of pads: {list(pads)}")
    half = len(pads) // 2
    return [
        node.step(
            "pad",
            mode=node.text("mode", default="constant"),
            padding_low=pads[:half],
            padding_high=pads[half:],
        )
    ]


def gather_nd(node: NativeOnnxNode) -> list[Step]:
    """GatherND."""
    return [node.step("gather_nd", batch_dims=node.integer("batch_dims", default=0))]


def scatter_elements(node: NativeOnnxNode) -> list[Step]:
    """Scatter, ScatterElements: from version 16 on updates may combine with what stands there."""
    axis = node.integer("axis", default=0)
    return [node.step("scatter_elements", axis=axis, reduction=node.text("reduction") or None)]


def scatter_nd(node: NativeOnnxNode) -> list[Step]:
    """ScatterND."""
    return [node.step("scatter_nd", reduction=node.text("reduction") or None)]


def tile(node: NativeOnnxNode) -> list[Step]:
    """Tile: version 1 takes a count and an axis, which is another operation."""
    return [node.step("tile" if node.version >= 6 else "unknown")]


def resize(node: NativeOnnxNode) -> list[Step]:
    """Resize and its forerunner Upsample, whose scales stood elsewhere."""
    mode = node.text("mode", default="nearest")
    if node.operation == "Resize" and node.version >= 11:
        policy = node.text("keep_aspect_ratio_policy", default="stretch")
        axes = node.integers("axes")
        return [node.step("resize", axes=axes, mode=mode, keep_aspect_ratio_policy=policy)]
    if len(node.inputs) > 1:
        return [node.step("resize", (node.input(0), "", node.input(1)), mode=mode)]
    scales = node.numbers("scales")
    if scales is None:
        scales = (
            1.0,
            1.0,
            node.number("height_scale", default=1.0),
            node.number("width_scale", default=1.0),
        )
    return [node.step("resize", scales=scales, mode=mode)]


def unique(node: NativeOnnxNode) -> list[Step]:
    """Unique: over all elements unless an axis is said."""
    return [node.step("unique", axis=node.integer("axis", default=0) if node.has("axis") else None)]


def compress(node: NativeOnnxNode) -> list[Step]:
    """Compress: elements are chosen unless an axis is said."""
    axis = node.integer("axis", default=0) if node.has("axis") else None
    return [node.step("compress", axis=axis)]


def block_size(operation: str) -> Rule:
    """DepthToSpace, SpaceToDepth."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        return [node.step(operation, blocksize=node.demand_integer("blocksize"))]

    return rule


def shape_of(node: NativeOnnxNode) -> list[Step]:
    """Shape."""
    end = node.integer("end", default=0) if node.has("end") else None
    return [node.step("shape_of", start=node.integer("start", default=0), end=end)]


def fill_value(value: object) -> tuple[str, Scalar]:
    """Element type and value that a ConstantOfShape states: a float zero unless it does."""
    if not isinstance(value, StoredTensor):
        return "f32", 0.0
    return value.type.element_type or "f32", value.values[0] if value.values else 0.0


def constant_of_shape(node: NativeOnnxNode) -> list[Step]:
    """ConstantOfShape whose shape is not stored."""
    element_type, value = fill_value(node.attribute("value"))
    stated = {node.output(0): TensorType(element_type, None)}
    return [
        node.step("constant_of_shape", None, None, stated, element_type=element_type, value=value)
    ]


def eye_like(node: NativeOnnxNode) -> list[Step]:
    """EyeLike."""
    return [node.step("eye_like", element_type=element_type_attribute(node, "dtype"))]
