"""Rules for ONNX operations that treat elements alike, and the makers of simple rules.

Where an operation changed between versions, a rule goes by ``call.version``. Descriptions of the
operations: https://onnx.ai/onnx/operators/. ``onnx_operations`` says which rule is whose.
"""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Attribute
from cyborg_rr.readers.onnx.tensors import ELEMENT_TYPES
from cyborg_rr.readers.onnx.translation.call import Call, Rule, Step

_ELEMENT_NAMES = {  # Cast before version 6 names its type
    "FLOAT": "f32", "DOUBLE": "f64", "FLOAT16": "f16", "INT64": "i64", "INT32": "i32",
    "INT16": "i16", "INT8": "i8", "UINT64": "u64", "UINT32": "u32", "UINT16": "u16",
    "UINT8": "u8", "BOOL": "i1", "STRING": "str", "COMPLEX64": "c64", "COMPLEX128": "c128",
}  # fmt: skip


def plain(operation: str, **constants: Attribute) -> Rule:
    """The same inputs and outputs, with attributes that are always so."""

    def rule(call: Call) -> list[Step]:
        return [call.step(operation, **constants)]

    return rule


def numbers(operation: str, **defaults: float) -> Rule:
    """A function of one tensor with number attributes and their defaults."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(operation, **{name: call.number(name, defaults[name]) for name in defaults})
        ]

    return rule


def axis(operation: str, default: int, **constants: Attribute) -> Rule:
    """An operation along one axis."""

    def rule(call: Call) -> list[Step]:
        return [call.step(operation, axis=call.integer("axis", default), **constants)]

    return rule


def unknown(call: Call) -> list[Step]:
    """An operation that has no canonical one."""
    return [call.step("unknown")]


def element_type_attribute(call: Call, name: str) -> str | None:
    """The element type that an attribute gives by number, or by name in old versions."""
    if not call.has(name):
        return None
    value = call.node.attributes[name]
    known = (
        _ELEMENT_NAMES.get(value.upper())
        if isinstance(value, str)
        else ELEMENT_TYPES.get(call.integer(name, 0))
    )
    if known is None:
        raise call.refuse(f"attribute '{name}' names no element type")
    return known


def binary(operation: str) -> Rule:
    """Element by element on two tensors. Before version 7 only the second was stretched."""

    def rule(call: Call) -> list[Step]:
        if call.version < 7 and call.flag("broadcast"):
            return [call.step(operation, broadcast_axis=call.integer("axis", -1))]
        return [call.step(operation)]

    return rule


def compare(direction: str) -> Rule:
    """A comparison: element by element into booleans."""

    def rule(call: Call) -> list[Step]:
        legacy = call.version < 7 and call.flag("broadcast")
        axis = call.integer("axis", -1) if legacy else None
        return [call.step("compare", direction=direction, broadcast_axis=axis)]

    return rule


def cast(call: Call) -> list[Step]:
    """Cast, and CastLike where the file states the type of its second input."""
    if call.node.operation == "CastLike":
        known = call.element_type(1)
        return [call.step("convert", element_type=known)]
    return [call.step("convert", element_type=element_type_attribute(call, "to"))]


def bit_cast(call: Call) -> list[Step]:
    """BitCast: the same bits under another element type."""
    return [call.step("bitcast_convert", element_type=element_type_attribute(call, "to"))]


def bit_shift(call: Call) -> list[Step]:
    """BitShift."""
    left = call.text("direction").upper() == "LEFT"
    return [call.step("shift_left" if left else "shift_right_logical")]


def clip(call: Call) -> list[Step]:
    """Clip: the bounds were attributes before version 11."""
    if call.version >= 11:
        return [call.step("clamp")]
    low = call.number("min", 0.0) if call.has("min") else None
    high = call.number("max", 0.0) if call.has("max") else None
    return [call.step("clamp", minimum=low, maximum=high)]


def quantize(call: Call) -> list[Step]:
    """QuantizeLinear: the type is said, or that of the zero point, else u8."""
    said = element_type_attribute(call, "output_dtype") if call.integer("output_dtype", 0) else None
    known = said or call.element_type(2) or ("u8" if not call.input(2) else None)
    return [call.step("quantize", element_type=known, axis=call.integer("axis", 1))]


def dequantize(call: Call) -> list[Step]:
    """DequantizeLinear: the type is said, or that of the scale."""
    said = element_type_attribute(call, "output_dtype") if call.integer("output_dtype", 0) else None
    known = said or call.element_type(1)
    return [call.step("dequantize", element_type=known, axis=call.integer("axis", 1))]


def random(call: Call) -> list[Step]:
    """RandomNormal and the like: a shape of their own, or that of the input."""
    element_type = element_type_attribute(call, "dtype")
    if call.inputs:
        return [call.step("random", element_type=element_type or call.element_type(0))]
    return [call.step("random", shape=call.integers("shape"), element_type=element_type or "f32")]


def gated_silu(call: Call) -> list[Step]:
    """SwiGLU: the swish of the first input times the second."""
    gate = call.fresh("gate")
    return [
        call.step("silu", call.inputs[:1], (gate,)),
        call.step("multiply", (gate, call.input(1))),
    ]


def softmax(operation: str) -> Rule:
    """Softmax, LogSoftmax: before version 13 over everything from the axis on."""

    def rule(call: Call) -> list[Step]:
        if call.version < 13:
            return [call.step(operation, flatten_axis=call.integer("axis", 1))]
        return [call.step(operation, axis=call.integer("axis", -1))]

    return rule


def normalization(operation: str) -> Rule:
    """LayerNormalization, RMSNormalization."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(
                operation, axis=call.integer("axis", -1), epsilon=call.number("epsilon", 1e-5)
            )
        ]

    return rule


def group_normalization(call: Call) -> list[Step]:
    """GroupNormalization."""
    return [call.step("group_normalization", groups=call.integer("num_groups", 1))]
