"""Rules for quantised operations, whose weights come packed together with their bias.

aten/src/ATen/native/quantized/library.cpp. What is packed is a record here: ``weight``, ``bias``
and, of convolutions, how the window moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import StoredTensor
from cyborg_rr.readers.torchscript.element_types import QUANTISED
from cyborg_rr.readers.torchscript.translation.call import Call, NoRule, Rule
from cyborg_rr.readers.torchscript.values import Record, Ref, Sequence, Value

_WINDOW: Final = ("stride", "padding", "dilation")


def pack(call: Call) -> Value:
    """..._prepack(weight, bias, stride, padding, dilation, groups): no operation yet."""
    names = ("weight", "bias", *_WINDOW, "groups")
    return Record("packed", {name: call.get(place, name) for place, name in enumerate(names)})


def unpack_state(parts: list[Value], stored: Mapping[str, StoredTensor]) -> Value:
    """What the state of a packed object holds: (weight, bias), or lists with a row of numbers.

    The row has the number of dimensions, strides, padding, dilations, padding of the result,
    groups, and whether it is transposed (ConvPackedParams, version 2 and 3).
    """
    if len(parts) == 2:
        return Record("packed", {"weight": parts[0], "bias": parts[1]})
    lists = [part.parts for part in parts if isinstance(part, Sequence)]
    if len(lists) != 2 or len(lists[0]) != 2 or not isinstance(lists[0][0], Ref):
        return Record("packed", {})
    numbers_of = stored.get(lists[0][0].name)
    row = [each for each in (numbers_of and numbers_of.values) or () if isinstance(each, int)]
    count = row[0] if row else 0
    if not 1 <= count <= 3 or len(row) != 4 * count + 3:
        return Record("packed", {})
    entries: dict[object, Value] = {
        "weight": lists[0][1], "bias": lists[1][0] if lists[1] else None, "groups": row[-2],
    }  # fmt: skip
    for place, name in enumerate(_WINDOW):
        first = 1 + place * count
        numbers: list[Value] = list(row[first : first + count])
        entries[name] = Sequence(numbers)
    return Record("packed", entries)


def _packed(call: Call) -> tuple[Record, str, str]:
    """The packed operand with the names of its weight and its bias."""
    packed = call.get(1, "packed")
    if not isinstance(packed, Record) or "weight" not in packed.entries:
        raise NoRule
    weight = call.name_of(packed.entries["weight"])
    return packed, weight, call.name_of(packed.entries.get("bias"))


def linear(rectified: bool = False) -> Rule:
    """linear(x, packed, scale, zero point): whole numbers in and out."""

    def rule(call: Call) -> Value:
        _, weight, bias = _packed(call)
        data = call.tensor(0, "X")
        element, rank = call.drawing.elements.get(data) or "u8", call.drawing.ranks.get(data)
        operands = (data, weight, bias) if bias else (data, weight)
        found = call.step("matmul", operands, rank, element, trans_b=True, element_type=element)
        return call.step("relu", (found.name,), rank, element) if rectified else found

    return rule


def dynamic_linear(rectified: bool = False) -> Rule:
    """linear_dynamic(x, packed): what comes in is quantised first, what comes out is real."""

    def rule(call: Call) -> Value:
        _, weight, bias = _packed(call)
        data = call.tensor(0, "X")
        call.drawing.know(data, None, "f32")
        rank = call.drawing.ranks.get(data)
        whole = call.steps_of("dynamic_quantize", (data,), 3)[0]
        operands = (whole.name, weight)
        found = call.step("matmul", operands, rank, "f32", trans_b=True, element_type="f32")
        if bias:
            found = call.step("add", (found.name, bias), rank, "f32")
        return call.step("relu", (found.name,), rank, "f32") if rectified else found

    return rule


def convolution(spatial: int, rectified: bool = False) -> Rule:
    """conv1d to conv3d(x, packed, scale, zero point)."""

    def rule(call: Call) -> Value:
        packed, weight, bias = _packed(call)
        window = [_numbers(packed, name, spatial) for name in _WINDOW]
        groups = packed.entries.get("groups")
        if not isinstance(groups, int):
            raise NoRule
        data = call.tensor(0, "X")
        element = call.drawing.elements.get(data) or "u8"
        strides, padding, dilations = window
        found = call.step(
            "convolution", (data, weight, bias), spatial + 2, element, strides=strides,
            padding=(*padding, *padding), dilations=dilations, groups=groups,
            element_type=element,
        )  # fmt: skip
        return call.step("relu", (found.name,), spatial + 2, element) if rectified else found

    return rule


def _numbers(packed: Record, name: str, count: int) -> tuple[int, ...]:
    value = packed.entries.get(name)
    parts = value.parts if isinstance(value, Sequence) else []
    found = tuple(part for part in parts if isinstance(part, int))
    if len(found) == 1:
        found *= count
    if len(found) != count or len(found) < len(parts):
        raise NoRule
    return found


def of_tensors(operation: str, count: int = 1, rectified: bool = False) -> Rule:
    """add, mul and their like: what comes behind the operands are scales."""

    def rule(call: Call) -> Value:
        names = tuple(call.name_of(call.get(place, "")) for place in range(count))
        rank, element = call.drawing.ranks.get(names[0]), call.drawing.elements.get(names[0])
        found = call.step(operation, names, rank, element)
        return call.step("relu", (found.name,), rank, element) if rectified else found

    return rule


def joined(call: Call) -> Value:
    """cat(tensors, dim, scale, zero point)."""
    names = tuple(call.name_of(part) for part in call.parts(0, "qx"))
    rank = call.drawing.ranks.get(names[0]) if names else None
    return call.step("concatenate", names, rank, axis=call.integer(1, "dim", 0))


def quantize(call: Call) -> Value:
    """quantize_per_tensor(self, scale, zero_point, dtype), quantize_per_channel."""
    place = 4 if call.operation == "quantize_per_channel" else 3
    element = QUANTISED.get(call.integer(place, "dtype"))
    if element is None:
        raise NoRule
    data = call.tensor(0, "self")
    call.drawing.know(data, None, "f32")
    rank = call.drawing.ranks.get(data)
    return call.step("quantize", (data,), rank, element, element_type=element)


def dequantize(call: Call) -> Value:
    """dequantize(self)."""
    data = call.tensor(0, "self")
    rank = call.drawing.ranks.get(data)
    return call.step("dequantize", (data,), rank, "f32", element_type="f32")


QUANTIZED: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(("linear_prepack", "linear_prepack_fp16", "conv1d_prepack",
                         "conv2d_prepack", "conv3d_prepack"), pack),
        "linear": linear(), "linear_relu": linear(rectified=True),
        "linear_dynamic": dynamic_linear(), "linear_dynamic_fp16": dynamic_linear(),
        "linear_relu_dynamic": dynamic_linear(rectified=True),
        **{f"conv{n}d": convolution(n) for n in (1, 2, 3)},
        **{f"conv{n}d_relu": convolution(n, rectified=True) for n in (1, 2, 3)},
        "add": of_tensors("add", 2), "add_relu": of_tensors("add", 2, rectified=True),
        "mul": of_tensors("multiply", 2), "mul_relu": of_tensors("multiply", 2, rectified=True),
        "add_scalar": of_tensors("add", 2), "mul_scalar": of_tensors("multiply", 2),
        "matmul": of_tensors("matmul", 2), "hardswish": of_tensors("hard_swish"),
        "sigmoid": of_tensors("sigmoid"), "leaky_relu": of_tensors("leaky_relu"),
        "elu": of_tensors("elu"), "softmax": of_tensors("softmax"),
        "relu6": of_tensors("clamp"), "cat": joined,
    }
)  # fmt: skip
"""Operations of the domain ``quantized``."""
