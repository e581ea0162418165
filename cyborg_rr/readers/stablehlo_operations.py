"""StableHLO, MHLO and CHLO operations as canonical ones: one row or one small function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cyborg_rr.domain.graph.graph import Attribute
from cyborg_rr.readers.stablehlo_call import NativeCall, Step
from cyborg_rr.readers.stablehlo_collectives import COLLECTIVES, change_shards
from cyborg_rr.readers.stablehlo_windows import WINDOWS, reduce_function

Translate = Callable[[NativeCall], Step]

_SAME_NAME = frozenset(
    {"abs", "acos", "acosh", "add", "after_all", "and", "asin", "asinh", "atan", "atan2", "atanh",
     "cbrt", "ceil", "cholesky", "complex", "copy", "cosh", "cosine", "divide",
     "dynamic_update_slice", "erf", "floor", "imag", "infeed", "is_finite", "is_inf", "log",
     "log_plus_one", "maximum", "minimum", "multiply", "negate", "not", "optimization_barrier",
     "or", "outfeed", "partition_id", "popcnt", "power", "real", "recv", "reduce_precision",
     "remainder", "replica_id", "rng_bit_generator", "rsqrt", "select", "send", "shift_left",
     "shift_right_arithmetic", "shift_right_logical", "sign", "sine", "sinh", "sqrt", "subtract",
     "tan", "tanh", "triangular_solve", "xor"}
)  # fmt: skip

_RENAMED = {
    "count_leading_zeros": "clz", "exponential": "exp", "exponential_minus_one": "exp_minus_one",
    "logistic": "sigmoid", "round_nearest_afz": "round", "round_nearest_even": "round",
    "conj": "identity", "is_pos_inf": "is_inf", "is_neg_inf": "is_inf",
    "add_dependency": "identity", "create_token": "after_all", "domain": "identity",
    "erfc": "erf",
}  # fmt: skip

_IDENTITY_TARGETS = frozenset(
    {"Sharding", "SPMDFullToShardShape", "SPMDShardToFullShape", "LayoutConstraint",
     "annotate_device_placement", "MoveToHost", "MoveToDevice", "PinToDevice",
     "xla.sdy.FuncResultSharding", "xla.sdy.GlobalToLocalShape", "xla.sdy.LocalToGlobalShape",
     "X64Combine", "inspect_sharding"}
)  # fmt: skip
_CHECK_TARGETS = frozenset({"shape_assertion"})
"""Custom calls that only check their operands."""

_SDY_PASSING = frozenset(
    {"sharding_constraint", "propagation_barrier", "data_flow_edge", "sharding_group", "reshard"}
)


def translate(call: NativeCall) -> Step:
    """The canonical form of an operation; ``unknown`` for one that no row covers."""
    dialect, _, _ = call.operation.name.rpartition(".")
    if dialect in ("stablehlo", "mhlo", "chlo", "mhlo.xla"):
        rule = _TABLE.get(call.name)
        if rule is None and call.name.startswith("broadcast_"):
            rule = _TABLE.get(call.name[len("broadcast_") :])
        if rule is not None:
            return rule(call)
    elif dialect == "sdy":
        if call.name in _SDY_PASSING and len(call.inputs) == len(call.result_types):
            return Step("identity", call.inputs)
        rule = COLLECTIVES.get(call.name)
        if rule is not None:
            return rule(call)
    return Step("unknown", call.inputs)


def is_check(call: NativeCall) -> bool:
    """Whether the operation only asserts something and yields nothing."""
    return not call.result_types and call.name == "custom_call" and _target(call) in _CHECK_TARGETS


def _rename(name: str) -> Translate:
    return lambda call: Step(name, call.inputs)


def _square(call: NativeCall) -> Step:
    return Step("multiply", call.inputs * 2)


def _convert(call: NativeCall) -> Step:
    return Step("convert", call.inputs[:1], call.result_element_type())


def _bitcast(call: NativeCall) -> Step:
    return Step("bitcast_convert", call.inputs, call.result_element_type())


def _clamp(call: NativeCall) -> Step:
    if len(call.inputs) != 3:
        call.fail("should have 3 operands")
    low, operand, high = call.inputs
    return Step("clamp", (operand, low, high))


def _einsum(call: NativeCall) -> Step:
    return Step("einsum", call.inputs, {"equation": call.keyword("config", "einsum_config")})


def _compare(call: NativeCall) -> Step:
    words = call.operation.words
    direction = words[0] if words else call.keyword("comparison_direction")
    return Step("compare", call.inputs, {"direction": direction})


def _quantize(call: NativeCall) -> Step:
    return Step("quantize", call.inputs, call.result_element_type())


def _dequantize(call: NativeCall) -> Step:
    return Step("dequantize", call.inputs, call.result_element_type())


def _dot_general(call: NativeCall) -> Step:
    fields = call.fields("dot_dimension_numbers", "dot_dimension_attrs")
    batching = call.product("batching_dims", 2) or (
        fields.get("lhs_batching_dimensions", ()),
        fields.get("rhs_batching_dimensions", ()),
    )
    contracting = call.product("contracting_dims", 2) or (
        fields.get("lhs_contracting_dimensions", ()),
        fields.get("rhs_contracting_dimensions", ()),
    )
    return Step(
        "dot_general",
        call.inputs[:2],
        {
            "lhs_batching": batching[0],
            "rhs_batching": batching[1],
            "lhs_contracting": contracting[0],
            "rhs_contracting": contracting[1],
            **call.result_element_type(),
        },
    )


def _dot(call: NativeCall) -> Step:
    """The last dimension of the left with the first of the right."""
    shape = call.operand_types[0].shape if call.operand_types else None
    if shape is None or len(call.inputs) != 2:
        return Step("unknown", call.inputs)
    attributes: dict[str, Attribute] = {
        "lhs_batching": (),
        "rhs_batching": (),
        "lhs_contracting": (max(len(shape) - 1, 0),),
        "rhs_contracting": (0,),
        **call.result_element_type(),
    }
    return Step("dot_general", call.inputs, attributes)


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


def _sort(call: NativeCall) -> Step:
    return Step("sort", call.inputs, {"axis": call.integer("dimension", "dim", default=-1)})


def _top_k(call: NativeCall) -> Step:
    return Step("top_k", call.inputs[:1], _top_k_attributes(call))


def _top_k_attributes(call: NativeCall) -> dict[str, Attribute]:
    count = call.integers("k")
    if not count and call.result_types and call.result_types[0].shape:
        size = call.result_types[0].shape[-1]
        count = (size,) if isinstance(size, int) else None
    attributes: dict[str, Attribute] = {"axis": -1, "index_type": "i32"}
    if count:
        attributes["k"] = count[0]
    return attributes


def _dimension_size(call: NativeCall) -> Step:
    axis = call.integer("dim", "dimension", default=0)
    return Step("get_dimension_size", call.inputs[:1], {"dimension": axis})


def _set_dimension_size(call: NativeCall) -> Step:
    return Step("identity", call.inputs[:1])


def _fft(call: NativeCall) -> Step:
    kind = call.keyword("type", "fft_type")
    length = call.integers("length", "fft_length") or ()
    return Step("fft", call.inputs, {"fft_type": kind, "fft_length": length})


def _random(call: NativeCall) -> Step:
    return Step("random", call.inputs, {**call.static_shape(), **call.result_element_type()})


def _normalisation(name: str) -> Translate:
    def rule(call: NativeCall) -> Step:
        axis = call.integer("feature_index", default=1)
        return Step(name, call.inputs, {"axis": axis})

    return rule


def _target(call: NativeCall) -> str:
    named = call.operation.symbols[0] if call.operation.symbols else None
    stated = named if named is not None else call.attribute("call_target_name")
    return stated if isinstance(stated, str) else ""


def _custom_call(call: NativeCall) -> Step:
    target = _target(call)
    if target in _IDENTITY_TARGETS and len(call.inputs) == len(call.result_types):
        if list(call.operand_types) == list(call.result_types):
            return Step("identity", call.inputs)
        if len(call.inputs) == 1:
            return change_shards(call.inputs[0], call.operand_types[0], call.result_types[0])
    if target in ("mhlo.topk", "TopK") and len(call.result_types) == 2:
        return Step("top_k", call.inputs[:1], _top_k_attributes(call))
    if target == "mhlo.erf":
        return Step("erf", call.inputs)
    return Step("custom_call", call.inputs, {"target": target})


_TABLE: Mapping[str, Translate] = {
    **{name: _rename(name) for name in _SAME_NAME},
    **{native: _rename(canonical) for native, canonical in _RENAMED.items()},
    "batch_norm_grad": _normalisation("batch_norm_grad"),
    "batch_norm_inference": _normalisation("batch_normalization"),
    "batch_norm_training": _normalisation("batch_norm_training"),
    "bitcast": _reshape,
    "bitcast_convert": _bitcast,
    "broadcast": _broadcast,
    "broadcast_in_dim": _broadcast_in_dim,
    "clamp": _clamp,
    "compare": _compare,
    "concatenate": _concatenate,
    "convert": _convert,
    "custom_call": _custom_call,
    "dot": _dot,
    "dot_general": _dot_general,
    "dynamic_broadcast_in_dim": _broadcast_in_dim,
    "dynamic_gather": _gather,
    "dynamic_iota": _iota,
    "dynamic_pad": _pad,
    "dynamic_reshape": _reshape,
    "dynamic_slice": _dynamic_slice,
    "einsum": _einsum,
    "fft": _fft,
    "gather": _gather,
    "get_dimension_size": _dimension_size,
    "iota": _iota,
    "pad": _pad,
    "real_dynamic_slice": _real_dynamic_slice,
    "reshape": _reshape,
    "reverse": _reverse,
    "rng": _random,
    "rng_get_and_update_state": _random,
    "scatter": _scatter,
    "set_dimension_size": _set_dimension_size,
    "slice": _slice,
    "sort": _sort,
    "square": _square,
    "stochastic_convert": _convert,
    "top_k": _top_k,
    "topk": _top_k,
    "torch_index_select": _torch_index_select,
    "transpose": _transpose,
    "uniform_dequantize": _dequantize,
    "uniform_quantize": _quantize,
    **WINDOWS,
    **COLLECTIVES,
}
