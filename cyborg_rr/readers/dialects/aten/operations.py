"""Operations of aten by name, without their overloads: which rule translates each.

Names and arguments: aten/src/ATen/native/native_functions.yaml of PyTorch 2.13.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cyborg_rr.readers.dialects.aten import (
    contractions,
    recurrence,
    reductions,
    shaping,
    windows,
)
from cyborg_rr.readers.dialects.aten.formulas import FORMULAS
from cyborg_rr.readers.dialects.aten.indexing import INDEXING, places_of
from cyborg_rr.readers.dialects.aten.making import MAKING
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.dialects.aten.solving import QUANTISED, SOLVING
from cyborg_rr.readers.kit.steps import Step


def _nothing(_: NativeTorchNode) -> list[Step]:
    """A check that the exporter wrote down: no device does anything for it."""
    return []


def _pair(operation: str, direction: str | None = None) -> Rule:
    """Two operands, tensors or numbers; ``alpha`` scales the second one first."""

    def rule(node: NativeTorchNode) -> list[Step]:
        left, right = node.operands(2)
        alpha = node.attribute("alpha")
        if alpha is None or alpha == 1:
            return [node.step(operation, (left, right), direction=direction)]
        scaled = node.fresh("scaled")
        return [
            node.step("multiply", (right, node.operand("alpha")), (scaled,), node.stated(scaled)),
            node.step(operation, (left, scaled)),
        ]

    return rule


def _reversed_pair(operation: str) -> Rule:
    """rsub: the second operand first."""

    def rule(node: NativeTorchNode) -> list[Step]:
        left, right = node.operands(2)
        return [node.step(operation, (right, left))]

    return rule


def _divide(node: NativeTorchNode) -> list[Step]:
    """div, and with a rounding mode what rounds behind it."""
    operands = node.operands(2)
    mode = node.text("rounding_mode")
    if not mode:
        return [node.step("divide", operands)]
    quotient = node.fresh("quotient")
    return [
        node.step("divide", operands, (quotient,), node.stated(quotient)),
        node.step("floor" if mode == "floor" else "round", (quotient,)),
    ]


def _clamp(node: NativeTorchNode) -> list[Step]:
    """clamp(self, min, max): numbers, or tensors."""
    low, high = node.tensor("min"), node.tensor("max")
    if low or high:
        return [node.step("clamp", (node.tensor("self"), low, high))]
    return [node.step("clamp", node.inputs[:1], **_limits(node, "min", "max"))]


def _hardtanh(node: NativeTorchNode) -> list[Step]:
    return [node.step("clamp", node.inputs[:1], minimum=node.number("min_val", default=-1.0),
                      maximum=node.number("max_val", default=1.0))]  # fmt: skip


def _relu6(node: NativeTorchNode) -> list[Step]:
    return [node.step("clamp", node.inputs[:1], minimum=0.0, maximum=6.0)]


def _limits(node: NativeTorchNode, low: str, high: str) -> dict[str, float | None]:
    values = {"minimum": node.attribute(low), "maximum": node.attribute(high)}
    return {k: v if isinstance(v, int | float) else None for k, v in values.items()}


def _where(node: NativeTorchNode) -> list[Step]:
    """where(condition, self, other); of the condition alone it tells places."""
    operands = (node.tensor("condition"), node.operand("self"), node.operand("other"))
    if not operands[1] and not operands[2]:
        return places_of(node)
    return [node.step("select", operands)]


def _masked_fill(node: NativeTorchNode) -> list[Step]:
    """masked_fill(self, mask, value)."""
    operands = (node.tensor("mask"), node.operand("value"), node.tensor("self"))
    return [node.step("select", operands)]


def _leaky_relu(node: NativeTorchNode) -> list[Step]:
    slope = node.number("negative_slope", default=0.01)
    return [node.step("leaky_relu", node.inputs[:1], alpha=slope)]


def _glu(node: NativeTorchNode) -> list[Step]:
    """glu(self, dim): one half times the sigmoid of the other."""
    axis, known = node.integer("dim", default=-1), node.type_of(node.output(0))
    left, right, gate = (node.fresh(word) for word in ("left", "right", "gate"))
    return [
        node.step("split", node.inputs[:1], (left, right), {left: known, right: known},
                  axis=axis, num_outputs=2),
        node.step("sigmoid", (right,), (gate,), {gate: known}),
        node.step("multiply", (left, gate)),
    ]  # fmt: skip


def _add_scaled(operation: str) -> Rule:
    """addcmul, addcdiv(self, tensor1, tensor2, value)."""

    def rule(node: NativeTorchNode) -> list[Step]:
        inner, scaled = node.fresh("inner"), node.fresh("scaled")
        first = (node.tensor("tensor1"), node.tensor("tensor2"))
        steps = [node.step(operation, first, (inner,), node.stated(inner))]
        value = node.attribute("value")
        if isinstance(value, int | float) and value != 1:
            other = (inner, node.operand("value"))
            steps.append(node.step("multiply", other, (scaled,), node.stated(scaled)))
            inner = scaled
        return [*steps, node.step("add", (node.tensor("self"), inner))]

    return rule


def _square(node: NativeTorchNode) -> list[Step]:
    return [node.step("multiply", node.inputs[:1] * 2)]


def _dropout(node: NativeTorchNode) -> list[Step]:
    return [node.step("dropout" if node.flag("train") else "identity", node.inputs[:1])]


_UNARY = {
    "abs": "abs", "acos": "acos", "acosh": "acosh", "asin": "asin", "asinh": "asinh",
    "atan": "atan", "atanh": "atanh", "bitwise_not": "not", "ceil": "ceil", "celu": "celu",
    "cos": "cosine", "cosh": "cosh", "elu": "elu", "erf": "erf", "exp": "exp",
    "expm1": "exp_minus_one", "floor": "floor", "gelu": "gelu", "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_swish", "isfinite": "is_finite", "isinf": "is_inf", "isnan": "is_nan",
    "log": "log", "log1p": "log_plus_one", "logical_not": "not", "mish": "mish",
    "neg": "negate", "reciprocal": "reciprocal", "relu": "relu", "round": "round",
    "rsqrt": "rsqrt", "selu": "selu", "sgn": "sign", "sigmoid": "sigmoid", "sign": "sign",
    "silu": "silu", "sin": "sine", "sinh": "sinh", "softplus": "softplus", "sqrt": "sqrt",
    "tan": "tan", "tanh": "tanh", "trunc": "round", "tril": "trilu", "triu": "trilu",
    "clone": "copy", "contiguous": "identity", "alias": "identity", "detach": "identity",
    "detach_": "identity", "lift_fresh_copy": "identity", "lift_fresh": "identity",
    "native_dropout": "dropout", "bernoulli": "random", "rand_like": "random",
    "randn_like": "random", "nonzero": "where_indices", "conj": "identity", "real": "real",
    "imag": "imag", "roll": "copy",
}  # fmt: skip

_PAIRED = {
    "add": "add", "sub": "subtract", "mul": "multiply", "pow": "power", "maximum": "maximum",
    "minimum": "minimum", "fmod": "remainder", "remainder": "remainder", "atan2": "atan2",
    "floor_divide": "divide", "true_divide": "divide", "bitwise_and": "and", "bitwise_or": "or",
    "bitwise_xor": "xor", "logical_and": "and", "logical_or": "or", "logical_xor": "xor",
    "prelu": "prelu", "bitwise_left_shift": "shift_left", "__and__": "and", "__or__": "or",
    "bitwise_right_shift": "shift_right_arithmetic", "fmax": "maximum", "fmin": "minimum",
}  # fmt: skip

_COMPARED = {name: name.upper() for name in ("eq", "ne", "gt", "ge", "lt", "le")}

_RESHAPED = (
    "view", "reshape", "_unsafe_view", "view_copy", "_reshape_copy", "_reshape_alias", "flatten",
    "unflatten", "squeeze", "squeeze_copy", "view_as", "reshape_as", "ravel",
)  # fmt: skip

_CHECKS = (
    "_linalg_check_errors", "_assert_async", "_assert_scalar", "_assert_tensor_metadata",
    "sym_constrain_range",
    "sym_constrain_range_for_size", "_assert_msg", "_functional_assert_async",
)  # fmt: skip

_REDUCED = {
    "sum": "sum", "mean": "mean", "amax": "max", "amin": "min", "max": "max", "min": "min",
    "prod": "prod", "any": "or", "all": "and", "argmax": "argmax", "argmin": "argmin",
    "logsumexp": "log_sum_exp", "nansum": "sum",
}  # fmt: skip

_ATTENTIONS = (
    "scaled_dot_product_attention", "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention", "_scaled_dot_product_fused_attention_overrideable",
    "_scaled_dot_product_attention_math_for_mps",
)  # fmt: skip

_SPECIAL: Mapping[str, Rule] = {
    **dict.fromkeys(("mm", "bmm", "mv", "dot", "matmul", "vdot", "inner_product"),
                    contractions.matmul),
    **dict.fromkeys(("baddbmm", "addmv"), contractions.add_batched_product),
    **dict.fromkeys(_ATTENTIONS, contractions.attention),
    **dict.fromkeys(("convolution", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
                     "conv_transpose2d", "conv_transpose3d"), windows.convolution),
    **{f"max_pool{n}d": windows.pool("max", n) for n in (1, 2, 3)},
    **{f"max_pool{n}d_with_indices": windows.pool("max", n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": windows.pool("average", n) for n in (1, 2, 3)},
    **{f"adaptive_avg_pool{n}d": windows.adaptive_pool("average", n) for n in (1, 2, 3)},
    **{f"_adaptive_avg_pool{n}d": windows.adaptive_pool("average", n) for n in (2, 3)},
    **{f"adaptive_max_pool{n}d": windows.adaptive_pool("max", n) for n in (1, 2, 3)},
    **{f"reflection_pad{n}d": windows.pad("reflect") for n in (1, 2, 3)},
    **{f"replication_pad{n}d": windows.pad("edge") for n in (1, 2, 3)},
    **{f"upsample_nearest{n}d": windows.resize("nearest") for n in (1, 2, 3)},
    **dict.fromkeys(("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d",
                     "_upsample_bilinear2d_aa"), windows.resize("linear")),
    **dict.fromkeys(("upsample_bicubic2d", "_upsample_bicubic2d_aa"), windows.resize("cubic")),
    **dict.fromkeys(("layer_norm", "native_layer_norm"),
                    reductions.layer_norm("layer_normalization")),
    **dict.fromkeys(("rms_norm", "_fused_rms_norm"), reductions.layer_norm("rms_normalization")),
    **dict.fromkeys(("batch_norm", "native_batch_norm", "_native_batch_norm_legit",
                     "_native_batch_norm_legit_no_training", "cudnn_batch_norm",
                     "_native_batch_norm_legit_functional", "_batch_norm_no_update"),
                    reductions.batch_norm),
    **dict.fromkeys(("group_norm", "native_group_norm"), reductions.group_norm),
    **dict.fromkeys(("softmax", "_softmax", "_safe_softmax"), reductions.along("softmax")),
    **dict.fromkeys(("log_softmax", "_log_softmax"), reductions.along("log_softmax")),
    **dict.fromkeys(("linalg_vector_norm", "norm"), reductions.vector_norm),
    **dict.fromkeys(("permute", "permute_copy"), shaping.permute),
    **dict.fromkeys(("transpose", "transpose_copy", "swapaxes", "swapdims", "t", "t_copy",
                     "numpy_T", "matrix_H", "mT", "adjoint"), shaping.transpose),
    **dict.fromkeys(("cat", "concat", "concatenate"), shaping.concatenate),
    **dict.fromkeys(("expand", "expand_copy", "expand_as", "broadcast_to"), shaping.expand),
    **dict.fromkeys(("unsqueeze", "unsqueeze_copy"), shaping.unsqueeze),
    **dict.fromkeys(("split", "split_with_sizes", "split_copy", "split_with_sizes_copy", "chunk",
                     "tensor_split"), shaping.split),
    **dict.fromkeys(("slice", "slice_copy"), shaping.slice_),
    **dict.fromkeys(("select", "select_copy"), shaping.select),
    **dict.fromkeys(("unbind", "unbind_copy"), shaping.unbind),
    **dict.fromkeys(("index_put", "index_put_", "_unsafe_index_put"), shaping.write_index),
    **dict.fromkeys(("index", "_unsafe_index"), shaping.index),
    **dict.fromkeys(("zeros", "zeros_like", "full", "full_like", "scalar_tensor", "new_zeros",
                     "new_full", "empty", "empty_like", "new_empty", "empty_permuted",
                     "empty_strided", "new_empty_strided"), shaping.fill(0)),
    **dict.fromkeys(("ones", "ones_like", "new_ones"), shaping.fill(1)),
    **dict.fromkeys(("to", "_to_copy", "type_as"), shaping.convert),
    **dict.fromkeys(("var", "var_mean"), reductions.spread(root=False, with_mean=True)),
    "std": reductions.spread(root=True, with_mean=False),
    "linear": contractions.linear, "addmm": contractions.add_product,
    "einsum": contractions.einsum, "constant_pad_nd": windows.pad("constant"),
    "pad": windows.pad("constant"), "instance_norm": reductions.instance_norm,
    "topk": reductions.top_k, "sort": reductions.along("sort"),
    "argsort": reductions.along("sort"), "cumsum": reductions.cumulative("sum"),
    "diff": reductions.difference,
    "cumprod": reductions.cumulative("prod"), "stack": shaping.stack,
    "embedding": shaping.embedding, "index_select": shaping.take("gather"),
    "gather": shaping.take("gather_elements"), "scatter": shaping.scatter("none"),
    "scatter_add": shaping.scatter("add"), "scatter_reduce": shaping.scatter("none"),
    "slice_scatter": shaping.update, "arange": shaping.arange, "sym_size": shaping.size,
    "repeat": shaping.repeat, "tile": shaping.repeat, "flip": shaping.flip, "div": _divide,
    "rsub": _reversed_pair("subtract"), "clamp": _clamp, "clip": _clamp, "hardtanh": _hardtanh,
    "clamp_min": _clamp, "clamp_max": _clamp, "relu6": _relu6, "where": _where,
    "masked_fill": _masked_fill, "leaky_relu": _leaky_relu, "glu": _glu, "dropout": _dropout,
    "addcmul": _add_scaled("multiply"), "addcdiv": _add_scaled("divide"),
    "square": _square,
    "copy": shaping.copy, "fill": shaping.fill(0), "outer": shaping.outer,
    "index_add": shaping.write_rows("add"),
    "index_copy": shaping.write_rows("none"), "index_fill": shaping.write_rows("none"),
    "narrow": shaping.narrow, "pixel_shuffle": shaping.pixel_shuffle, "one_hot": shaping.one_hot,
    "linalg_norm": reductions.vector_norm, "lstm": recurrence.recurrent("lstm"),
    "gru": recurrence.recurrent("gru"), "rnn_tanh": recurrence.recurrent("rnn"),
    "rnn_relu": recurrence.recurrent("rnn"),
}  # fmt: skip

ATEN: Mapping[str, Rule] = MappingProxyType(
    {
        **{name: shaping.first(operation) for name, operation in _UNARY.items()},
        **{name: _pair(operation) for name, operation in _PAIRED.items()},
        **{name: _pair("compare", direction) for name, direction in _COMPARED.items()},
        **{name: reductions.reduce(function) for name, function in _REDUCED.items()},
        **dict.fromkeys(_RESHAPED, shaping.reshape),
        **dict.fromkeys(_CHECKS, _nothing),
        **FORMULAS,
        **INDEXING,
        **MAKING,
        **SOLVING,
        **_SPECIAL,
    }
)
"""Operations of aten."""

RULES: Mapping[str, Mapping[str, Rule]] = MappingProxyType(
    {"aten": ATEN, "quantized_decomposed": QUANTISED}
)
"""Operations by their namespace."""

NUMBERS: Mapping[str, Rule] = MappingProxyType(
    {
        "add": _pair("add"), "sub": _pair("subtract"), "mul": _pair("multiply"),
        "floordiv": _pair("divide"), "truediv": _pair("divide"), "mod": _pair("remainder"),
        "pow": _pair("power"), "sym_max": _pair("maximum"), "sym_min": _pair("minimum"),
        "and_": _pair("and"), "or_": _pair("or"),
        **{name: _pair("compare", direction) for name, direction in _COMPARED.items()},
    }
)  # fmt: skip
"""Python's own operations on sizes: modules operator and torch."""
