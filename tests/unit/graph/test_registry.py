"""Every canonical operation that readers may use has an entry."""

import pytest

from cyborg_rr.domain.graph.operations.registry import REGISTRY, find_operation

CANONICAL = [
    "dot_general", "matmul", "gemm", "einsum", "convolution", "convolution_transpose", "attention",
    "rnn", "lstm", "gru", "abs", "negate", "sign", "floor", "ceil", "round", "exp",
    "exp_minus_one", "log", "log_plus_one", "sqrt", "rsqrt", "cbrt", "sine", "cosine", "tan",
    "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "tanh", "erf", "sigmoid",
    "relu", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "softplus", "softsign",
    "hard_sigmoid", "hard_swish", "mish", "reciprocal", "not", "is_nan", "is_inf", "is_finite",
    "popcnt", "clz", "identity", "dropout", "convert", "bitcast_convert", "clamp", "prelu", "add",
    "subtract", "multiply", "divide", "remainder", "power", "maximum", "minimum", "atan2", "and",
    "or", "xor", "shift_left", "shift_right_arithmetic", "shift_right_logical", "mean", "compare",
    "select", "complex", "real", "imag", "reduce_precision", "quantize", "dequantize",
    "dynamic_quantize", "reduce", "cumulative", "top_k", "sort", "softmax", "log_softmax", "pool",
    "global_pool", "reduce_window", "select_and_scatter", "roi_align", "non_max_suppression",
    "grid_sample", "batch_normalization", "layer_normalization", "instance_normalization",
    "group_normalization", "rms_normalization", "l2_normalization", "local_response_normalization",
    "mean_variance_normalization", "reshape", "flatten", "squeeze", "unsqueeze", "transpose",
    "broadcast_in_dim", "expand", "tile", "concatenate", "split", "slice", "dynamic_slice",
    "dynamic_update_slice", "pad", "reverse", "gather", "gather_elements", "gather_nd",
    "general_gather", "scatter", "scatter_elements", "scatter_nd", "one_hot", "range", "iota",
    "constant_of_shape", "shape_of", "size_of", "non_zero", "where_indices", "eye_like", "trilu",
    "depth_to_space", "space_to_depth", "resize", "unique", "get_dimension_size", "random",
    "rng_bit_generator", "tuple", "get_tuple_element", "optimization_barrier", "copy", "fft",
    "cholesky", "triangular_solve", "batch_norm_training", "batch_norm_grad", "while", "if",
    "case", "loop", "scan", "map", "call", "all_reduce", "all_gather", "reduce_scatter",
    "all_to_all", "collective_permute", "collective_broadcast", "partition_id", "replica_id",
    "send", "recv", "infeed", "outfeed", "after_all", "custom_call", "unknown",
]  # fmt: skip


@pytest.mark.parametrize("name", CANONICAL)
def test_a_canonical_name_has_an_entry(name: str) -> None:
    assert REGISTRY[name].name == name


def test_what_is_not_in_the_table_counts_as_unknown() -> None:
    assert find_operation("frobnicate").name == "unknown"


def test_elementwise_entries_own_their_results() -> None:
    views = [o.name for o in REGISTRY.values() if o.kind == "elementwise" and o.view != "none"]
    assert views == []
