"""Rules for layers of the Inference Engine, versions 2 to 7, beside those with weights.

Their shapes are all stated, so that a layer that only moves elements is what leads from the one
shape to the other. ``docs/HOWTO/IR_notation_reference`` and ``ie_layers.h`` of OpenVINO 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.kit.opset.elementwise import clamp, elu, squared_difference
from cyborg_rr.readers.kit.opset.native import OpsetNode, Rule, first, needing, unknown
from cyborg_rr.readers.kit.opset.operations import RULES as OPSET
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.openvino.translation import legacy_sums
from cyborg_rr.readers.openvino.translation.weighing import data_shape, result_shape

_ELTWISE: Final = {
    "sum": "add", "add": "add", "mul": "multiply", "prod": "multiply", "max": "maximum",
    "min": "minimum", "sub": "subtract", "div": "divide", "pow": "power",
    "floor_mod": "remainder", "logical_and": "and", "logical_or": "or", "logical_xor": "xor",
}  # fmt: skip
_COMPARED: Final = {
    "equal": "EQ", "not_equal": "NE", "less": "LT", "less_equal": "LE", "greater": "GT",
    "greater_equal": "GE",
}  # fmt: skip
_ACTIVATIONS: Final = {
    "relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "TanH", "elu": "ELU", "exp": "Exp", "not": "Not",
    "clamp": "Clamp",
}  # fmt: skip


def relu(node: OpsetNode) -> list[Step]:
    """ReLU, leaky where it says so."""
    slope = node.number("negative_slope", default=0.0)
    if slope == 0:
        return [node.step("relu", node.inputs[:1])]
    return [node.step("leaky_relu", node.inputs[:1], alpha=slope)]


def activation(node: OpsetNode) -> list[Step]:
    """Activation: the layer that its type names."""
    rule = RULES.get(_ACTIVATIONS.get(node.text("type").lower(), ""))
    return unknown(node) if rule is None else rule(node)


def eltwise(node: OpsetNode) -> list[Step]:
    """Eltwise: of two operands or more."""
    word = node.text("operation", default="sum").lower()
    if word in _COMPARED:
        return [node.step("compare", node.inputs[:2], direction=_COMPARED[word])]
    if word == "squared_diff":
        return squared_difference(node)
    if word == "logical_not":
        return [node.step("not", node.inputs[:1])]
    operation = _ELTWISE.get(word)
    if operation is None:
        return unknown(node)
    steps, left, last = [], node.input(0), len(node.inputs) - 1
    for place in range(1, len(node.inputs)):
        target = node.output(0) if place == last else node.fresh(f"part{place}")
        steps.append(Step(operation, (left, node.input(place)), (target,), {}))
        left = target
    return steps


def as_stated(node: OpsetNode) -> list[Step]:
    """Reshape, Flatten, Squeeze and the like: the same elements in the stated shape."""
    shape = result_shape(node)
    return [node.step("reshape", node.inputs[:1], shape=shape, allow_zero=True)]


def permute(node: OpsetNode) -> list[Step]:
    """Permute."""
    return [node.step("transpose", node.inputs[:1], permutation=node.integers("order") or None)]


def split(node: OpsetNode) -> list[Step]:
    """Split, Slice: into results of stated sizes."""
    axis, sizes = node.integer("axis", default=1), []
    for index in range(len(node.outputs)):
        shape = node.result(index).shape
        size = shape[axis] if shape and -len(shape) <= axis < len(shape) else None
        if not isinstance(size, int):
            raise node.refuse("the sizes of its results are not stated")
        sizes.append(size)
    return [node.step("split", node.inputs[:1], axis=axis, split=tuple(sizes))]


def cut(node: OpsetNode) -> list[Step]:
    """Crop, StridedSlice: the stated part of the data."""
    data, result = data_shape(node), result_shape(node)
    if len(data) != len(result) or any(map(int.__lt__, data, result)):
        return unknown(node)
    zeros, axes = (0,) * len(data), tuple(range(len(data)))
    return [node.step("slice", node.inputs[:1], starts=zeros, ends=result, axes=axes)]


def tile(node: OpsetNode) -> list[Step]:
    """Tile: as often as the stated shape says."""
    data, result = data_shape(node), result_shape(node)
    if len(data) != len(result) or 0 in data or any(map(int.__mod__, result, data)):
        return unknown(node)
    repeats = tuple(map(int.__floordiv__, result, data))
    return [node.step("tile", node.inputs[:1], repeats=repeats)]


def resize(node: OpsetNode) -> list[Step]:
    """Interp, Resample, Upsampling: to the stated size."""
    named = node.text("type", default="").lower()
    mode = "nearest" if "nearest" in named else "cubic" if "cubic" in named else "linear"
    sizes = node.constant(result_shape(node), "i64")
    return [node.step("resize", (node.input(0), "", "", sizes), mode=mode)]


def norm(node: OpsetNode) -> list[Step]:
    """Norm: local response normalisation."""
    size = node.integer("local-size", "local_size", default=5)
    return [node.step("local_response_normalization", node.inputs[:1], size=size)]


def pad(node: OpsetNode) -> list[Step]:
    """Pad."""
    low, high = node.integers("pads_begin"), node.integers("pads_end")
    mode = {"edge": "edge"}.get(node.text("pad_mode"), "reflect")
    if node.text("pad_mode", default="constant") == "constant":
        mode = "constant"
    return [node.step("pad", node.inputs[:1], padding_low=low, padding_high=high, mode=mode)]


def gather(node: OpsetNode) -> list[Step]:
    """Gather."""
    return [node.step("gather", node.inputs[:2], axis=node.integer("axis", default=0))]


def broadcast(node: OpsetNode) -> list[Step]:
    """Broadcast, Fill: to the stated shape."""
    data = node.input(1) if node.operation == "Fill" else node.input(0)
    return [node.step("expand", (data, node.constant(result_shape(node), "i64")))]


def concatenate(node: OpsetNode) -> list[Step]:
    """Concat."""
    return [node.step("concatenate", axis=node.integer("axis", default=1))]


_MOVING: Final = dict.fromkeys(
    ("Reshape", "Flatten", "Squeeze", "Unsqueeze"), needing(1, as_stated)
)

RULES: Final[Mapping[str, Rule]] = {
    **legacy_sums.RULES,
    **_MOVING,
    "ReLU": needing(1, relu), "Activation": needing(1, activation),
    "ReLU6": first("clamp", 1, minimum=0.0, maximum=6.0),
    "Clamp": needing(1, clamp), "ELU": needing(1, elu), "TanH": first("tanh"),
    "Not": first("not"), "SoftMax": OPSET["Softmax"],
    "Eltwise": needing(1, eltwise),
    "Concat": needing(1, concatenate),
    "Permute": needing(1, permute),
    "Split": needing(1, split), "Slice": needing(1, split),
    "Crop": needing(1, cut), "StridedSlice": needing(1, cut),
    "Tile": needing(1, tile), "Broadcast": needing(1, broadcast), "Fill": needing(2, broadcast),
    "Interp": needing(1, resize), "Resample": needing(1, resize), "Upsampling": needing(1, resize),
    "Norm": needing(1, norm), "Pad": needing(1, pad), "Gather": needing(2, gather),
    "Copy": first("identity"), "Dropout": first("identity"), "Quantize": OPSET["FakeQuantize"],
}  # fmt: skip

LEGACY_RULES: Final[Mapping[str, Rule]] = MappingProxyType(RULES)
"""By the type of the layer; others are those of the first opset, where it has them."""
