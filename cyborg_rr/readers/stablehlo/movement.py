"""StableHLO operations that move elements or tell sizes, as canonical ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cyborg_rr.domain.graph.graph import Attribute
from cyborg_rr.readers.stablehlo.call import NativeCall, Step
from cyborg_rr.readers.stablehlo.windows import reduce_function


def _reshape(call: NativeCall) -> Step:
    static = call.static_shape()
    inputs = call.inputs[:1] if static else call.inputs
    return Step("reshape", inputs, {**static, "allow_zero": True})


def _broadcast_in_dim(call: NativeCall) -> Step:
    axes = call.integers("dims", "broadcast_dimensions") or ()
    static = call.static_shape()
    inputs = call.inputs[:1] if static else call.inputs[:2]
    return Step("broadcast_in_dim", inputs, {**static, "broadcast_dimensions": axes})


def _broadcast(call: NativeCall) -> Step:
    """New dimensions in front."""
    lead = len(call.integers("sizes", "broadcast_sizes") or ())
    shape = call.operand_types[0].shape if call.operand_types else None
    axes = tuple(range(lead, lead + len(shape or ())))
    return Step("broadcast_in_dim", call.inputs[:1],
                {**call.static_shape(), "broadcast_dimensions": axes})  # fmt: skip


def _transpose(call: NativeCall) -> Step:
    return Step(
        "transpose", call.inputs, {"permutation": call.integers("dims", "permutation") or ()}
    )


def _reverse(call: NativeCall) -> Step:
    return Step("reverse", call.inputs, {"axes": call.integers("dims", "dimensions") or ()})


def _concatenate(call: NativeCall) -> Step:
    return Step("concatenate", call.inputs, {"axis": call.integer("dim", "dimension", default=0)})


def _iota(call: NativeCall) -> Step:
    static = call.static_shape()
    axis = call.integer("dim", "iota_dimension", default=0)
    inputs = () if static else call.inputs
    return Step("iota", inputs, {**static, **call.result_element_type(), "axis": axis})


def _slice(call: NativeCall) -> Step:
    starts = call.integers("start_indices")
    ends = call.integers("limit_indices")
    steps = call.integers("strides")
    if starts is None or ends is None:
        spans = call.operation.lists[0] if call.operation.lists else []
        if not isinstance(spans, list):
            spans = []
        whole = [span for span in spans if isinstance(span, tuple) and 2 <= len(span) <= 3]
        if len(whole) != len(spans):
            call.fail("has a range that is not start:limit:stride")
        starts, ends = tuple(span[0] for span in whole), tuple(span[1] for span in whole)
        steps = tuple(span[2] if len(span) == 3 else 1 for span in whole)
    axes = tuple(range(len(starts)))
    return Step("slice", call.inputs[:1],
                {"starts": starts, "ends": ends, "axes": axes,
                 "steps": steps or (1,) * len(starts)})  # fmt: skip


def _real_dynamic_slice(call: NativeCall) -> Step:
    operand, starts, ends, steps = (*call.inputs, "", "", "", "")[:4]
    return Step("slice", (operand, starts, ends, "", steps))


def _dynamic_slice(call: NativeCall) -> Step:
    sizes = call.integers("sizes", "slice_sizes") or ()
    return Step("dynamic_slice", call.inputs, {"slice_sizes": sizes})


def _pad(call: NativeCall) -> Step:
    operand, value = (*call.inputs, "", "")[:2]
    low = call.integers("low", "edge_padding_low")
    high = call.integers("high", "edge_padding_high")
    attributes: dict[str, Attribute] = {}
    if low is not None and high is not None:
        inner = call.integers("interior", "interior_padding") or (0,) * len(low)
        attributes = {"padding_low": low, "padding_high": high, "padding_interior": inner}
    return Step("pad", (operand, "", value), attributes)


def _gather(call: NativeCall) -> Step:
    """General gather; a dynamic one has the sizes of its slices as a third operand."""
    sizes = call.integers("slice_sizes")
    fields = call.fields("dimension_numbers")
    attributes: dict[str, Attribute] = {
        "offset_dims": fields.get("offset_dims", ()),
        "collapsed_slice_dims": fields.get("collapsed_slice_dims", ()),
        "operand_batching_dims": fields.get("operand_batching_dims", ()),
        "index_vector_dim": (fields.get("index_vector_dim") or (0,))[0],
    }
    if sizes is not None:
        attributes["slice_sizes"] = sizes
    inputs = call.inputs[:3] if sizes is None else call.inputs[:2]
    return Step("general_gather", inputs, attributes)


def _torch_index_select(call: NativeCall) -> Step:
    return Step("gather", call.inputs, {"axis": call.integer("dim", default=0)})


def _scatter(call: NativeCall) -> Step:
    count = (len(call.inputs) - 1) // 2
    reduction = reduce_function(call) or "none"
    return Step("scatter", call.inputs, {"operands": count, "reduction": reduction})


def _dimension_size(call: NativeCall) -> Step:
    axis = call.integer("dim", "dimension", default=0)
    return Step("get_dimension_size", call.inputs[:1], {"dimension": axis})


def _set_dimension_size(call: NativeCall) -> Step:
    return Step("identity", call.inputs[:1])


MOVEMENTS: Mapping[str, Callable[[NativeCall], Step]] = {
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
