"""HLO operations that move elements, as canonical ones."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.hlo.translation.native import NativeHloNode, Rule
from cyborg_rr.readers.kit.steps import Step


def _reshape(node: NativeHloNode) -> list[Step]:
    return [node.step("reshape", node.inputs[:1], **node.static_shape(), allow_zero=True)]


def _bitcast(node: NativeHloNode) -> list[Step]:
    """The same bytes in another shape, or as elements of another type."""
    result = node.result_types[0].element_type if node.result_types else None
    if node.element_type(0) == result:
        return _reshape(node)
    return [node.step("bitcast_convert", node.inputs[:1], **node.result_element_type())]


def _broadcast(node: NativeHloNode) -> list[Step]:
    axes = node.integers("dimensions") or ()
    shape = node.static_shape()
    return [node.step("broadcast_in_dim", node.inputs[:1], **shape, broadcast_dimensions=axes)]


def _transpose(node: NativeHloNode) -> list[Step]:
    return [node.step("transpose", permutation=node.integers("dimensions") or ())]


def _reverse(node: NativeHloNode) -> list[Step]:
    return [node.step("reverse", axes=node.integers("dimensions") or ())]


def _concatenate(node: NativeHloNode) -> list[Step]:
    return [node.step("concatenate", axis=node.first("dimensions", 0))]


def _iota(node: NativeHloNode) -> list[Step]:
    axis = node.first("dimensions", 0)
    return [node.step("iota", (), **node.static_shape(), **node.result_element_type(), axis=axis)]


def _slice(node: NativeHloNode) -> list[Step]:
    starts, ends = node.integers("starts") or (), node.integers("limits") or ()
    steps = node.integers("strides") or ()
    if not len(starts) == len(ends) == len(steps):
        raise node.refuse("has ranges that lack a start, a limit or a stride")
    axes = tuple(range(len(starts)))
    return [node.step("slice", node.inputs[:1], starts=starts, ends=ends, axes=axes, steps=steps)]


def _dynamic_slice(node: NativeHloNode) -> list[Step]:
    return [node.step("dynamic_slice", slice_sizes=node.integers("dynamic_slice_sizes") or ())]


def _pad(node: NativeHloNode) -> list[Step]:
    operand, value = (*node.inputs, "", "")[:2]
    low, high = node.integers("low") or (), node.integers("high") or ()
    inner = node.integers("interior") or ()
    attributes: dict[str, AttributeValue] = {
        "padding_low": low, "padding_high": high, "padding_interior": inner,
    }  # fmt: skip
    return [node.step("pad", (operand, "", value), **attributes)]


def _gather(node: NativeHloNode) -> list[Step]:
    attributes: dict[str, AttributeValue] = {
        name: node.integers(name) or ()
        for name in ("offset_dims", "collapsed_slice_dims", "operand_batching_dims", "slice_sizes")
    }
    attributes["index_vector_dim"] = node.integer("index_vector_dim", default=0)
    return [node.step("general_gather", node.inputs[:2], **attributes)]


def _scatter(node: NativeHloNode) -> list[Step]:
    count = max((len(node.inputs) - 1) // 2, 1)
    return [node.step("scatter", operands=count, reduction=node.function or "none")]


def _dimension_size(node: NativeHloNode) -> list[Step]:
    axis = node.first("dimensions", 0)
    return [node.step("get_dimension_size", node.inputs[:1], dimension=axis)]


def _identity(node: NativeHloNode) -> list[Step]:
    return [node.step("identity", node.inputs[:1])]


def _done(node: NativeHloNode) -> list[Step]:
    """What an operation that was begun before has made: found among its values by type.

    It stands behind the operands, which the value that is waited for holds too.
    """
    wanted = list(node.result_types)
    held = [node.find_type(name) for name in node.inputs]
    for begin in range(len(held) - len(wanted), -1, -1):
        if held[begin : begin + len(wanted)] == wanted:
            pairs = zip(node.inputs[begin:], node.outputs, strict=False)
            return [node.step("identity", (source,), (result,)) for source, result in pairs]
    return [node.step("unknown")]


MOVEMENTS: Mapping[str, Rule] = {
    "add-dependency": _identity,
    "all-gather-done": _done,
    "all-reduce-done": _done,
    "async-done": _done,
    "async-update": _done,
    "bitcast": _bitcast,
    "broadcast": _broadcast,
    "collective-permute-done": _done,
    "concatenate": _concatenate,
    "copy-done": _done,
    "domain": _identity,
    "dynamic-reshape": _reshape,
    "dynamic-slice": _dynamic_slice,
    "gather": _gather,
    "get-dimension-size": _dimension_size,
    "iota": _iota,
    "pad": _pad,
    "reshape": _reshape,
    "reverse": _reverse,
    "scatter": _scatter,
    "set-dimension-size": _identity,
    "slice": _slice,
    "transpose": _transpose,
}
