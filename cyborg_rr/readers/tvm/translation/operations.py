"""Which canonical operation each operation of Relay means; adding one is one line here.

Names: the operators registered below src/relay/op and src/relay/qnn/op of TVM 0.6 to 0.19. What has
no line is counted and not costed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.tvm.program import Apply
from cyborg_rr.readers.tvm.translation import contractions, making, picking, shaping, windows
from cyborg_rr.readers.tvm.translation.making import compare, first, plain, reduce, then
from cyborg_rr.readers.tvm.translation.native import Rule, as_unknown

_SAME_NAMES: Final = (
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cosh", "erf", "exp",
    "floor", "log", "rsqrt", "sigmoid", "sign", "sinh", "sqrt", "tan", "tanh", "round",
)  # fmt: skip

_ELEMENTS: Final[dict[str, Rule]] = {
    **{name: first(name) for name in _SAME_NAMES},
    "cos": first("cosine"), "sin": first("sine"), "negative": first("negate"),
    "trunc": first("round"), "logical_not": first("not"), "bitwise_not": first("not"),
    "isnan": first("is_nan"), "isinf": first("is_inf"), "isfinite": first("is_finite"),
    "log2": first("log"), "log10": first("log"), "fast_exp": first("exp"),
    "fast_tanh": first("tanh"), "fast_erf": first("erf"),
    "add": plain("add"), "subtract": plain("subtract"), "multiply": plain("multiply"),
    "divide": plain("divide"), "power": plain("power"), "maximum": plain("maximum"),
    "minimum": plain("minimum"), "mod": plain("remainder"), "floor_mod": plain("remainder"),
    "trunc_mod": plain("remainder"), "floor_divide": then("divide", "floor"),
    "trunc_divide": then("divide", "round"),
    "left_shift": plain("shift_left"), "right_shift": plain("shift_right_arithmetic"),
    "logical_and": plain("and"), "logical_or": plain("or"), "logical_xor": plain("xor"),
    "bitwise_and": plain("and"), "bitwise_or": plain("or"), "bitwise_xor": plain("xor"),
    "equal": compare("EQ"), "not_equal": compare("NE"), "less": compare("LT"),
    "less_equal": compare("LE"), "greater": compare("GT"), "greater_equal": compare("GE"),
    "where": plain("select"), "cast": making.cast, "clip": making.clip,
    "cast_like": plain("convert"), "reinterpret": making.bits,
}  # fmt: skip

_REDUCTIONS: Final[dict[str, Rule]] = {
    "sum": reduce("sum"), "mean": reduce("mean"), "max": reduce("max"), "min": reduce("min"),
    "prod": reduce("prod"), "all": reduce("and"), "any": reduce("or"),
    "argmax": reduce("argmax", "i32"), "argmin": reduce("argmin", "i32"),
    "logsumexp": reduce("log_sum_exp"), "variance": making.spread(False),
    "std": making.spread(True), "cumsum": making.cumulative("sum"),
    "cumprod": making.cumulative("prod"), "sort": making.ordered, "argsort": making.argsort,
    "topk": making.top_k, "searchsorted": plain("search_sorted"),
}  # fmt: skip

_SHAPING: Final[dict[str, Rule]] = {
    "reshape": shaping.reshape, "contrib_reverse_reshape": as_unknown,
    "reshape_like": shaping.reshape_like, "expand_dims": shaping.unsqueeze,
    "squeeze": shaping.squeeze, "transpose": shaping.transpose,
    "layout_transform": shaping.layout_transform, "concatenate": shaping.concatenate,
    "stack": shaping.stack, "split": picking.split, "strided_slice": picking.strided_slice,
    "slice_like": picking.slice_like, "take": picking.take,
    "gather": picking.gather("gather_elements"), "gather_nd": picking.gather_nd,
    "adv_index": picking.picked, "scatter": picking.scatter("scatter_elements"),
    "scatter_add": picking.scatter("scatter_elements", "add"),
    "scatter_elements": picking.scatter("scatter_elements"),
    "scatter_nd": picking.scatter("scatter_nd"), "scatter_nd_add": picking.scatter("scatter_nd",
                                                                                   "add"),
    "tile": shaping.tile, "repeat": shaping.repeat, "broadcast_to": shaping.broadcast_to,
    "broadcast_to_like": shaping.like, "reverse": shaping.reverse,
    "reverse_sequence": plain("reverse"), "trilu": shaping.triangle,
    "shape_of": shaping.shape_of, "ndarray_size": first("size_of"),
    "argwhere": first("non_zero"), "unique": as_unknown, "meshgrid": as_unknown,
    "zeros": making.filled(0, False), "ones": making.filled(1, False),
    "full": making.filled(None, True), "zeros_like": making.filled_like(0),
    "ones_like": making.filled_like(1), "full_like": making.filled_like(None),
    "arange": making.arange, "one_hot": making.one_hot,
    "copy": shaping.copied, "device_copy": shaping.copied, "einsum": contractions.einsum,
    "threefry_generate": as_unknown, "uniform": making.random, "normal": making.random,
    "random.uniform": making.random, "random.normal": making.random,
    "random.multinomial": making.random,
}  # fmt: skip

_NETWORKS: Final[dict[str, Rule]] = {
    "conv1d": windows.convolution(1), "conv2d": windows.convolution(2),
    "conv3d": windows.convolution(3), "conv1d_transpose": windows.transposed(1),
    "conv2d_transpose": windows.transposed(2), "conv3d_transpose": windows.transposed(3),
    "deformable_conv2d": windows.deformable,
    "dense": contractions.dense, "matmul": contractions.matmul(False),
    "batch_matmul": contractions.matmul(True), "bias_add": making.bias_add,
    "relu": first("relu"), "prelu": making.prelu, "selu": first("selu"), "elu": first("elu"),
    "gelu": first("gelu"), "gelu_tanh": first("gelu"), "silu": first("silu"),
    "leaky_relu": making.number("leaky_relu", "alpha", "alpha", 0.05),
    "leakyrelu": making.number("leaky_relu", "alpha", "alpha", 0.01),
    "softplus": first("softplus"), "softmax": making.softmax("softmax"),
    "fast_softmax": making.softmax("softmax"), "log_softmax": making.softmax("log_softmax"),
    "dropout": shaping.same, "batch_norm": making.batch_norm,
    "layer_norm": making.layer_norm("layer_normalization"),
    "rms_norm": making.layer_norm("rms_normalization"), "group_norm": making.group_norm,
    "instance_norm": making.instance_norm, "l2_normalize": making.l2_normalize, "lrn": making.lrn,
    **{
        f"{name}_pool{spatial}d": windows.pool(function, spatial)
        for name, function in (("max", "max"), ("avg", "average")) for spatial in (1, 2, 3)
    },
    **{
        f"global_{name}_pool{spatial}d": windows.global_pool(function, spatial)
        for name, function in (("max", "max"), ("avg", "average")) for spatial in (1, 2, 3)
    },
    **{
        f"adaptive_{name}_pool{spatial}d": windows.adaptive_pool(function, spatial)
        for name, function in (("max", "max"), ("avg", "average")) for spatial in (1, 2, 3)
    },
    "batch_flatten": shaping.flatten, "pad": windows.pad, "mirror_pad": windows.pad,
    "upsampling": windows.upsample(2), "upsampling3d": windows.upsample(3),
    "depth_to_space": windows.blocks("depth_to_space"),
    "space_to_depth": windows.blocks("space_to_depth"),
}  # fmt: skip

_PICTURES: Final[dict[str, Rule]] = {
    "image.resize": windows.resize(2), "image.resize1d": windows.resize(1),
    "image.resize2d": windows.resize(2), "image.resize3d": windows.resize(3),
    "image.grid_sample": windows.grid_sample, "vision.roi_align": windows.roi_align,
}  # fmt: skip

_QUANTISED: Final[dict[str, Rule]] = {
    "qnn.conv2d": contractions.quantized_convolution, "qnn.dense": contractions.quantized_product,
    "qnn.batch_matmul": contractions.quantized_product, "qnn.quantize": contractions.quantize,
    "qnn.simulated_quantize": as_unknown, "qnn.dequantize": contractions.dequantize,
    "qnn.requantize": contractions.requantize, "qnn.concatenate": shaping.concatenate,
    "qnn.add": contractions.quantized("add", 2), "qnn.mul": contractions.quantized("multiply", 2),
    "qnn.subtract": contractions.quantized("subtract", 2),
    "qnn.softmax": contractions.quantized("softmax", 1),
    "qnn.leaky_relu": contractions.quantized("leaky_relu", 1),
    "qnn.avg_pool2d": windows.pool("average", 2),
    **{
        f"qnn.{name}": contractions.quantized(operation, 1)
        for name, operation in (
            ("tanh", "tanh"), ("sigmoid", "sigmoid"), ("exp", "exp"), ("erf", "erf"),
            ("sqrt", "sqrt"), ("rsqrt", "rsqrt"), ("hardswish", "hard_swish"), ("log", "log"),
            ("abs", "abs"),
        )
    },
}  # fmt: skip

_SAYING: Final[dict[str, Rule]] = dict.fromkeys(
    (
        "on_device", "annotation.stop_fusion", "stop_fusion", "annotation.checkpoint",
        "annotation.compiler_begin", "annotation.compiler_end", "annotation.bitpack_start",
        "annotation.bitpack_end", "annotation.cast_hint", "annotation.force_cast",
        "checkpoint", "compiler_begin", "compiler_end", "annotation.on_device",
        "vm.reshape_tensor",
    ),
    shaping.same,
)  # fmt: skip
"""Operations that say something of their operand and do nothing to it."""

_PLAIN: Final = {**_ELEMENTS, **_REDUCTIONS, **_SHAPING}

COMMON: Final[Mapping[str, Rule]] = MappingProxyType(
    {**_PLAIN, **{f"nn.{name}": rule for name, rule in _NETWORKS.items()}, **_PICTURES}
)
"""What Relay and Relax call alike."""

RELAY: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **COMMON,
        **_QUANTISED,
        **_SAYING,
        **{
            f"contrib.{name}": _NETWORKS[name]
            for name in ("adaptive_avg_pool2d", "adaptive_max_pool2d")
        },
        **{
            f"dyn.{name}": COMMON[name]
            for name in (
                "reshape", "squeeze", "expand_dims", "tile", "broadcast_to", "zeros", "ones",
                "full", "topk", "one_hot", "strided_slice", "nn.pad", "image.resize2d",
            )
        },
        "image.dilation2d": as_unknown,
        "memory.alloc_tensor": as_unknown,
    }
)  # fmt: skip

_THREE: Final = frozenset({"vision.get_valid_counts", "threefry_split"})


def count_results(call: Apply, inputs: int) -> int:
    """How many tensors an operation yields whose type the file does not state."""
    name = call.operation.removeprefix("dyn.")
    if name == "split":
        stated = call.attributes.get("indices_or_sections")
        if isinstance(stated, int) and 0 < stated < 4096:
            return stated
        return len(stated) + 1 if isinstance(stated, tuple) else 1
    if name == "topk":
        return 2 if call.attributes.get("ret_type", "both") == "both" else 1
    if name in _THREE:
        return 3
    return 1


def find_relay_rule(operation: str) -> Rule:
    """The rule of an operation of Relay."""
    return RELAY.get(operation, as_unknown)
