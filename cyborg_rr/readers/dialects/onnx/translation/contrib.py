"""Operations of the com.microsoft domain, which optimised transformers are full of.

A fused operation becomes the canonical steps that it stands for; the last carries its name.
Descriptions: ContribOperators.md of ONNX Runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from cyborg_rr.readers.dialects.onnx.translation import (
    contractions,
    contrib_attention,
    contrib_experts,
    contrib_layouts,
    contrib_quantized,
    recurrences,
    rules,
    shaping,
    windows,
)
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.kit.rules import axis, plain, unknown
from cyborg_rr.readers.kit.steps import Step

_SEARCH = "how often its graphs run depends on the words that they find"
_LENGTHS = "its work depends on lengths that are values"


def _fused_matmul(node: NativeOnnxNode) -> list[Step]:
    """FusedMatMul: a matrix product that may transpose its operands first."""
    flags = {"trans_a": "transA", "trans_b": "transB"}
    flags |= {"trans_batch_a": "transBatchA", "trans_batch_b": "transBatchB"}
    return [node.step("matmul", **{name: node.flag(said) or None for name, said in flags.items()})]


def _biased(operation: str) -> Rule:
    """An activation of the sum of a tensor and a bias."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        if not node.input(1):
            return [node.step(operation, (node.input(0),))]
        total = node.fresh("sum")
        return [
            node.step("add", node.inputs[:2], (total,)),
            node.step(operation, (total,)),
        ]

    return rule


def _skip_normalization(operation: str, bias: int | None) -> Rule:
    """SkipLayerNormalization: add input and skip (and a bias), normalise, hand out both."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        total = node.output(3) or node.fresh("sum")
        added = tuple(
            name
            for name in (node.input(0), node.input(1), node.input(4 if bias is None else bias))
            if name
        )
        scale = tuple(name for name in node.inputs[2 : 4 if bias is None else 3] if name)
        return [
            node.step("add", added, (total,)),
            node.step(operation, (total, *scale), node.outputs[:3], axis=-1),
        ]

    return rule


def _embed_normalization(node: NativeOnnxNode) -> list[Step]:
    """EmbedLayerNormalization: look up words, segments and positions, add, normalise."""
    words, positions, total = (node.fresh(word) for word in ("words", "positions", "sum"))
    total = node.output(2) or total
    added = [words, positions]
    steps = [node.step("gather", (node.input(2), node.input(0)), (words,), axis=0)]
    # Positions count up alike in every row: as much is read as word indices say.
    steps.append(
        node.step("gather", (node.input(3), node.input(8) or node.input(0)), (positions,), axis=0)
    )
    if node.input(1) and node.input(4):
        added.append(node.fresh("segments"))
        steps.append(node.step("gather", (node.input(4), node.input(1)), (added[-1],), axis=0))
    steps.append(node.step("add", tuple(added), (total,)))
    if node.output(1):
        lengths = node.input(7) or node.input(0)
        steps.append(
            node.step(
                "reduce",
                (lengths,),
                (node.output(1),),
                function="sum",
                axes=(1,),
                keep_dimensions=False,
            )
        )
    steps.append(
        node.step(
            "layer_normalization",
            (total, node.input(5), node.input(6)),
            (node.output(0),),
            axis=-1,
        )
    )
    return steps


def _activated(rule: Rule) -> Rule:
    """An operation with an activation fused behind it."""

    def found(node: NativeOnnxNode) -> list[Step]:
        return contrib_layouts.activate(node, rule(node))

    return found


def _as_of(version: int, rule: Rule) -> Rule:
    """An operation as ONNX's own operator set of a later version has it."""

    def found(node: NativeOnnxNode) -> list[Step]:
        return rule(replace(node, version=version))

    return found


def _biased_softmax(node: NativeOnnxNode) -> list[Step]:
    """BiasSoftmax: over all dimensions from the axis on."""
    total = node.fresh("sum")
    return [
        node.step("add", node.inputs[:2], (total,)),
        node.step("softmax", (total,), flatten_axis=node.integer("axis", default=1)),
    ]


def _biased_dropout(node: NativeOnnxNode) -> list[Step]:
    """BiasDropout: dropout of a sum, to which a residual is added."""
    total = node.fresh("sum")
    steps = [node.step("add", node.inputs[:2], (total,))]
    if not node.input(2):
        return [*steps, node.step("dropout", (total,))]
    dropped = node.fresh("dropped")
    steps.append(node.step("dropout", (total,), (dropped, *node.outputs[1:2])))
    return [*steps, node.step("add", (dropped, node.input(2)), node.outputs[:1])]


