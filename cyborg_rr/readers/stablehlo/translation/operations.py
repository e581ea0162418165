"""StableHLO, MHLO and CHLO operations as canonical ones: one row or one small function each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.dialects.mlir.native import NativeModuleNode, Rule
from cyborg_rr.readers.formats.mlir.structure import Operation
from cyborg_rr.readers.kit.rules import axis, plain, unknown
from cyborg_rr.readers.kit.shards import change_shards
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.stablehlo.targets import find_target
from cyborg_rr.readers.stablehlo.translation.collectives import COLLECTIVES
from cyborg_rr.readers.stablehlo.translation.movement import MOVEMENTS
from cyborg_rr.readers.stablehlo.translation.windows import WINDOWS

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
    "polygamma": "power", "zeta": "power",
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


def translate(node: NativeModuleNode) -> list[Step]:
    """The canonical form of an operation; ``unknown`` for one that no row covers."""
    return _find_rule(node.written.name)(node)


@lru_cache(maxsize=1024)
def _find_rule(written: str) -> Rule:
    dialect, _, name = written.rpartition(".")
    if dialect in ("stablehlo", "mhlo", "chlo", "mhlo.xla"):
        return _TABLE.get(name) or _TABLE.get(name.removeprefix("broadcast_"), unknown)
    if dialect == "sdy":
        return _pass_on if name in _SDY_PASSING else COLLECTIVES.get(name, unknown)
    return unknown


def _pass_on(node: NativeModuleNode) -> list[Step]:
    if len(node.inputs) == len(node.result_types):
        return [node.step("identity")]
    return COLLECTIVES.get(node.operation, unknown)(node)


def is_check(operation: Operation) -> bool:
    """Whether an operation without results only asserts something."""
    _, _, name = operation.name.rpartition(".")
    return name == "custom_call" and find_target(operation) in _CHECK_TARGETS


def _square(node: NativeModuleNode) -> list[Step]:
    return [node.step("multiply", node.inputs * 2)]


def _convert(node: NativeModuleNode) -> list[Step]:
    return [node.step("convert", node.inputs[:1], **node.result_element_type())]


def _bitcast(node: NativeModuleNode) -> list[Step]:
    return [node.step("bitcast_convert", **node.result_element_type())]


def _clamp(node: NativeModuleNode) -> list[Step]:
    if len(node.inputs) != 3:
        raise node.refuse("should have 3 operands")
    low, operand, high = node.inputs
    return [node.step("clamp", (operand, low, high))]


def _einsum(node: NativeModuleNode) -> list[Step]:
    return [node.step("einsum", equation=node.keyword("config", "einsum_config"))]


def _compare(node: NativeModuleNode) -> list[Step]:
    words = node.written.words
    direction = words[0] if words else node.keyword("comparison_direction")
    return [node.step("compare", direction=direction)]


def _quantize(node: NativeModuleNode) -> list[Step]:
    return [node.step("quantize", **node.result_element_type())]


def _dequantize(node: NativeModuleNode) -> list[Step]:
    return [node.step("dequantize", **node.result_element_type())]


def _dot_general(node: NativeModuleNode) -> list[Step]:
    fields = node.fields("dot_dimension_numbers", "dot_dimension_attrs")
    batching = node.product("batching_dims", 2) or (
        fields.get("lhs_batching_dimensions", ()),
        fields.get("rhs_batching_dimensions", ()),
    )
    contracting = node.product("contracting_dims", 2) or (
        fields.get("lhs_contracting_dimensions", ()),
        fields.get("rhs_contracting_dimensions", ()),
    )
    return [
        node.step(
            "dot_general",
            node.inputs[:2],
            lhs_batching=batching[0],
            rhs_batching=batching[1],
            lhs_contracting=contracting[0],
            rhs_contracting=contracting[1],
            **node.result_element_type(),
        )
    ]


def _dot(node: NativeModuleNode) -> list[Step]:
    """The last dimension of the left with the first of the right."""
    shape = node.shape(0)
    if shape is None or len(node.inputs) != 2:
        return unknown(node)
    attributes: dict[str, AttributeValue] = {
        "lhs_batching": (),
        "rhs_batching": (),
        "lhs_contracting": (max(len(shape) - 1, 0),),
        "rhs_contracting": (0,),
        **node.result_element_type(),
    }
    return [node.step("dot_general", **attributes)]


def _sort(node: NativeModuleNode) -> list[Step]:
    return [node.step("sort", axis=node.integer("dimension", "dim", default=-1))]


def _top_k(node: NativeModuleNode) -> list[Step]:
    return [node.step("top_k", node.inputs[:1], **_top_k_attributes(node))]


def _top_k_attributes(node: NativeModuleNode) -> dict[str, AttributeValue]:
    count = node.integers("k")
    if not count and node.result_types and node.result_types[0].shape:
        size = node.result_types[0].shape[-1]
        count = (size,) if isinstance(size, int) else None
    attributes: dict[str, AttributeValue] = {"axis": -1, "index_type": "i32"}
    if count:
        attributes["k"] = count[0]
    return attributes


def _fft(node: NativeModuleNode) -> list[Step]:
    kind = node.keyword("type", "fft_type")
    length = node.integers("length", "fft_length") or ()
    return [node.step("fft", fft_type=kind, fft_length=length)]


def _random(node: NativeModuleNode) -> list[Step]:
    return [node.step("random", **node.static_shape(), **node.result_element_type())]


def _custom_call(node: NativeModuleNode) -> list[Step]:
    target = find_target(node.written)
    if target in _IDENTITY_TARGETS and len(node.inputs) == len(node.result_types):
        types = [node.find_type(name) for name in node.inputs]
        if types == list(node.result_types):
            return [node.step("identity")]
        if len(types) == 1 and types[0] is not None:
            return [change_shards(node.inputs, node.outputs, types[0], node.result_types[0])]
    if target in ("mhlo.topk", "TopK") and len(node.result_types) == 2:
        return [node.step("top_k", node.inputs[:1], **_top_k_attributes(node))]
    if target == "mhlo.erf":
        return [node.step("erf")]
    return [node.step("custom_call", target=target)]


_TABLE: Mapping[str, Rule] = {
    **{name: plain(name) for name in _SAME_NAME},
    **{native: plain(canonical) for native, canonical in _RENAMED.items()},
    "batch_norm_grad": axis("batch_norm_grad", "feature_index", 1),
    "batch_norm_inference": axis("batch_normalization", "feature_index", 1),
    "batch_norm_training": axis("batch_norm_training", "feature_index", 1),
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
