"""Windows that reduce: pooling of every kind, and picking from regions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.operation import Call, Cost, Operation, same_as_first, tensor
from cyborg_rr.domain.graph.operations.windows import (
    layout_positions,
    read_windows,
    spatial_letters,
    spatial_sizes,
)
from cyborg_rr.domain.graph.shapes import Contradiction, slide_window


def _positions(call: Call, rank: int) -> dict[str, int]:
    if rank < 2:
        raise Contradiction(f"pooling needs rank 2 or more, not {rank}")
    return layout_positions(call.text("layout", "NC" + spatial_letters(rank - 2)), rank)


def _pool(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    if shape is None:
        return (tensor(call.element_type(), None), tensor("i64", None))
    positions = _positions(call, len(shape))
    spatial = spatial_sizes(shape, positions)
    kernel = call.integers("kernel")
    if kernel is None or len(kernel) != len(spatial):
        raise Contradiction(f"pooling needs a kernel of {len(spatial)} numbers")
    result: list[Dimension] = list(shape)
    for axis, size in enumerate(read_windows(call, kernel).slide(spatial)):
        result[positions[str(axis)]] = size
    return (tensor(call.element_type(), result), tensor("i64", result))


def _pool_cost(call: Call) -> Cost:
    window = math.prod(call.integers("kernel") or ())
    work = call.result_elements() * window
    if call.text("function") == "lp":
        return Cost(0, 2 * work, call.result_elements())
    return Cost(0, work)


def _global_pool(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    if shape is None:
        return (tensor(call.element_type(), None),)
    result: list[Dimension] = list(shape)
    for character, position in _positions(call, len(shape)).items():
        if character.isdigit():
            result[position] = 1
    return (tensor(call.element_type(), result),)


def _each_operand(call: Call) -> Cost:
    return Cost(0, call.elements(0))


def _operand_count(call: Call) -> int:
    return max(call.integer("operands", max(len(call.operands) // 2, 1)), 1)


def _reduce_window(call: Call) -> Sequence[TensorType]:
    """StableHLO: windows over all dimensions, the same for every operand."""
    shape, window = call.shape(), call.integers("window_dimensions")
    count = _operand_count(call)
    if shape is None or window is None:
        return [tensor(call.element_type(index), None) for index in range(count)]
    rank = len(shape)
    ones = (1,) * rank
    strides = call.integers("window_strides") or ones
    base = call.integers("base_dilations") or ones
    dilations = call.integers("window_dilations") or ones
    padding = call.integers("padding") or (0,) * (2 * rank)
    if not len(window) == len(strides) == len(base) == len(dilations) == len(padding) // 2 == rank:
        raise Contradiction(f"every window attribute must fit rank {rank}")
    result: Shape = tuple(
        slide_window(
            size,
            window[axis],
            strides[axis],
            dilations[axis],
            (padding[2 * axis], padding[2 * axis + 1]),
            base_dilation=base[axis],
        )
        for axis, size in enumerate(shape)
    )
    return [tensor(call.element_type(index), result) for index in range(count)]


def _reduce_window_cost(call: Call) -> Cost:
    window = math.prod(call.integers("window_dimensions") or ())
    return Cost(0, call.result_elements() * max(window - 1, 0) * len(call.results))


def _select_and_scatter_cost(call: Call) -> Cost:
    window = math.prod(call.integers("window_dimensions") or ())
    return Cost(0, call.elements(1) * window + call.elements(1))


def _roi_align(call: Call) -> Sequence[TensorType]:
    shape, regions = call.shape(0), call.shape(1)
    if shape is None or regions is None or len(shape) != 4:
        return (tensor(call.element_type(), None),)
    height, width = call.integer("output_height", 1), call.integer("output_width", 1)
    return (tensor(call.element_type(), (regions[0], shape[1], height, width)),)


def _roi_align_cost(call: Call) -> Cost:
    samples = max(call.integer("sampling_ratio", 0), 1) ** 2
    return Cost(0, call.result_elements() * samples * 8)


def _grid_sample(call: Call) -> Sequence[TensorType]:
    shape, grid = call.shape(0), call.shape(1)
    if shape is None or grid is None:
        return (tensor(call.element_type(), None),)
    return (tensor(call.element_type(), (*shape[:2], *grid[1:-1])),)


def _grid_sample_cost(call: Call) -> Cost:
    return Cost(0, call.result_elements() * 8)


OPERATIONS: tuple[Operation, ...] = (
    Operation("pool", "reduction", _pool, _pool_cost),
    Operation("global_pool", "reduction", _global_pool, _each_operand),
    Operation("reduce_window", "reduction", _reduce_window, _reduce_window_cost),
    Operation("select_and_scatter", "reduction", same_as_first, _select_and_scatter_cost),
    Operation("roi_align", "other", _roi_align, _roi_align_cost),
    Operation("grid_sample", "other", _grid_sample, _grid_sample_cost),
)
