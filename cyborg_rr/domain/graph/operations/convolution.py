"""Convolutions, plain and transposed; multiply-adds on padding count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.operation import Call, Cost, Operation, tensor
from cyborg_rr.domain.graph.operations.windows import (
    layout_positions,
    per_dimension,
    read_windows,
    spatial_letters,
    spatial_sizes,
)
from cyborg_rr.domain.graph.shapes import Contradiction, multiply, unify


class _Layouts(NamedTuple):
    data: dict[str, int]
    kernel: dict[str, int]
    result: dict[str, int]


def _layouts(call: Call, rank: int) -> _Layouts:
    if rank < 2:
        raise Contradiction(f"a convolution needs rank 2 or more, not {rank}")
    spatial = spatial_letters(rank - 2)
    data = call.text("data_layout", "NC" + spatial)
    result = call.text("result_layout", data)
    kernel = call.text("kernel_layout", "OI" + spatial)
    return _Layouts(
        layout_positions(data, rank),
        layout_positions(kernel, rank),
        layout_positions(result, rank),
    )


def _static_sizes(dimensions: Sequence[Dimension]) -> tuple[int, ...] | None:
    sizes = tuple(d for d in dimensions if isinstance(d, int))
    return sizes if len(sizes) == len(dimensions) else None


def _groups(call: Call, attribute: str) -> int:
    groups = call.integer(attribute, 1)
    if groups < 1:
        raise Contradiction(f"{attribute} must be positive")
    return groups


def _share(dimension: Dimension, parts: int) -> Dimension:
    """A part of a dimension that must divide evenly."""
    if isinstance(dimension, str):
        return dimension if parts == 1 else "?"
    if dimension % parts:
        raise Contradiction(f"{dimension} is not divisible into {parts} groups")
    return dimension // parts


def _convolution(call: Call) -> Sequence[TensorType]:
    data, kernel = call.shape(0), call.shape(1)
    element_type = call.result_type(call.element_type())
    if data is None or kernel is None:
        return (tensor(element_type, None),)
    if len(data) != len(kernel):
        raise Contradiction(f"data of rank {len(data)} does not fit a kernel of rank {len(kernel)}")
    layouts = _layouts(call, len(data))
    unify(_share(data[layouts.data["C"]], _groups(call, "groups")), kernel[layouts.kernel["I"]])
    _share(kernel[layouts.kernel["O"]], _groups(call, "groups"))
    result: list[Dimension] = ["?"] * len(data)
    result[layouts.result["N"]] = _share(data[layouts.data["N"]], _groups(call, "batch_groups"))
    result[layouts.result["C"]] = kernel[layouts.kernel["O"]]
    sizes = _static_sizes(spatial_sizes(kernel, layouts.kernel))
    if sizes is not None:
        slid = read_windows(call, sizes).slide(spatial_sizes(data, layouts.data))
        for axis, size in enumerate(slid):
            result[layouts.result[str(axis)]] = size
    return (tensor(element_type, result),)


def _convolution_cost(call: Call) -> Cost:
    """Per result element one multiply-add for each kernel tap and input channel of its group.

    Along a dimension whose input is dilated (a transposed convolution spelt plainly) each input
    element meets each tap once instead: the zeros in between are no work.
    """
    data, kernel, result = call.shape(0) or (), call.shape(1) or (), call.results[0].shape or ()
    layouts = _layouts(call, len(data))
    dilations = per_dimension(call, "lhs_dilations", len(data) - 2)
    macs = int(multiply(result[layouts.result[c]] for c in "NC")) * int(kernel[layouts.kernel["I"]])
    for axis, dilation in enumerate(dilations):
        digit = str(axis)
        places = result[layouts.result[digit]] if dilation == 1 else data[layouts.data[digit]]
        macs *= int(places) * int(kernel[layouts.kernel[digit]])
    return Cost(macs, call.result_elements() if call.has(2) else 0)


def _complete(call: Call) -> Mapping[int, TensorType]:
    """Kernel and bias that the file leaves open follow from ``out_channels`` and ``kernel``."""
    shape, sizes = call.shape(), call.integers("kernel")
    channels, element_type = call.integer("out_channels", 0), call.element_type()
    if shape is None or sizes is None or not channels or len(shape) != len(sizes) + 2:
        return {}
    layouts = _layouts(call, len(shape))
    kernel: list[Dimension] = list(shape)
    kernel[layouts.kernel["O"]] = channels
    kernel[layouts.kernel["I"]] = _share(shape[layouts.data["C"]], _groups(call, "groups"))
    for axis, size in enumerate(sizes):
        kernel[layouts.kernel[str(axis)]] = size
    return {1: tensor(element_type, kernel), 2: tensor(element_type, (channels,))}


def _transposed(call: Call) -> Sequence[TensorType]:
    data, kernel = call.shape(0), call.shape(1)
    element_type = call.result_type(call.element_type())
    if data is None or kernel is None:
        return (tensor(element_type, None),)
    if len(data) != len(kernel) or len(data) < 2:
        raise Contradiction(f"data of rank {len(data)} does not fit a kernel of rank {len(kernel)}")
    unify(data[1], kernel[0])
    groups = _groups(call, "groups")
    channels = kernel[1] * groups if isinstance(kernel[1], int) else _share(kernel[1], groups)
    sizes = _static_sizes(kernel[2:])
    spatial = ["?"] * len(kernel[2:]) if sizes is None else _grow(call, data[2:], sizes)
    return (tensor(element_type, (data[0], channels, *spatial)),)


def _grow(call: Call, spatial: Shape, sizes: tuple[int, ...]) -> list[Dimension]:
    """Spatial sizes of a transposed convolution."""
    stated = call.integers("output_shape")
    if stated:
        return list(stated[-len(sizes) :])
    windows = read_windows(call, sizes)
    extra = per_dimension(call, "output_padding", len(sizes), 0)
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


def _transposed_cost(call: Call) -> Cost:
    """Each input element meets each kernel tap and output channel of its group once."""
    kernel = call.shape(1) or ()
    macs = call.elements(0) * math.prod(int(d) for d in kernel[1:])
    return Cost(macs, call.result_elements() if call.has(2) else 0)


def _transposed_complete(call: Call) -> Mapping[int, TensorType]:
    shape, sizes = call.shape(), call.integers("kernel")
    channels, element_type = call.integer("out_channels", 0), call.element_type()
    if shape is None or sizes is None or not channels or len(shape) != len(sizes) + 2:
        return {}
    each = _share(channels, _groups(call, "groups"))
    return {
        1: tensor(element_type, (shape[1], each, *sizes)),
        2: tensor(element_type, (channels,)),
    }


OPERATIONS: tuple[Operation, ...] = (
    Operation("convolution", "convolution", _convolution, _convolution_cost, complete=_complete),
    Operation(
        "convolution_transpose",
        "convolution",
        _transposed,
        _transposed_cost,
        complete=_transposed_complete,
    ),
)
