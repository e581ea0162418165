"""StableHLO, MHLO and CHLO operations as canonical ones: one row or one small function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cyborg_rr.domain.graph.graph import Attribute
from cyborg_rr.readers.stablehlo.call import NativeCall, Step
from cyborg_rr.readers.stablehlo.collectives import COLLECTIVES, change_shards
from cyborg_rr.readers.stablehlo.movement import MOVEMENTS
from cyborg_rr.readers.stablehlo.windows import WINDOWS

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
    "erfc": "erf", "erf_inv": "erf", "lgamma": "erf", "digamma": "erf", "bessel_i1e": "erf",
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
    "bitcast_convert": _bitcast,
    "clamp": _clamp,
    "compare": _compare,
    "convert": _convert,
    "custom_call": _custom_call,
    "dot": _dot,
    "dot_general": _dot_general,
    "einsum": _einsum,
    "fft": _fft,
    "rng": _random,
    "rng_get_and_update_state": _random,
    "sort": _sort,
    "square": _square,
    "stochastic_convert": _convert,
    "top_k": _top_k,
    "topk": _top_k,
    "uniform_dequantize": _dequantize,
    "uniform_quantize": _quantize,
    **MOVEMENTS,
    **WINDOWS,
    **COLLECTIVES,
}
