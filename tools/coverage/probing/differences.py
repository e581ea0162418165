"""In what a call of an operation differs from another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onnx import helper
from probing.calls import Call, Operand

_SIZES = ("kernel_shape", "equation", "axes", "axis", "num_heads", "q_num_heads", "kv_num_heads")
"""Attributes that follow the shapes of operands."""

Difference = tuple[str, Any, Any]


def list_differences(first: Call, call: Call) -> Iterator[Difference]:
    """In what a call differs from the first one, each by itself."""
    for name in sorted({*first.attributes, *call.attributes}):
        if name not in _SIZES and first.attributes.get(name) != call.attributes.get(name):
            yield "attribute", name, call.attributes.get(name)
    count = max(len(first.operands), len(call.operands))
    absent = Operand(None)
    mine = (*first.operands, *[absent] * (count - len(first.operands)))
    others = (*call.operands, *[absent] * (count - len(call.operands)))
    for place, (one, other) in enumerate(zip(mine, others, strict=True)):
        if one.shape is None and other.shape is not None:
            yield "present", place, None
        elif one.shape is not None and other.shape is None:
            yield "absent", place, None
        elif one.shape is not None and other.shape is not None:
            if len(one.shape) != len(other.shape):
                yield "rank", place, len(other.shape)
            elif one.shape != other.shape or one.values != other.values:
                yield "value", place, (other.shape, other.values)


def read_default(attribute: Any) -> Any:
    """The value of an attribute that is left out; None where there is none."""
    if not attribute.name:
        return None
    value = helper.get_attribute_value(attribute)
    if isinstance(value, tuple | list):
        return [_read_text(each) for each in value]
    return _read_text(value)


def _read_text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
