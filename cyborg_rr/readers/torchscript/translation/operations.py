"""Operations of aten by name: which rule translates each.

Names, and arguments by place: aten/src/ATen/native/native_functions.yaml of PyTorch 2.13.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cyborg_rr.readers.dialects.aten.operations import ATEN as SHARED
from cyborg_rr.readers.torchscript.translation import (
    arranging,
    computing,
    making,
    quantized,
    recurrence,
    shaping,
    solving,
    transforms,
    windows,
)
from cyborg_rr.readers.torchscript.translation.borrowed import borrow
from cyborg_rr.readers.torchscript.translation.call import Rule, unknown

_UNARY = {
    "abs": "abs", "acos": "acos", "asin": "asin", "atan": "atan", "bitwise_not": "not",
    "ceil": "ceil", "celu": "celu", "cos": "cosine", "cosh": "cosh", "elu": "elu", "erf": "erf",
    "exp": "exp", "expm1": "exp_minus_one", "floor": "floor", "gelu": "gelu",
    "hardsigmoid": "hard_sigmoid", "hardswish": "hard_swish", "isfinite": "is_finite",
    "isinf": "is_inf", "isnan": "is_nan", "log": "log", "log1p": "log_plus_one",
    "logical_not": "not", "mish": "mish", "neg": "negate", "reciprocal": "reciprocal",
    "relu": "relu", "round": "round", "rsqrt": "rsqrt", "selu": "selu", "sigmoid": "sigmoid",
    "sign": "sign", "silu": "silu", "sin": "sine", "sinh": "sinh", "softplus": "softplus",
    "sqrt": "sqrt", "tan": "tan", "tanh": "tanh", "tril": "trilu", "triu": "trilu",
    "clone": "copy", "contiguous": "identity", "alias": "identity", "detach": "identity",
    "roll": "copy", "feature_dropout": "identity", "alpha_dropout": "identity",
    "rand_like": "random", "randn_like": "random", "cpu": "identity", "cuda": "identity",
}  # fmt: skip

_PAIRED = {
    "add": "add", "sub": "subtract", "mul": "multiply", "pow": "power", "maximum": "maximum",
    "minimum": "minimum", "fmod": "remainder", "remainder": "remainder", "atan2": "atan2",
    "floor_divide": "divide", "floordiv": "divide", "bitwise_and": "and", "bitwise_or": "or",
    "bitwise_xor": "xor", "logical_and": "and", "logical_or": "or", "logical_xor": "xor",
    "prelu": "prelu", "__and__": "and", "__or__": "or", "__xor__": "xor",
}  # fmt: skip

_COMPARED = {name: name.upper() for name in ("eq", "ne", "gt", "ge", "lt", "le")}

_REDUCED = {
    "sum": "sum", "mean": "mean", "amax": "max", "amin": "min", "max": "max", "min": "min",
    "prod": "prod", "any": "or", "all": "and", "argmax": "argmax", "argmin": "argmin",
    "logsumexp": "log_sum_exp",
}  # fmt: skip

_SPECIAL: Mapping[str, Rule] = {
    **dict.fromkeys(("mm", "bmm", "matmul"), computing.matmul),
    "linear": computing.linear, "addmm": computing.add_product,
    "baddbmm": computing.add_batched_product, "einsum": computing.einsum,
    "scaled_dot_product_attention": computing.attention,
    **dict.fromkeys(("_convolution", "convolution"), windows.any_convolution),
    **{f"conv{n}d": windows.convolution(n, transposed=False) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": windows.convolution(n, transposed=True) for n in (1, 2, 3)},
    **{f"max_pool{n}d": windows.max_pool(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d_with_indices": windows.max_pool(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": windows.average_pool(n) for n in (1, 2, 3)},
    **{f"adaptive_avg_pool{n}d": windows.adaptive_pool("average", n) for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": windows.adaptive_pool("max", n) for n in (1, 2, 3)},
    **{f"reflection_pad{n}d": windows.pad("reflect") for n in (1, 2, 3)},
    **{f"replication_pad{n}d": windows.pad("edge") for n in (1, 2, 3)},
    **dict.fromkeys(("pad", "constant_pad_nd"), windows.pad("constant")),
    **{f"upsample_nearest{n}d": windows.resize("nearest", 2) for n in (1, 2, 3)},
    **{f"upsample_{name}": windows.resize("linear", 3)
       for name in ("linear1d", "bilinear2d", "trilinear3d")},
    "upsample_bicubic2d": windows.resize("cubic", 3),
    "layer_norm": computing.layer_norm("layer_normalization"),
    "rms_norm": computing.layer_norm("rms_normalization"), "batch_norm": computing.batch_norm,
    "group_norm": computing.group_norm, "instance_norm": computing.instance_norm,
    "softmax": computing.along("softmax"), "log_softmax": computing.along("log_softmax"),
    "sort": computing.along("sort"), "argsort": computing.along("sort"),
    "topk": computing.top_k,
    "cumsum": computing.cumulative("sum"), "cumprod": computing.cumulative("prod"),
    **dict.fromkeys(("view", "reshape", "_unsafe_view"), shaping.reshape),
    "flatten": shaping.flatten, "permute": shaping.permute,
    **arranging.ARRANGING, **solving.SOLVING,
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), shaping.transpose),
    **dict.fromkeys(("mT", "matrix_H", "adjoint"), shaping.turn_last),
    "expand_as": shaping.like("expand"), "view_as": shaping.like("reshape"),
    "reshape_as": shaping.like("reshape"), "copy": shaping.copy, "ravel": shaping.flatten,
    "fill": making.fill_like(None), "zero": making.fill_like(0), "bilinear": computing.bilinear,
    **transforms.TRANSFORMS, **dict.fromkeys(("t", "numpy_T"), shaping.turn),
    "unsqueeze": shaping.unsqueeze,
    "squeeze": shaping.squeeze, "stack": shaping.stack, "chunk": shaping.chunk,
    **dict.fromkeys(("cat", "concat", "concatenate"), shaping.concatenate),
    **dict.fromkeys(("split", "split_with_sizes"), shaping.split), "slice": shaping.slice_,
    "narrow": shaping.narrow, "select": shaping.take_one, "unbind": shaping.unbind,
    "index": shaping.index, "embedding": shaping.embedding,
    "index_select": shaping.take("gather"), "gather": shaping.take("gather_elements"),
    **dict.fromkeys(("expand", "broadcast_to"), shaping.expand),
    "size": shaping.size, **dict.fromkeys(("to", "type_as"), making.convert),
    "zeros": making.fill(0, 1), "ones": making.fill(1, 1), "empty": making.fill(0, 1),
    "full": making.fill(None, 2), "zeros_like": making.fill_like(0),
    "ones_like": making.fill_like(1), "full_like": making.fill_like(None),
    "empty_like": making.fill_like(0), "arange": making.arange, "flip": shaping.flip,
    "diff": shaping.difference, "new_zeros": making.new_filled(0),
    "new_ones": making.new_filled(1), "new_full": making.new_filled(None),
    "pixel_shuffle": shaping.pixel_shuffle, "div": computing.divide, "divide": computing.divide,
    "rsub": computing.reversed_pair("subtract"), "clamp": computing.clamp,
    "clip": computing.clamp, "hardtanh": computing.clamp, "relu6": computing.clamp,
    "where": computing.select, "masked_fill": computing.masked_fill,
    "leaky_relu": computing.leaky_relu, "glu": computing.glu, "dropout": computing.dropout,
    "quantize_per_tensor": quantized.quantize, "quantize_per_channel": quantized.quantize,
    "dequantize": quantized.dequantize, "square": computing.square,
    "lstm": recurrence.recurrent("lstm"),
    "gru": recurrence.recurrent("gru"), "rnn_tanh": recurrence.recurrent("rnn"),
    "rnn_relu": recurrence.recurrent("rnn"),
}  # fmt: skip

ATEN: Mapping[str, Rule] = MappingProxyType(
    {
        **{name: computing.first(operation) for name, operation in _UNARY.items()},
        **{name: computing.pair(operation) for name, operation in _PAIRED.items()},
        **{name: computing.pair("compare", direction) for name, direction in _COMPARED.items()},
        **{name: computing.reduce(function) for name, function in _REDUCED.items()},
        **_SPECIAL,
    }
)


_BORROWED: Mapping[str, Rule] = MappingProxyType(
    {name: rule for name in SHARED if name not in ATEN and (rule := borrow(name)) is not None}
)
"""Operations that exported programs have a rule for, and programs none of their own."""


def find_rule(domain: str, name: str) -> Rule:
    """The rule for an operation; one that works in place has that of the one that does not."""
    if domain == "quantized":
        return quantized.QUANTIZED.get(name, unknown)
    if domain != "aten":
        return unknown
    in_place = name.endswith("_") and not name.startswith("__")
    plain = name[:-1] if in_place else name
    for rules in (ATEN, _BORROWED):
        found = rules.get(name) or rules.get(plain)
        if found is not None:
            return found
    return unknown
