"""Convolutions, plain and transposed; multiply-adds on padding count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.results import ELEMENT_TYPE, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.operations.declaring.windows import (
    AUTO_PAD,
    DILATIONS,
    PADDING,
    STRIDES,
    Windows,
    layout_positions,
    per_dimension,
    read_windows,
    spatial_letters,
    spatial_sizes,
)
from cyborg_rr.domain.graph.shapes import Contradiction, divide, multiply, unify


class _Layouts(NamedTuple):
    data: dict[str, int]
    kernel: dict[str, int]
    result: dict[str, int]


def _layouts(node: TypedNode, rank: int) -> _Layouts:
    if rank < 2:
        raise Contradiction(f"a convolution needs rank 2 or more, not {rank}")
    spatial = spatial_letters(rank - 2)
    data = node.text("data_layout") or "NC" + spatial
    result = node.text("result_layout") or data
    kernel = node.text("kernel_layout") or "OI" + spatial
    return _Layouts(
        layout_positions(data, rank),
        layout_positions(kernel, rank),
        layout_positions(result, rank),
    )


def _static_sizes(dimensions: Sequence[Dimension]) -> tuple[int, ...] | None:
    sizes = tuple(d for d in dimensions if isinstance(d, int))
    return sizes if len(sizes) == len(dimensions) else None


def _groups(node: TypedNode, attribute: str) -> int:
    groups = node.integer(attribute)
    if groups < 1:
        raise Contradiction(f"{attribute} must be positive")
    return groups


def _share(dimension: Dimension, parts: int) -> Dimension:
    """A part of a dimension that must divide evenly."""
    if isinstance(dimension, str):
        return divide((dimension,), (parts,))
    if dimension % parts:
        raise Contradiction(f"{dimension} is not divisible into {parts} groups")
    return dimension // parts


def _windows(node: TypedNode, sizes: tuple[int, ...]) -> Windows:
    return read_windows(
        node, sizes, base_dilations=per_dimension(node, "lhs_dilations", len(sizes))
    )


def _convolution(node: TypedNode) -> Sequence[TensorType]:
    data, kernel = node.shape(0), node.shape(1)
    element_type = node.result_type(node.element_type())
    if data is None or kernel is None:
        return (tensor(element_type, None),)
    if len(data) != len(kernel):
        raise Contradiction(f"data of rank {len(data)} does not fit a kernel of rank {len(kernel)}")
    layouts = _layouts(node, len(data))
    unify(_share(data[layouts.data["C"]], _groups(node, "groups")), kernel[layouts.kernel["I"]])
    _share(kernel[layouts.kernel["O"]], _groups(node, "groups"))
    result: list[Dimension] = ["?"] * len(data)
    result[layouts.result["N"]] = _share(data[layouts.data["N"]], _groups(node, "batch_groups"))
    result[layouts.result["C"]] = kernel[layouts.kernel["O"]]
    sizes = _static_sizes(spatial_sizes(kernel, layouts.kernel))
    if sizes is not None:
        slid = _windows(node, sizes).slide(spatial_sizes(data, layouts.data))
        for axis, size in enumerate(slid):
            result[layouts.result[str(axis)]] = size
    return (tensor(element_type, result),)


def _convolution_cost(node: TypedNode) -> Cost:
    """Per result element one multiply-add for each kernel tap and input channel of its group.

    Along a dimension whose input is dilated (a transposed convolution spelt plainly) each input
    element meets each tap once instead: the zeros in between are no work.
    """
    data, kernel, result = node.shape(0) or (), node.shape(1) or (), node.results[0].shape or ()
    layouts = _layouts(node, len(data))
    dilations = per_dimension(node, "lhs_dilations", len(data) - 2)
    macs = int(multiply(result[layouts.result[c]] for c in "NC")) * int(kernel[layouts.kernel["I"]])
    for axis, dilation in enumerate(dilations):
        digit = str(axis)
        places = result[layouts.result[digit]] if dilation == 1 else data[layouts.data[digit]]
        macs *= int(places) * int(kernel[layouts.kernel[digit]])
    return Cost(macs, node.result_elements() if node.has(2) else 0)


def _complete(node: TypedNode) -> Mapping[int, TensorType]:
    """Kernel and bias that the file leaves open follow from ``out_channels`` and ``kernel``."""
    shape, sizes = node.shape(), node.integers("kernel")
    channels, element_type = node.integer("out_channels"), node.element_type()
    if shape is None or sizes is None or not channels or len(shape) != len(sizes) + 2:
        return {}
    layouts = _layouts(node, len(shape))
    kernel: list[Dimension] = list(shape)
    kernel[layouts.kernel["O"]] = channels
    kernel[layouts.kernel["I"]] = _share(shape[layouts.data["C"]], _groups(node, "groups"))
    for axis, size in enumerate(sizes):
        kernel[layouts.kernel[str(axis)]] = size
    return {1: tensor(element_type, kernel), 2: tensor(element_type, (channels,))}


def _transposed(node: TypedNode) -> Sequence[TensorType]:
    data, kernel = node.shape(0), node.shape(1)
    element_type = node.element_type()
    if data is None or kernel is None:
        return (tensor(element_type, None),)
    if len(data) != len(kernel) or len(data) < 2:
        raise Contradiction(f"data of rank {len(data)} does not fit a kernel of rank {len(kernel)}")
    unify(data[1], kernel[0])
    groups = _groups(node, "groups")
    channels = kernel[1] * groups if isinstance(kernel[1], int) else _share(kernel[1], groups)
    sizes = _static_sizes(kernel[2:])
    spatial = ["?"] * len(kernel[2:]) if sizes is None else _grow(node, data[2:], sizes)
    return (tensor(element_type, (data[0], channels, *spatial)),)


def _grow(node: TypedNode, spatial: Shape, sizes: tuple[int, ...]) -> list[Dimension]:
    """Spatial sizes of a transposed convolution."""
    stated = node.integers("output_shape")
    if stated:
        return list(stated[-len(sizes) :])
    windows = read_windows(node, sizes)
    extra = per_dimension(node, "output_padding", len(sizes), 0)
    grown: list[Dimension] = []
    for axis, size in enumerate(spatial):
        if not isinstance(size, int):
            grown.append("?")
            continue
        if windows.automatic.startswith("same"):
            grown.append(size * windows.strides[axis])
            continue
        reach = (windows.sizes[axis] - 1) * windows.dilations[axis] + 1
        full = windows.strides[axis] * (size - 1) + extra[axis] + reach
        grown.append(full - sum(windows.padding[axis]))
    return grown


def _transposed_cost(node: TypedNode) -> Cost:
    """Each input element meets each kernel tap and output channel of its group once."""
    kernel = node.shape(1) or ()
    macs = node.elements(0) * math.prod(int(d) for d in kernel[1:])
    return Cost(macs, node.result_elements() if node.has(2) else 0)


def _transposed_complete(node: TypedNode) -> Mapping[int, TensorType]:
    shape, sizes = node.shape(), node.integers("kernel")
    channels, element_type = node.integer("out_channels"), node.element_type()
    if shape is None or sizes is None or not channels or len(shape) != len(sizes) + 2:
        return {}
    each = _share(channels, _groups(node, "groups"))
    return {
        1: tensor(element_type, (shape[1], each, *sizes)),
        2: tensor(element_type, (channels,)),
    }


_KERNEL = Operand("kernel", "the weights of each window")
_BIAS = Operand("bias", "what is added to each channel", optional=True)
_GROUPS = Attribute(
    "groups", "integer", "parts that the channels fall into, each convolved alone", 1
)
_OUT_CHANNELS = Attribute(
    "out_channels",
    "integer",
    "channels of the result, by which a kernel without a type gets one",
    default=0,
    source="NNVM conv2d `channels`, MXNet Convolution `num_filter`",
)
_KERNEL_SIZES = Attribute(
    "kernel",
    "integers",
    "size of a window, by which a kernel without a type gets one",
    source="NNVM conv2d `kernel_size`, MXNet Convolution `kernel`",
)


def _layout(name: str, meaning: str) -> Attribute:
    return Attribute(name, "text", meaning, source="StableHLO convolution `dimension_numbers`")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "convolution",
        kind="convolution",
        summary="Windows of the data, each multiplied with a kernel and summed up.",
        operands=(
            Operand("data", "images or signals"),
            _KERNEL,
            _BIAS,
            Operand("others", "offsets, masks, scales and zero points", variadic=True),
        ),
        attributes=(
            STRIDES.having(source="ONNX Conv, StableHLO convolution `window_strides`"),
            DILATIONS.having(source="ONNX Conv, StableHLO convolution `rhs_dilation`"),
            PADDING.having(source="ONNX Conv `pads`, StableHLO convolution `padding`"),
            AUTO_PAD.having(source="ONNX Conv"),
            Attribute(
                "lhs_dilations",
                "integers",
                "distance of neighbouring data, with zeros between them; absent: 1 each",
                source="StableHLO convolution `lhs_dilation`",
            ),
            _GROUPS.having(source="ONNX Conv `group`, StableHLO `feature_group_count`"),
            Attribute(
                "batch_groups",
                "integer",
                "parts that the batch falls into, each with kernels of its own",
                default=1,
                source="StableHLO convolution `batch_group_count`",
            ),
            _layout("data_layout", "a letter for each dimension of the data; absent: NC, 0, 1..."),
            _layout("kernel_layout", "a letter for each of the kernel; absent: OI, 0, 1..."),
            _layout("result_layout", "a letter for each of the result; absent: that of the data"),
            ELEMENT_TYPE.having(
                source="ONNX ConvInteger, QLinearConv (their results), StableHLO convolution"
            ),
            _OUT_CHANNELS,
            _KERNEL_SIZES,
        ),
        shape=_convolution,
        cost=_convolution_cost,
        complete=_complete,
    ),
    Operation(
        "convolution_transpose",
        kind="convolution",
        summary="The gradient of a convolution: each element spreads over a window.",
        operands=(Operand("data", "images or signals (N, C, ...)"), _KERNEL, _BIAS),
        attributes=(
            STRIDES.having(source="ONNX ConvTranspose"),
            DILATIONS.having(source="ONNX ConvTranspose"),
            PADDING.having(source="ONNX ConvTranspose `pads`"),
            AUTO_PAD.having(source="ONNX ConvTranspose"),
            _GROUPS.having(source="ONNX ConvTranspose `group`"),
            Attribute(
                "output_padding",
                "integers",
                "elements added at the end of each spatial dimension; absent: none",
                source="ONNX ConvTranspose",
            ),
            Attribute(
                "output_shape",
                "integers",
                "spatial sizes of the result, where they are stated",
                source="ONNX ConvTranspose",
            ),
            _OUT_CHANNELS,
            _KERNEL_SIZES,
        ),
        shape=_transposed,
        cost=_transposed_cost,
        complete=_transposed_complete,
    ),
)
