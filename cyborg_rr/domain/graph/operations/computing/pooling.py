"""Windows that reduce: pooling of every kind.

A window of n elements counts as n steps in a pooling, as a reduction does: an average adds n - 1
times and divides. StableHLO's windows count n - 1 steps, as XLA's cost analysis counts them
(HandleReduceWindow); the gradient holds each of the n against the one selected and adds the source,
n + 1 where XLA (HandleSelectAndScatter) counts n. They stay a step per result apart, because
requirements that were counted so would change, those of the golden files among them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA, QUANTISATION
from cyborg_rr.domain.graph.operations.declaring.results import same_as_first, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.operations.declaring.windows import (
    AUTO_PAD,
    DILATIONS,
    PADDING,
    STRIDES,
    layout_positions,
    read_windows,
    spatial_letters,
    spatial_sizes,
)
from cyborg_rr.domain.graph.shapes import Contradiction, find_static, slide_window


def _positions(node: TypedNode, rank: int) -> dict[str, int]:
    if rank < 2:
        raise Contradiction(f"pooling needs rank 2 or more, not {rank}")
    return layout_positions(node.text("layout") or "NC" + spatial_letters(rank - 2), rank)


def _pool(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape is None:
        return (tensor(node.element_type(), None), tensor("i64", None))
    positions = _positions(node, len(shape))
    spatial = spatial_sizes(shape, positions)
    kernel = node.integers("kernel")
    if kernel is None or len(kernel) != len(spatial):
        raise Contradiction(f"pooling needs a kernel of {len(spatial)} numbers")
    windows = read_windows(node, kernel, ceil_mode=node.flag("ceil_mode"))
    result: list[Dimension] = list(shape)
    for axis, size in enumerate(windows.slide(spatial)):
        result[positions[str(axis)]] = size
    return (tensor(node.element_type(), result), tensor("i64", result))


def _combine(node: TypedNode, elements: int) -> Cost:
    """Each element of a window is taken in; for a norm it is raised first, and a root ends it.

    The first power is the absolute value, and the second a product; others are functions.
    """
    if node.text("function") != "lp":
        return Cost(0, elements)
    order = node.integer("order")
    powers = 0 if order in (1, 2) else elements
    roots = 0 if order == 1 else node.result_elements()
    return Cost(0, 2 * elements, powers + roots)


def _pool_cost(node: TypedNode) -> Cost:
    window = math.prod(node.integers("kernel") or ())
    work = node.result_elements() * window
    return _combine(node, work)


def _global_pool(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape is None:
        return (tensor(node.element_type(), None),)
    result: list[Dimension] = list(shape)
    positions = _positions(node, len(shape))
    places = [positions[each] for each in positions if each.isdigit()]
    sizes = node.integers("sizes") or (1,) * len(places)
    if len(sizes) != len(places):
        raise Contradiction(f"{len(sizes)} sizes do not fit {len(places)} dimensions of a channel")
    for position, size in zip(sorted(places), sizes, strict=True):
        result[position] = size
    return (tensor(node.element_type(), result),)


def _global_pool_cost(node: TypedNode) -> Cost:
    """As a pooling whose windows make up the whole channel.

    Where they do not divide evenly they overlap; each has the size of the largest of them here.
    """
    before, after = find_static(node.shape()), find_static(node.results[0].shape)
    if not node.states("sizes") or before is None or after is None:
        return _combine(node, node.elements())
    windows = [_window(*pair) for pair in zip(before, after, strict=True)]
    return _combine(node, node.result_elements() * math.prod(windows))


def _window(before: int, after: int) -> int:
    """How many numbers each of as many windows takes in; of more windows than numbers one."""
    return before - (after - 1) * (before // after) if 0 < after <= before else 1


def _operand_count(node: TypedNode) -> int:
    stated = node.find_count("operands")
    return max(len(node.operands) // 2 if stated is None else stated, 1)


def _reduce_window(node: TypedNode) -> Sequence[TensorType]:
    """StableHLO: windows over all dimensions, the same for every operand."""
    shape, window = node.shape(), node.integers("window_dimensions")
    count = _operand_count(node)
    if shape is None or window is None:
        return [tensor(node.element_type(index), None) for index in range(count)]
    rank = len(shape)
    ones = (1,) * rank
    strides = node.integers("window_strides") or ones
    base = node.integers("base_dilations") or ones
    dilations = node.integers("window_dilations") or ones
    padding = node.integers("padding") or (0,) * (2 * rank)
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
    return [tensor(node.element_type(index), result) for index in range(count)]


def _reduce_window_cost(node: TypedNode) -> Cost:
    window = math.prod(node.integers("window_dimensions") or ())
    return Cost(0, node.result_elements() * max(window - 1, 0) * len(node.results))


def _select_and_scatter_cost(node: TypedNode) -> Cost:
    window = math.prod(node.integers("window_dimensions") or ())
    return Cost(0, node.elements(1) * window + node.elements(1))


_ORDER = Attribute("order", "integer", "which norm an lp pooling takes", default=2)
_LAYOUT = Attribute(
    "layout",
    "text",
    "a letter for each dimension of the data; absent: NC, 0, 1...",
    source="NNVM max_pool2d `layout`",
)


def _over_all(name: str, meaning: str, source: str, *, kept: str = "") -> Attribute:
    """A window attribute with a number for every dimension."""
    return Attribute(name, "integers", meaning, source=f"StableHLO {source}", kept=kept)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "pool",
        kind="reduction",
        summary="The elements of each window combined to one; where a largest stood follows.",
        operands=(Operand("data", "images or signals"), QUANTISATION),
        attributes=(
            Attribute(
                "function",
                "text",
                "how elements combine: max, average or lp",
                source="ONNX MaxPool, AveragePool, LpPool (which it is)",
            ),
            _ORDER.having(source="ONNX LpPool `p`"),
            Attribute(
                "kernel",
                "integers",
                "size of a window",
                source="ONNX MaxPool, AveragePool, LpPool `kernel_shape`",
                required=True,
            ),
            STRIDES.having(source="ONNX MaxPool"),
            DILATIONS.having(source="ONNX MaxPool"),
            PADDING.having(source="ONNX MaxPool `pads`"),
            AUTO_PAD.having(source="ONNX MaxPool"),
            Attribute(
                "ceil_mode",
                "flag",
                "whether a window that is only partly inside counts too",
                default=False,
                source="ONNX MaxPool",
            ),
            Attribute(
                "count_include_pad",
                "flag",
                "whether an average counts the padding",
                default=False,
                source="ONNX AveragePool",
                kept="it changes by what a sum is divided, not the work",
            ),
            _LAYOUT,
        ),
        shape=_pool,
        cost=_pool_cost,
    ),
    Operation(
        "global_pool",
        kind="reduction",
        summary="The elements of each channel combined to one, or to a stated number.",
        operands=(Operand("data", "images or signals"), QUANTISATION),
        attributes=(
            Attribute(
                "function",
                "text",
                "how elements combine: max, average or lp",
                source="ONNX GlobalMaxPool, GlobalAveragePool, GlobalLpPool (which it is)",
            ),
            Attribute(
                "sizes",
                "integers",
                "how many windows along each dimension of a channel; absent: one",
                source="PyTorch adaptive_avg_pool2d `output_size`",
            ),
            _ORDER.having(source="ONNX GlobalLpPool `p`"),
            _LAYOUT,
        ),
        shape=_global_pool,
        cost=_global_pool_cost,
    ),
    Operation(
        "reduce_window",
        kind="reduction",
        summary="The elements of each window over all dimensions combined to one.",
        operands=(DATA, Operand("others", "further tensors, then initial values", variadic=True)),
        attributes=(
            Attribute(
                "function",
                "text",
                "how elements combine: sum, max, min, prod, and, or; absent: another function",
                source="StableHLO reduce_window",
                kept="the functions take the same work",
            ),
            _over_all("window_dimensions", "size of a window", "reduce_window"),
            _over_all("window_strides", "steps between windows; absent: 1", "reduce_window"),
            _over_all("base_dilations", "distance of the data; absent: 1", "reduce_window"),
            _over_all("window_dilations", "distance in a window; absent: 1", "reduce_window"),
            _over_all("padding", "before and behind each dimension; absent: 0", "reduce_window"),
            Attribute(
                "operands",
                "integer",
                "tensors that reduce together; absent: half of the operands",
                source="StableHLO reduce_window",
            ),
        ),
        shape=_reduce_window,
        cost=_reduce_window_cost,
    ),
    Operation(
        "select_and_scatter",
        kind="reduction",
        summary="The gradient of a pooling: each source added where its window's choice stood.",
        operands=(
            DATA,
            Operand("source", "what is scattered, one element for each window"),
            Operand("initial", "what the result begins with"),
        ),
        attributes=(
            _over_all("window_dimensions", "size of a window", "select_and_scatter"),
            _over_all(
                "window_strides",
                "steps between windows",
                "select_and_scatter",
                kept="the shapes of the operands say how many windows there are",
            ),
            _over_all(
                "padding",
                "before and behind each dimension",
                "select_and_scatter",
                kept="the shapes of the operands say how many windows there are",
            ),
        ),
        shape=same_as_first,
        cost=_select_and_scatter_cost,
    ),
)
