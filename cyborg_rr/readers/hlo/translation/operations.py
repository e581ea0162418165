"""HLO's opcodes as canonical operations: one row or one small function each.

Opcodes are those of xla/hlo/ir/hlo_opcode.h.
"""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.readers.hlo.translation.collectives import COLLECTIVES
from cyborg_rr.readers.hlo.translation.library import custom_call, top_k
from cyborg_rr.readers.hlo.translation.movement import MOVEMENTS
from cyborg_rr.readers.hlo.translation.native import NativeHloNode, Rule
from cyborg_rr.readers.hlo.translation.windows import WINDOWS
from cyborg_rr.readers.kit.rules import axis, plain, unknown
from cyborg_rr.readers.kit.steps import Step

_SAME_NAME = (
    "abs", "acos", "acosh", "add", "after-all", "and", "asin", "asinh", "atan2", "atanh", "cbrt",
    "ceil", "cholesky", "complex", "copy", "cosh", "cosine", "divide", "dynamic-update-slice",
    "erf", "floor", "imag", "infeed", "is-finite", "log", "maximum", "minimum", "multiply",
    "negate", "not", "or", "outfeed", "partition-id", "popcnt", "power", "real", "recv",
    "reduce-precision", "remainder", "replica-id", "rng-bit-generator", "rsqrt", "select", "send",
    "shift-left", "shift-right-arithmetic", "shift-right-logical", "sign", "sine", "sinh", "sqrt",
    "subtract", "tan", "tanh", "triangular-solve", "xor",
)  # fmt: skip

_RENAMED = {
    "copy-start": "copy", "count-leading-zeros": "clz", "exponential": "exp",
    "exponential-minus-one": "exp_minus_one", "log-plus-one": "log_plus_one",
    "logistic": "sigmoid", "opt-barrier": "optimization_barrier", "recv-done": "recv",
    "round-nearest-afz": "round", "round-nearest-even": "round", "send-done": "send",
}  # fmt: skip


def _convert(node: NativeHloNode) -> list[Step]:
    return [node.step("convert", node.inputs[:1], **node.result_element_type())]


def _bitcast_convert(node: NativeHloNode) -> list[Step]:
    return [node.step("bitcast_convert", **node.result_element_type())]


def _clamp(node: NativeHloNode) -> list[Step]:
    if len(node.inputs) != 3:
        raise node.refuse("should have 3 operands")
    low, operand, high = node.inputs
    return [node.step("clamp", (operand, low, high))]


def _compare(node: NativeHloNode) -> list[Step]:
    return [node.step("compare", direction=node.text("direction"))]


def _sort(node: NativeHloNode) -> list[Step]:
    return [node.step("sort", axis=node.first("dimensions", -1))]


def _fft(node: NativeHloNode) -> list[Step]:
    """A proto leaves out the first of its words, as it does with every zero."""
    length = node.integers("fft_length") or ()
    return [node.step("fft", fft_type=node.text("fft_type") or "FFT", fft_length=length)]


def _random(node: NativeHloNode) -> list[Step]:
    return [node.step("random", **node.static_shape(), **node.result_element_type())]


_TABLE: Mapping[str, Rule] = {
    **{name: plain(name.replace("-", "_")) for name in _SAME_NAME},
    **{native: plain(canonical) for native, canonical in _RENAMED.items()},
    "batch-norm-grad": axis("batch_norm_grad", "feature_index", 0),
    "batch-norm-inference": axis("batch_normalization", "feature_index", 0),
    "batch-norm-training": axis("batch_norm_training", "feature_index", 0),
    "bitcast-convert": _bitcast_convert,
    "clamp": _clamp,
    "compare": _compare,
    "convert": _convert,
    "custom-call": custom_call,
    "fft": _fft,
    "rng": _random,
    "rng-get-and-update-state": _random,
    "sort": _sort,
    "stochastic-convert": _convert,
    "topk": top_k,
    **MOVEMENTS,
    **WINDOWS,
    **COLLECTIVES,
}


def translate(node: NativeHloNode) -> list[Step]:
    """The canonical form of an instruction; ``unknown`` for one that no row covers."""
    return _TABLE.get(node.operation, unknown)(node)
