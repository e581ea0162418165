"""What layers before version 10 share: windows by axis names, and weights that they refer to."""

from __future__ import annotations

from typing import Final, cast

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.opset.native import OpsetNode
from cyborg_rr.readers.openvino.translation.native import NativeLayer
from cyborg_rr.readers.openvino.values import find_type

WEIGHTS: Final = "weights"
BIASES: Final = "biases"

_BYTES: Final = {"f64": 8, "f32": 4, "f16": 2, "bf16": 2, "i8": 1, "u8": 1, "i16": 2, "i32": 4}


def layer_of(node: OpsetNode) -> NativeLayer:
    """The node as the layer that it is."""
    return cast(NativeLayer, node)


def blob_type(node: NativeLayer, word: str) -> str | None:
    """The element type of a blob: its own, or that of the layer."""
    blob = node.blobs.get(word)
    stated = find_type(blob.precision) if blob is not None else None
    return stated or node.result().element_type


def count_blob(node: NativeLayer, word: str) -> int:
    """How many elements a blob holds; 0 where there is none."""
    blob = node.blobs.get(word)
    return 0 if blob is None else blob.size // _BYTES.get(blob_type(node, word) or "", 4)


def weigh(node: NativeLayer, word: str, shape: tuple[int, ...]) -> str:
    """The name of a blob under a shape; empty where the layer has none."""
    if word not in node.blobs:
        return ""
    return node.weigh(word, TensorType(blob_type(node, word), shape))


def per_channel(node: NativeLayer, word: str) -> str:
    """A blob of one number for each channel, or one for all, along the data's second dimension."""
    rank = node.rank(0) or 2
    count = count_blob(node, word)
    return weigh(node, word, (count, *(1,) * max(rank - 2, 0)))


def result_shape(node: OpsetNode) -> tuple[int, ...]:
    """The stated shape of the first result, which these versions always state."""
    shape = find_static(node.result().shape)
    if shape is None:
        raise node.refuse("the shape of its result is not stated")
    return shape


def data_shape(node: OpsetNode) -> tuple[int, ...]:
    """The stated shape of the first input."""
    shape = node.static(0)
    if shape is None:
        raise node.refuse("the shape of its input is not stated")
    return shape


def axes_of(node: OpsetNode, listed: str, named: str, usual: int, count: int) -> tuple[int, ...]:
    """One number per spatial dimension: a list, or ``name-x`` and ``name-y`` with x the last."""
    found = node.integers(listed)
    if found:
        if len(found) != count:
            raise node.refuse(f"attribute '{listed}' should have {count} numbers")
        return found
    letters = "xyz"[:count][::-1]
    return tuple(node.integer(f"{named}-{letter}", default=usual) for letter in letters)


def legacy_window(node: OpsetNode, kernel: tuple[int, ...]) -> dict[str, AttributeValue | None]:
    """The window that leads from the stated data to the stated result.

    Rounding and automatic pads differ by version; the pads behind follow from both shapes.
    """
    count = len(kernel)
    data, result = data_shape(node)[2:], result_shape(node)[2:]
    if len(data) != count or len(result) != count:
        raise node.refuse("its kernel does not fit its data")
    strides = axes_of(node, "strides", "stride", 1, count)
    dilations = axes_of(node, "dilations", "dilation", 1, count)
    low = axes_of(node, "pads_begin", "pad", 0, count)
    if min(strides, default=1) < 1 or min(dilations, default=1) < 1 or min(low, default=0) < 0:
        raise node.refuse("its strides, dilations or pads are negative")
    padding: list[int] = []
    for axis, size in enumerate(data):
        reach = dilations[axis] * (kernel[axis] - 1) + 1
        behind = (result[axis] - 1) * strides[axis] + reach - size - low[axis]
        padding.extend((low[axis], max(behind, 0)))
    return {"strides": strides, "dilations": dilations, "padding": tuple(padding)}
