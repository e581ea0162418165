"""StableHLO operations that move elements or tell sizes, as canonical ones."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.dialects.mlir.native import NativeModuleNode, Rule
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.stablehlo.translation.windows import reduce_function


def _reshape(node: NativeModuleNode) -> list[Step]:
    static = node.static_shape()
    inputs = node.inputs[:1] if static else node.inputs
    return [node.step("reshape", inputs, **static, allow_zero=True)]


def _broadcast_in_dim(node: NativeModuleNode) -> list[Step]:
    axes = node.integers("dims", "broadcast_dimensions") or ()
    static = node.static_shape()
    inputs = node.inputs[:1] if static else node.inputs[:2]
    return [node.step("broadcast_in_dim", inputs, **static, broadcast_dimensions=axes)]


def _broadcast(node: NativeModuleNode) -> list[Step]:
    """New dimensions in front."""
    lead = len(node.integers("sizes", "broadcast_sizes") or ())
    shape = node.shape(0)
    axes = tuple(range(lead, lead + len(shape or ())))
    return [
        node.step(
            "broadcast_in_dim", node.inputs[:1], **node.static_shape(), broadcast_dimensions=axes
        )
    ]


def _transpose(node: NativeModuleNode) -> list[Step]:
    return [node.step("transpose", permutation=node.integers("dims", "permutation") or ())]


def _reverse(node: NativeModuleNode) -> list[Step]:
    return [node.step("reverse", axes=node.integers("dims", "dimensions") or ())]


def _concatenate(node: NativeModuleNode) -> list[Step]:
    return [node.step("concatenate", axis=node.integer("dim", "dimension", default=0))]


def _iota(node: NativeModuleNode) -> list[Step]:
    static = node.static_shape()
    axis = node.integer("dim", "iota_dimension", default=0)
    inputs = () if static else node.inputs
    return [node.step("iota", inputs, **static, **node.result_element_type(), axis=axis)]


def _slice(node: NativeModuleNode) -> list[Step]:
    starts = node.integers("start_indices")
    ends = node.integers("limit_indices")
    steps = node.integers("strides")
    if starts is None or ends is None:
        spans = node.written.lists[0] if node.written.lists else []
        if not isinstance(spans, list):
            spans = []
        whole = [span for span in spans if isinstance(span, tuple) and 2 <= len(span) <= 3]
        if len(whole) != len(spans):
            raise node.refuse("has a range that is not start:limit:stride")
        starts, ends = tuple(span[0] for span in whole), tuple(span[1] for span in whole)
        steps = tuple(span[2] if len(span) == 3 else 1 for span in whole)
    axes = tuple(range(len(starts)))
    return [
        node.step(
            "slice",
            node.inputs[:1],
            starts=starts,
            ends=ends,
            axes=axes,
            steps=steps or (1,) * len(starts),
        )
    ]


def _real_dynamic_slice(node: NativeModuleNode) -> list[Step]:
    operand, starts, ends, steps = (*node.inputs, "", "", "", "")[:4]
    return [node.step("slice", (operand, starts, ends, "", steps))]


def _dynamic_slice(node: NativeModuleNode) -> list[Step]:
    sizes = node.integers("sizes", "slice_sizes") or ()
    return [node.step("dynamic_slice", slice_sizes=sizes)]


def _pad(node: NativeModuleNode) -> list[Step]:
    operand, value = (*node.inputs, "", "")[:2]
    low = node.integers("low", "edge_padding_low")
    high = node.integers("high", "edge_padding_high")
    attributes: dict[str, AttributeValue] = {}
    if low is not None and high is not None:
        inner = node.integers("interior", "interior_padding") or (0,) * len(low)
        attributes = {"padding_low": low, "padding_high": high, "padding_interior": inner}
    return [node.step("pad", (operand, "", value), **attributes)]


def _gather(node: NativeModuleNode) -> list[Step]:
    """General gather; a dynamic one has the sizes of its slices as a third operand."""
    sizes = node.integers("slice_sizes")
    fields = node.fields("dimension_numbers")
    attributes: dict[str, AttributeValue] = {
        "offset_dims": fields.get("offset_dims", ()),
        "collapsed_slice_dims": fields.get("collapsed_slice_dims", ()),
        "operand_batching_dims": fields.get("operand_batching_dims", ()),
        "index_vector_dim": (fields.get("index_vector_dim") or (0,))[0],
    }
    if sizes is not None:
        attributes["slice_sizes"] = sizes
    inputs = node.inputs[:3] if sizes is None else node.inputs[:2]
    return [node.step("general_gather", inputs, **attributes)]


def _torch_index_select(node: NativeModuleNode) -> list[Step]:
    return [node.step("gather", axis=node.integer("dim", default=0))]


def _scatter(node: NativeModuleNode) -> list[Step]:
    count = (len(node.inputs) - 1) // 2
    reduction = reduce_function(node) or "none"
    return [node.step("scatter", operands=count, reduction=reduction)]


def _dimension_size(node: NativeModuleNode) -> list[Step]:
    axis = node.integer("dim", "dimension", default=0)
    return [node.step("get_dimension_size", node.inputs[:1], dimension=axis)]


def _set_dimension_size(node: NativeModuleNode) -> list[Step]:
    return [node.step("identity", node.inputs[:1])]


MOVEMENTS: Mapping[str, Rule] = {
    "bitcast": _reshape,
    "broadcast": _broadcast,
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": _concatenate,
    "dynamic_broadcast_in_dim": _broadcast_in_dim,
    "dynamic_gather": _gather,
    "dynamic_iota": _iota,
    "dynamic_pad": _pad,
    "dynamic_reshape": _reshape,
    "dynamic_slice": _dynamic_slice,
    "gather": _gather,
    "get_dimension_size": _dimension_size,
    "iota": _iota,
    "pad": _pad,
    "real_dynamic_slice": _real_dynamic_slice,
    "reshape": _reshape,
    "reverse": _reverse,
    "scatter": _scatter,
    "set_dimension_size": _set_dimension_size,
    "slice": _slice,
    "torch_index_select": _torch_index_select,
    "transpose": _transpose,
}
