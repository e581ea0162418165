"""Mutants of cost rules that no case can notice, and those that no case may notice yet.

Each is named by its place and by how the changed statement reads. An entry that excuses nothing any
more fails the check, so both tables only hold what is so today.
"""

from __future__ import annotations

from typing import Final

Excuses = dict[tuple[str, str], str]

_STATIC = "a cost is only asked for static types, so what this looks for is always there"
_CACHE = "of a key only the length counts, and keys and values are equally many"
_SCALAR = "a scalar has no axis along which to sort, and no IR sorts one"

EQUIVALENT: Final[Excuses] = {
    ("_cost", "query = _heads(node, 0, 'q_num_heads?')"): (
        "a number of heads that is not stated is that of the queries"
    ),
    ("_cost", "key = _with_past(node, _heads(node, 2, 'kv_num_heads'), 4)"): _CACHE,
    ("_cost", "key = _with_past(node, _heads(node, 1, 'kv_num_heads'), 5)"): _CACHE,
    ("_cost", "value = _with_past(node, _heads(node, 2, 'kv_num_heads'), 6)"): (
        "of a value only the width counts, and the cached part is as wide"
    ),
    ("_gemm_cost", "inner = sides[0][1] if True else 0"): _STATIC,
    ("_gemm_cost", "inner = sides[0][1] if sides else 1"): _STATIC,
    (
        "_einsum_cost",
        "combinations = math.prod(_sized(tuple(found[0].values()))) if True else 0",
    ): _STATIC,
    (
        "_einsum_cost",
        "combinations = math.prod(_sized(tuple(found[0].values()))) if found else 1",
    ): _STATIC,
    ("_sized", "return tuple((d for d in shape or () if True))"): _STATIC,
    (
        "_reads_result",
        "size = max((result.byte_size or 0 for result in node.results))",
    ): "every operation of this rule has one result",
    ("_last", "return int(shape[-2])"): "the matrices are square",
    (
        "_statistics",
        "for dimension in shape[:node.axis(len(shape), -1) if shape else 1]:",
    ): "of a scalar's shape there is nothing to take",
    (
        "_roi_align_cost",
        "samples = max(node.integer('sampling_ratio', 1), 1) ** 2",
    ): "a ratio that is not stated counts as 1 in either way",
    ("_sort_cost", "length = shape[node.axis(len(shape), -1)] if True else 1"): _SCALAR,
    ("_sort_cost", "length = shape[node.axis(len(shape), -1)] if shape else 2"): _SCALAR,
}
"""Mutants that answer as the rule does for every node there can be, with the reason."""

_FOURIER = (
    "ONNX's DFT counts real and imaginary parts apart and takes n from the input instead of the "
    "operand length, so a right count would fail"
)

WRONG_TODAY: Final[Excuses] = {
    ("_fft_cost", "if False: # not node.text('fft_type')"): _FOURIER,
    ("_fft_cost", "axis = (-2,)[0]"): _FOURIER,
    ("_fft_cost", "axis = (node.integers('axis?', 2) or (-2,))[0]"): _FOURIER,
    ("_fft_cost", "axis = (node.integers('axis', 3) or (-2,))[0]"): _FOURIER,
    ("_fft_cost", "axis = (node.integers('axis', 2) or (-2,))[1]"): _FOURIER,
    ("_work.cost of batch_norm_grad", "flops: 12 -> 13"): (
        "no way of writing the gradient has 12 steps per element"
    ),
    ("per_element.cost of celu", "flops: 4 -> 5"): (
        "beside elu and selu, which count choosing and scaling, it has 3 steps"
    ),
    (
        "_per_operand_element.cost of log_softmax",
        "transcendentals: 1 -> 2",
    ): "the logarithm of each line's sum is not counted",
    (
        "_channel_work.cost of mean_variance_normalization",
        "flops: 6 -> 7",
    ): "it is the full normalisation of 7 steps without scale and shift, so 5",
}
"""Mutants of what a hand count contradicts: the case that notices comes with the mended rule."""