def _split_gelu(node: NativeOnnxNode) -> list[Step]:
    """BiasSplitGelu: one half of the sum times the other's activation."""
    total, left, right, active = map(node.fresh, ("sum", "left", "right", "active"))
    return [
        node.step("add", node.inputs[:2], (total,)),
        node.step("split", (total,), (left, right), axis=-1, num_outputs=2),
        node.step("gelu", (right,), (active,)),
        node.step("multiply", (left, active)),
    ]


def _product_gelu(node: NativeOnnxNode) -> list[Step]:
    """GemmFastGelu."""
    product = node.fresh("product")
    steps = [node.step("matmul", node.inputs[:2], (product,))]
    if node.input(2):
        steps.append(node.step("add", (product, node.input(2)), (node.fresh("sum"),)))
        product = node.fresh("sum")
    return [*steps, node.step("gelu", (product,))]


def _group_normalization(skips: bool) -> Rule:
    """GroupNorm, SkipGroupNorm: add what is skipped and a bias, normalise, activate."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        steps: list[Step] = []
        data = node.input(0)
        if skips:
            data = node.output(1) or node.fresh("sum")
            added = tuple(name for name in (*node.inputs[:1], *node.inputs[3:5]) if name)
            steps.append(node.step("add", added, (data,)))
        active = node.integer("activation", default=0) == 1
        result = node.fresh("normal") if active else node.output(0)
        steps.append(
            node.step(
                "group_normalization",
                (data, *node.inputs[1:3]),
                (result,),
                groups=node.demand_integer("groups"),
            )
        )
        if active:
            steps.append(node.step("silu", (result,), node.outputs[:1]))
        return steps

    return rule


def _gated_rms(node: NativeOnnxNode) -> list[Step]:
    """GatedRMSNorm: normal numbers times the swish of a gate."""
    normal, active = node.fresh("normal"), node.fresh("active")
    return [
        node.step("rms_normalization", node.inputs[:2], (normal,), axis=-1),
        node.step("silu", (node.input(2),), (active,)),
        node.step("multiply", (normal, active)),
    ]


def _gated_silu(node: NativeOnnxNode) -> list[Step]:
    """SwiGLU: gate and what it lets through apart, or both in one tensor."""
    if node.input(1):
        return rules.gated_silu(node)
    left, right, active = map(node.fresh, ("left", "right", "active"))
    return [
        node.step("split", node.inputs[:1], (left, right), axis=-1, num_outputs=2),
        node.step("silu", (left,), (active,)),
        node.step("multiply", (active, right)),
    ]


def _restore_padding(node: NativeOnnxNode) -> list[Step]:
    """RestorePadding: the row of each place, or zeros."""
    return [node.step("gather", axis=0)]


def _position_bias(node: NativeOnnxNode) -> list[Step]:
    """GatedRelativePositionBias: a bias for each pair of positions times a gate of each query."""
    if node.input(6):  # tokens without padding
        return unknown(node)
    names = ("sum", "heads", "turned", "gates", "biased", "halves", "added", "sigmoid")
    total, split, turned, gates, biased, halves, added, active = map(node.fresh, names)
    update, reset, scaled, gate = map(node.fresh, ("update", "reset", "scaled", "gate"))
    heads = node.demand_integer("num_heads")
    return [
        node.step("add", node.inputs[:2], (total,)),
        node.step("reshape", (total,), (split,), shape=(0, 0, heads, -1)),
        node.step("transpose", (split,), (turned,), permutation=(0, 2, 1, 3)),
        node.step("matmul", (turned, node.input(3)), (gates,)),
        node.step("add", (gates, node.input(4)), (biased,)),
        node.step("reshape", (biased,), (halves,), shape=(0, 0, 0, 2, -1)),
        node.step("reduce", (halves,), (added,), function="sum", axes=(4,), keep_dimensions=False),
        node.step("sigmoid", (added,), (active,)),
        node.step("split", (active,), (update, reset), axis=-1, num_outputs=2),
        node.step("multiply", (reset, node.input(5)), (scaled,)),
        node.step("multiply", (update, scaled), (gate,)),
        node.step("multiply", (gate, node.input(2))),
    ]


CONTRIB: Mapping[str, Rule] = MappingProxyType(
    {
        "Attention": contrib_attention.attention,
        "BiasAdd": plain("add"),
        "BiasDropout": _biased_dropout,
        "BiasGelu": _biased("gelu"),
        "BiasSoftmax": _biased_softmax,
        "BiasSplitGelu": _split_gelu,
        "CausalConvWithState": recurrences.causal_convolution,
        "DecoderMaskedMultiHeadAttention": contrib_attention.decoder_attention,
        "DecoderMaskedSelfAttention": contrib_attention.attention,
        "DequantizeLinear": rules.dequantize,
        "DequantizeWithOrder": contrib_quantized.ordered_dequantize,
        "DynamicQuantizeLSTM": contrib_quantized.dynamic_lstm,
        "DynamicQuantizeMatMul": contrib_quantized.integer_product(4, 2),
        "EmbedLayerNormalization": _embed_normalization,
        "ExpandDims": plain("unsqueeze"),
        "FastGelu": _biased("gelu"),
        "FusedConv": contrib_layouts.fused_convolution,
        "FusedGemm": _activated(contractions.gemm),
        "FusedMatMul": _fused_matmul,
        "FusedMatMulActivation": _activated(_fused_matmul),
        "GatedRMSNorm": _gated_rms,
        "GatedRelativePositionBias": _position_bias,
        "GatherBlockQuantized": contrib_quantized.block_gather,
        "GatherND": _as_of(13, shaping.gather_nd),
        "Gelu": plain("gelu"),
        "GemmFastGelu": _product_gelu,
        "GridSample": windows.grid_sample,
        "GroupNorm": _group_normalization(skips=False),
        "GroupQueryAttention": contrib_attention.grouped_attention,
        "LayerNormalization": rules.normalization("layer_normalization"),
        "LinearAttention": recurrences.linear_attention,
        "LongformerAttention": contrib_attention.window_attention,
        "MatMulBnb4": contrib_quantized.normal_float_product,
        "MatMulInteger16": contractions.matmul_integer,
        "MatMulIntegerToFloat": contrib_quantized.integer_product(6, 2),
        "MatMulNBits": contrib_quantized.block_product,
        "MoE": contrib_experts.mixture,
        "MultiHeadAttention": contrib_attention.multi_head_attention,
        "NhwcConv": contrib_layouts.convolution(kernel_last=True),
        "NhwcFusedConv": contrib_layouts.convolution(kernel_last=True),
        "NhwcMaxPool": contrib_layouts.last(windows.pool("max")),
        "PackedMultiHeadAttention": contrib_attention.packed_attention,
        "Pad": _as_of(13, shaping.pad),
        "PagedAttention": contrib_attention.paged_attention,
        "QAttention": contrib_attention.quantized_attention,
        "QGemm": contrib_quantized.quantized_gemm,
        "QLinearAdd": contrib_quantized.quantized("add", (0, 3)),
        "QLinearAveragePool": contrib_layouts.quantized_pool(windows.pool("average")),
        "QLinearConcat": contrib_quantized.quantized_concatenate,
        "QLinearConv": contrib_layouts.quantized_convolution,
        "QLinearGlobalAveragePool": contrib_layouts.quantized_pool(
            contrib_quantized.quantized("global_pool", (0,), function="average")
        ),
        "QLinearLeakyRelu": contrib_quantized.quantized("leaky_relu", (0,)),
        "QLinearMul": contrib_quantized.quantized("multiply", (0, 3)),
        "QLinearReduceMean": contrib_quantized.quantized_mean,
        "QLinearSigmoid": contrib_quantized.quantized("sigmoid", (0,)),
        "QLinearSoftmax": contrib_quantized.quantized_softmax,
        "QLinearWhere": contrib_quantized.quantized("select", (0, 1, 4)),
        "QMoE": contrib_experts.quantized_mixture,
        "QOrderedGelu": plain("gelu"),
        "QOrderedLayerNormalization": contrib_quantized.ordered_normalization,
        "QOrderedMatMul": contrib_quantized.ordered_product,
        "QuantizeLinear": rules.quantize,
        "QuantizeWithOrder": contrib_quantized.ordered_quantize,
        "QuickGelu": plain("gelu"),
        "Range": plain("range"),
        "ReduceSumInteger": contrib_quantized.integer_sum,
        "RestorePadding": _restore_padding,
        "RotaryEmbedding": plain("rotary_embedding"),
        "ScaledSiLU": plain("silu"),
        "SimplifiedLayerNormalization": rules.normalization("rms_normalization"),
        "SkipGroupNorm": _group_normalization(skips=True),
        "SkipLayerNormalization": _skip_normalization("layer_normalization", None),
        "SkipSimplifiedLayerNormalization": _skip_normalization("rms_normalization", 3),
        "SwiGLU": _gated_silu,
        "TorchEmbedding": axis("gather", "axis", 0),
        "TransposeMatMul": _fused_matmul,
        "Trilu": plain("trilu"),
    }
)
"""com.microsoft operations by name."""

UNREAD: Mapping[str, str] = MappingProxyType(
    {
        "BeamSearch": _SEARCH,
        "GreedySearch": _SEARCH,
        "Sampling": _SEARCH,
        "WhisperBeamSearch": _SEARCH,
        "PackedAttention": _LENGTHS,
        "PackedMultiHeadAttention": _LENGTHS,
        "PagedAttention": _LENGTHS,
        "RemovePadding": _LENGTHS,
        "SparseAttention": _LENGTHS,
        "SparsePagedAttention": _LENGTHS,
        "DynamicSparseAttention": _LENGTHS,
    }
)
"""com.microsoft operations whose work a file cannot say, and why."""
