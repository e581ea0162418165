"""Rules for products of matrices, normalisations, reductions and attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.contracting import go_first_with_last, spell_products
from cyborg_rr.readers.kit.opset.native import OpsetNode, Rule, first, needing, unknown
from cyborg_rr.readers.kit.steps import Step


def matmul(node: OpsetNode) -> list[Step]:
    """MatMul."""
    left, right = node.flag("transpose_a"), node.flag("transpose_b")
    return [node.step("matmul", node.inputs[:2], trans_a=left, trans_b=right)]


def grouped_matmul(node: OpsetNode) -> list[Step]:
    """GroupedMatMul: each row times the transposed matrix of its group, or matrix by matrix."""
    if node.rank(0) == 3:
        return [node.step("matmul", node.inputs[:2], trans_b=True)]
    if node.rank(0) != 2 or not node.has_input(2):
        return unknown(node)
    group = node.fresh("group")
    return [
        Step("slice", (node.input(2),), (group,), {"starts": (0,), "ends": (1,), "axes": (0,)}),
        node.step("indexed_matmul", (node.input(0), group, node.input(1)), trans_b=True),
    ]


def einsum(node: OpsetNode) -> list[Step]:
    """Einsum, in the order of OpenVINO."""
    equation = node.text("equation")
    if not equation:
        raise node.refuse("attribute 'equation' is missing")
    return spell_products(node, equation, node.inputs, go_first_with_last(len(node.inputs)))


def softmax(operation: str) -> Rule:
    """Softmax, LogSoftmax."""

    def rule(node: OpsetNode) -> list[Step]:
        return [node.step(operation, node.inputs[:1], axis=node.integer("axis", default=1))]

    return rule


def batch_normalization(node: OpsetNode) -> list[Step]:
    """BatchNormInference: gamma and beta stood in front of the data until version 5."""
    epsilon = node.number("epsilon", "eps", default=1e-5)
    inputs = node.inputs[:5]
    if node.version < 5:
        inputs = (inputs[2], inputs[0], inputs[1], *inputs[3:])
    return [node.step("batch_normalization", inputs, axis=1, epsilon=epsilon)]


def mean_variance(node: OpsetNode) -> list[Step]:
    """MVN: the axes became an operand at version 6."""
    if node.has_input(1):
        axes = node.whole(1) or _last_axes(node)
    elif node.has("reduction_axes"):
        axes = node.integers("reduction_axes")
    else:
        rank = node.rank(0)
        start = 1 if node.flag("across_channels") else 2
        axes = None if rank is None else tuple(range(min(start, rank), rank))
    if not axes:
        return unknown(node)
    return [node.step("mean_variance_normalization", node.inputs[:1], axes=axes)]


def _last_axes(node: OpsetNode) -> tuple[int, ...] | None:
    """Where axes are not stored: as many of the last ones, which make the same work."""
    rank, count = node.rank(0), node.static(1)
    if rank is None or count is None or len(count) != 1 or not 0 < count[0] <= rank:
        return None
    return tuple(range(rank - count[0], rank))


def normalize_l2(node: OpsetNode) -> list[Step]:
    """NormalizeL2: over one dimension, or over several at once."""
    axes = node.whole(1)
    if axes is not None and len(axes) == 1:
        return [node.step("l2_normalization", node.inputs[:1], axis=axes[0])]
    norm = node.fresh("norm")
    return [
        node.step("reduce", node.inputs[:2], (norm,), function="l2", keep_dimensions=True),
        node.step("divide", (node.input(0), norm)),
    ]


def local_response(node: OpsetNode) -> list[Step]:
    """LRN."""
    size = node.integer("size", "nsize", default=5)
    return [node.step("local_response_normalization", node.inputs[:1], size=size)]


def group_normalization(node: OpsetNode) -> list[Step]:
    """GroupNormalization."""
    groups = node.integer("num_groups", default=1)
    return [node.step("group_normalization", node.inputs[:3], groups=groups)]


def reduction(function: str) -> Rule:
    """ReduceXyz(data, axes)."""

    def rule(node: OpsetNode) -> list[Step]:
        axes = node.whole(1)
        keep = node.flag("keep_dims")
        inputs = node.inputs[:2] if axes is None else node.inputs[:1]
        if axes is not None and not axes:
            return [node.step("identity", node.inputs[:1])]
        return [node.step("reduce", inputs, function=function, axes=axes, keep_dimensions=keep)]

    return rule


def top_k(node: OpsetNode) -> list[Step]:
    """TopK(data, k)."""
    kind = node.typed("index_element_type", default="i32")
    axis = node.integer("axis", default=-1)
    return [node.step("top_k", node.inputs[:2], axis=axis, index_type=kind)]


def cumulative(node: OpsetNode) -> list[Step]:
    """CumSum(data, axis)."""
    return [node.step("cumulative", node.inputs[:2], function="sum")]


def attention(node: OpsetNode) -> list[Step]:
    """ScaledDotProductAttention(query, key, value, mask, scale)."""
    ranks = {node.rank(index) for index in range(3)}
    if ranks not in ({3}, {4}):
        return unknown(node)
    heads = 1 if ranks == {3} else None
    mask = node.input(3) if node.rank(3) != 0 else ""
    inputs = (*node.inputs[:3], mask) if mask else node.inputs[:3]
    causal = node.flag("causal")
    return [node.step("attention", inputs, node.outputs[:1], q_num_heads=heads, is_causal=causal)]


def fourier(inverse: bool) -> Rule:
    """DFT, IDFT(data, axes): one dimension after the other, two numbers in the last."""

    def rule(node: OpsetNode) -> list[Step]:
        axes, rank = node.whole(1), node.rank(0)
        if not axes or rank is None or node.has_input(2):
            return unknown(node)
        steps, source = [], node.input(0)
        for place, axis in enumerate(axes):
            along = axis if axis >= 0 else axis + rank - 1
            target = node.output(0) if place == len(axes) - 1 else node.fresh(f"axis{place}")
            attributes = {"axis": along, "inverse": inverse}
            steps.append(Step("fft", (source,), (target,), attributes))
            source = target
        return steps

    return rule


def bucketize(node: OpsetNode) -> list[Step]:
    """Bucketize(values, limits)."""
    kind = node.typed("output_type", default="i64") or "i64"
    stated = {node.output(0): TensorType(kind, None)}
    inputs = (node.input(1), node.input(0))
    return [node.step("search_sorted", inputs, None, stated, index_type=kind)]


def search_sorted(node: OpsetNode) -> list[Step]:
    """SearchSorted(sorted, values)."""
    kind = node.typed("output_type", default="i64") or "i64"
    return [node.step("search_sorted", node.inputs[:2], index_type=kind)]


RULES: Final[Mapping[str, Rule]] = {
    "MatMul": needing(2, matmul),
    "GroupedMatMul": needing(2, grouped_matmul),
    "Einsum": needing(1, einsum),
    "Softmax": needing(1, softmax("softmax")),
    "LogSoftmax": needing(1, softmax("log_softmax")),
    "BatchNormInference": needing(5, batch_normalization),
    "BatchNormalization": needing(5, batch_normalization),
    "MVN": needing(1, mean_variance),
    "NormalizeL2": needing(2, normalize_l2),
    "LRN": needing(1, local_response),
    "GRN": first("l2_normalization", 1, axis=1),
    "GroupNormalization": needing(3, group_normalization),
    "RMS": first("rms_normalization", 2),
    "RMSNorm": first("rms_normalization", 1),
    "ReduceSum": needing(2, reduction("sum")), "ReduceMean": needing(2, reduction("mean")),
    "ReduceMax": needing(2, reduction("max")), "ReduceMin": needing(2, reduction("min")),
    "ReduceProd": needing(2, reduction("prod")), "ReduceL1": needing(2, reduction("l1")),
    "ReduceL2": needing(2, reduction("l2")), "ReduceLogicalAnd": needing(2, reduction("and")),
    "ReduceLogicalOr": needing(2, reduction("or")),
    "TopK": needing(2, top_k),
    "CumSum": needing(2, cumulative),
    "ScaledDotProductAttention": needing(3, attention),
    "DFT": needing(2, fourier(inverse=False)), "IDFT": needing(2, fourier(inverse=True)),
    "Bucketize": needing(2, bucketize),
    "SearchSorted": needing(2, search_sorted),
}  # fmt: skip
