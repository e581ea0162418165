"""HLO contractions, convolutions, reductions and windows as canonical operations."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.hlo.translation.native import NativeHloNode, Rule
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step


def dot(node: NativeHloNode) -> list[Step]:
    """A matrix product of any dimensions."""
    attributes: dict[str, AttributeValue] = {
        "lhs_batching": node.integers("lhs_batch_dims") or (),
        "rhs_batching": node.integers("rhs_batch_dims") or (),
        "lhs_contracting": node.integers("lhs_contracting_dims") or (),
        "rhs_contracting": node.integers("rhs_contracting_dims") or (),
        **node.result_element_type(),
    }
    return [node.step("dot_general", node.inputs[:2], **attributes)]


def convolution(node: NativeHloNode) -> list[Step]:
    """A convolution of any layout; one without layouts is not known."""
    data, kernel, result = (node.text(f"{which}_layout") for which in ("data", "kernel", "result"))
    layouts = (data, kernel, result)
    if len(node.inputs) < 2 or not all(_is_layout(text, len(data)) for text in layouts):
        return unknown(node)
    spatial = len(data) - 2
    ones = (1,) * spatial
    attributes: dict[str, AttributeValue] = {
        "data_layout": data,
        "kernel_layout": kernel,
        "result_layout": result,
        "strides": node.integers("window_stride") or ones,
        "dilations": node.integers("window_rhs_dilate") or ones,
        "lhs_dilations": node.integers("window_lhs_dilate") or ones,
        "padding": node.integers("window_pad") or (0,) * (2 * spatial),
        "groups": node.integer("feature_group_count", default=1) or 1,
        "batch_groups": node.integer("batch_group_count", default=1) or 1,
        **node.result_element_type(),
    }
    return [node.step("convolution", node.inputs[:2], **attributes)]


def _is_layout(text: str, rank: int) -> bool:
    return 2 <= len(text) == rank == len(set(text)) and "?" not in text


def _reduce(node: NativeHloNode) -> list[Step]:
    attributes: dict[str, AttributeValue] = {
        **node.reduction(),
        "axes": node.integers("dimensions") or (),
        "keep_dimensions": False,
        "noop_with_empty_axes": True,
        "operands": max(len(node.inputs) // 2, 1),
    }
    return [node.step("reduce", **attributes)]


def _window(node: NativeHloNode, rank: int) -> dict[str, AttributeValue]:
    return {
        "window_dimensions": node.integers("window_size") or (1,) * rank,
        "window_strides": node.integers("window_stride") or (1,) * rank,
        "padding": node.integers("window_pad") or (0,) * (2 * rank),
    }


def _rank(node: NativeHloNode) -> int:
    shape = node.shape(0)
    if shape is None:
        raise node.refuse("has no operand")
    return len(shape)


def _reduce_window(node: NativeHloNode) -> list[Step]:
    rank = _rank(node)
    attributes: dict[str, AttributeValue] = {
        **_window(node, rank),
        **node.reduction(),
        "base_dilations": node.integers("window_lhs_dilate") or (1,) * rank,
        "window_dilations": node.integers("window_rhs_dilate") or (1,) * rank,
        "operands": max(len(node.inputs) // 2, 1),
    }
    return [node.step("reduce_window", **attributes)]


def _select_and_scatter(node: NativeHloNode) -> list[Step]:
    return [node.step("select_and_scatter", **_window(node, _rank(node)))]


WINDOWS: Mapping[str, Rule] = {
    "convolution": convolution,
    "dot": dot,
    "reduce": _reduce,
    "reduce-window": _reduce_window,
    "select-and-scatter": _select_and_scatter,
}
