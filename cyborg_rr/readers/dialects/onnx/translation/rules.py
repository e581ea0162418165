"""Rules for ONNX operations that treat elements alike.

Where an operation changed between versions, a rule goes by ``node.version``. Descriptions of the
operations: https://onnx.ai/onnx/operators/. ``operations`` says which rule is whose.
"""

from __future__ import annotations

from cyborg_rr.readers.dialects.onnx.tensors import ELEMENT_TYPES
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.kit.steps import Step

_ELEMENT_NAMES = {  # Cast before version 6 names its type
    "FLOAT": "f32", "DOUBLE": "f64", "FLOAT16": "f16", "INT64": "i64", "INT32": "i32",
    "INT16": "i16", "INT8": "i8", "UINT64": "u64", "UINT32": "u32", "UINT16": "u16",
    "UINT8": "u8", "BOOL": "i1", "STRING": "str", "COMPLEX64": "c64", "COMPLEX128": "c128",
}  # fmt: skip


def element_type_attribute(node: NativeOnnxNode, name: str) -> str | None:
    """The element type that an attribute gives by number, or by name in old versions."""
    if not node.has(name):
        return None
    value = node.attributes[name]
    known = (
        _ELEMENT_NAMES.get(value.upper())
        if isinstance(value, str)
        else ELEMENT_TYPES.get(node.integer(name, default=0))
    )
    if known is None:
        raise node.refuse(f"attribute '{name}' names no element type")
    return known


def binary(operation: str) -> Rule:
    """Element by element on two tensors. Before version 7 only the second was stretched."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        if node.version < 7 and node.flag("broadcast"):
            return [node.step(operation, broadcast_axis=node.integer("axis", default=-1))]
        return [node.step(operation)]

    return rule


def compare(direction: str) -> Rule:
    """A comparison: element by element into booleans."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        legacy = node.version < 7 and node.flag("broadcast")
        axis = node.integer("axis", default=-1) if legacy else None
        return [node.step("compare", direction=direction, broadcast_axis=axis)]

    return rule


def cast(node: NativeOnnxNode) -> list[Step]:
    """Cast, and CastLike where the file states the type of its second input."""
    if node.operation == "CastLike":
        known = node.element_type(1)
        return [node.step("convert", element_type=known)]
    return [node.step("convert", element_type=element_type_attribute(node, "to"))]


def bit_cast(node: NativeOnnxNode) -> list[Step]:
    """BitCast: the same bits under another element type."""
    node.demand("to")
    return [node.step("bitcast_convert", element_type=element_type_attribute(node, "to"))]


def bit_shift(node: NativeOnnxNode) -> list[Step]:
    """BitShift."""
    left = node.text("direction").upper() == "LEFT"
    return [node.step("shift_left" if left else "shift_right_logical")]


def clip(node: NativeOnnxNode) -> list[Step]:
    """Clip: the bounds were attributes before version 11."""
    if node.version >= 11:
        return [node.step("clamp")]
    low = node.number("min", default=0.0) if node.has("min") else None
    high = node.number("max", default=0.0) if node.has("max") else None
    return [node.step("clamp", minimum=low, maximum=high)]


def quantize(node: NativeOnnxNode) -> list[Step]:
    """QuantizeLinear: the type is said, or that of the zero point, else u8."""
    said = (
        element_type_attribute(node, "output_dtype")
        if node.integer("output_dtype", default=0)
        else None
    )
    known = said or node.element_type(2) or ("u8" if not node.input(2) else None)
    return [node.step("quantize", element_type=known, axis=node.integer("axis", default=1))]


def dequantize(node: NativeOnnxNode) -> list[Step]:
    """DequantizeLinear: the type is said, or that of the scale."""
    said = (
        element_type_attribute(node, "output_dtype")
        if node.integer("output_dtype", default=0)
        else None
    )
    known = said or node.element_type(1)
    return [node.step("dequantize", element_type=known, axis=node.integer("axis", default=1))]


def random(node: NativeOnnxNode) -> list[Step]:
    """RandomNormal and the like: a shape of their own, or that of the input."""
    element_type = element_type_attribute(node, "dtype")
    if node.inputs:
        return [node.step("random", element_type=element_type or node.element_type(0))]
    return [node.step("random", shape=node.integers("shape"), element_type=element_type or "f32")]


def gated_silu(node: NativeOnnxNode) -> list[Step]:
    """SwiGLU: the swish of the first input times the second."""
    gate = node.fresh("gate")
    return [
        node.step("silu", node.inputs[:1], (gate,)),
        node.step("multiply", (gate, node.input(1))),
    ]


def softmax(operation: str) -> Rule:
    """Softmax, LogSoftmax: before version 13 over everything from the axis on."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        if node.version < 13:
            return [node.step(operation, flatten_axis=node.integer("axis", default=1))]
        return [node.step(operation, axis=node.integer("axis", default=-1))]

    return rule


def normalization(operation: str) -> Rule:
    """LayerNormalization, RMSNormalization."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        return [
            node.step(
                operation,
                axis=node.integer("axis", default=-1),
                epsilon=node.number("epsilon", default=1e-5),
            )
        ]

    return rule


def group_normalization(node: NativeOnnxNode) -> list[Step]:
    """GroupNormalization."""
    return [node.step("group_normalization", groups=node.demand_integer("num_groups"))]


def local_response_normalization(node: NativeOnnxNode) -> list[Step]:
    """LRN."""
    return [node.step("local_response_normalization", size=node.demand_integer("size"))]


def moments_normalization(node: NativeOnnxNode) -> list[Step]:
    """MeanVarianceNormalization."""
    return [node.step("mean_variance_normalization", axes=node.integers("axes"))]


def length_normalization(node: NativeOnnxNode) -> list[Step]:
    """LpNormalization."""
    along, order = node.integer("axis", default=-1), node.integer("p", default=2)
    return [node.step("l2_normalization", axis=along, order=order)]
