"""Operations of the com.microsoft domain, which optimised transformers are full of.

A fused operation becomes the canonical steps that it stands for; the last carries its name.
Descriptions: ContribOperators.md of ONNX Runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.rules import plain, unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.onnx.translation import contractions, rules, windows
from cyborg_rr.readers.onnx.translation.native import NativeOnnxNode, Rule


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


def _packed_attention(node: NativeOnnxNode) -> list[Step]:
    """Attention: one product makes query, key and value, then comes attention itself."""
    heads = node.integer("num_heads", default=0)
    product = node.fresh("product")
    parts = tuple(node.fresh(word) for word in ("query", "key", "value"))
    steps = [node.step("matmul", node.inputs[:2], (product,))]
    if node.input(2):
        steps.append(node.step("add", (product, node.input(2)), (node.fresh("biased"),)))
        product = node.fresh("biased")
    steps.append(
        node.step(
            "split",
            (product,),
            parts,
            axis=-1,
            split=node.integers("qkv_hidden_sizes"),
            num_outputs=3,
        )
    )
    steps.append(
        node.step(
            "attention",
            (*parts, node.input(5)),
            None,
            q_num_heads=heads or None,
            kv_num_heads=heads or None,
            is_causal=node.flag("unidirectional"),
        )
    )
    return steps


def _multi_head_attention(node: NativeOnnxNode) -> list[Step]:
    """MultiHeadAttention with separate query, key and value."""
    if not (node.input(1) and node.input(2)):
        return unknown(node)
    heads = node.integer("num_heads", default=0) or None
    return [
        node.step(
            "attention",
            (*node.inputs[:3], node.input(5), node.input(6), node.input(7)),
            q_num_heads=heads,
            kv_num_heads=heads,
            is_causal=node.flag("unidirectional"),
        )
    ]


def _grouped_attention(node: NativeOnnxNode) -> list[Step]:
    """GroupQueryAttention with separate query, key and value."""
    if not (node.input(1) and node.input(2)):
        return unknown(node)
    return [
        node.step(
            "attention",
            (*node.inputs[:3], "", *node.inputs[3:5]),
            q_num_heads=node.integer("num_heads", default=0) or None,
            kv_num_heads=node.integer("kv_num_heads", default=0) or None,
            is_causal=True,
        )
    ]


def _quantized_weight_product(node: NativeOnnxNode) -> list[Step]:
    """MatMulNBits: the weight is N x K numbers of few bits, packed into bytes block by block.

    The packed tensor is restated as what it holds, where that takes the same bytes; a K that
    leaves its last block half empty makes the operation unknown.
    """
    rows, columns, bits = (
        node.integer("K", default=0),
        node.integer("N", default=0),
        node.integer("bits", default=4),
    )
    if rows < 1 or columns < 1:
        raise node.refuse("attributes 'K' and 'N' must be positive")
    packed = node.stored(1)
    holds = TensorType(f"u{bits}", (columns, rows))
    if packed is None or bits not in (2, 4, 8) or holds.byte_size != packed.type.byte_size:
        return unknown(node)
    operands = node.inputs[:2]
    if not node.input(5):
        product = node.step("matmul", operands, trans_b=True)
        return [replace(product, restated={node.input(1): holds})]
    total = node.fresh("product")
    product = node.step("matmul", operands, (total,), trans_b=True)
    return [
        replace(product, restated={node.input(1): holds}),
        node.step("add", (total, node.input(5))),
    ]


def _integer_product(node: NativeOnnxNode) -> list[Step]:
    """MatMulIntegerToFloat, DynamicQuantizeMatMul: 8-bit product handed out as floats."""
    known = node.element_type(2) or "f32"
    stated = {node.output(0): TensorType(known, None)}
    return [node.step("matmul", None, None, stated, element_type=known)]


def _quantized(operation: str, operands: tuple[int, ...], **constants: str | int) -> Rule:
    """A QLinear operation: its operands first, its scales and zero points behind them."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        first = tuple(node.input(index) for index in operands)
        others = tuple(name for index, name in enumerate(node.inputs) if index not in operands)
        if operation in ("add", "multiply"):  # all inputs of these are operands
            others = ()
        return [node.step(operation, (*first, *others), **constants)]

    return rule


def _quantized_concatenate(node: NativeOnnxNode) -> list[Step]:
    """QLinearConcat: scale and zero point of the result, then three inputs for each part."""
    return [node.step("concatenate", node.inputs[2::3], axis=node.integer("axis", default=1))]


def _quantized_gemm(node: NativeOnnxNode) -> list[Step]:
    """QGemm: the type of the result is that of its zero point, f32 without one."""
    known = node.element_type(8) if node.input(8) else "f32"
    stated = {node.output(0): TensorType(known, None)} if known else {}
    return [
        node.step(
            "gemm",
            (node.input(0), node.input(3), node.input(6)),
            None,
            stated,
            trans_a=node.flag("transA"),
            trans_b=node.flag("transB"),
            element_type=known,
        )
    ]


def _channels_last_convolution(node: NativeOnnxNode) -> list[Step]:
    """NhwcConv: data and weight with channels last."""
    strides = node.integers("strides") or node.integers("kernel_shape") or (1, 1)
    spatial = "".join(str(index) for index in range(len(strides)))
    layout = f"N{spatial}C"
    return [
        windows.convolve(
            node,
            data_layout=layout,
            kernel_layout=f"O{spatial}I",
            result_layout=layout,
        )
    ]


CONTRIB: Mapping[str, Rule] = MappingProxyType(
    {
        "Attention": _packed_attention,
        "BiasAdd": plain("add"),
        "BiasGelu": _biased("gelu"),
        "DequantizeLinear": rules.dequantize,
        "DynamicQuantizeMatMul": _integer_product,
        "EmbedLayerNormalization": _embed_normalization,
        "ExpandDims": plain("unsqueeze"),
        "FastGelu": _biased("gelu"),
        "FusedConv": windows.convolution,
        "FusedGemm": contractions.gemm,
        "FusedMatMul": _fused_matmul,
        "FusedMatMulActivation": _fused_matmul,
        "Gelu": plain("gelu"),
        "GroupQueryAttention": _grouped_attention,
        "LayerNormalization": rules.normalization("layer_normalization"),
        "MatMulInteger16": contractions.matmul_integer,
        "MatMulIntegerToFloat": _integer_product,
        "MatMulNBits": _quantized_weight_product,
        "MultiHeadAttention": _multi_head_attention,
        "NhwcConv": _channels_last_convolution,
        "QGemm": _quantized_gemm,
        "QLinearAdd": _quantized("add", (0, 3)),
        "QLinearConcat": _quantized_concatenate,
        "QLinearGlobalAveragePool": _quantized("global_pool", (0,), function="average"),
        "QLinearLeakyRelu": _quantized("leaky_relu", (0,)),
        "QLinearMul": _quantized("multiply", (0, 3)),
        "QLinearSigmoid": _quantized("sigmoid", (0,)),
        "QLinearSoftmax": _quantized("softmax", (0,), axis=-1),
        "QuantizeLinear": rules.quantize,
        "QuickGelu": plain("gelu"),
        "RotaryEmbedding": plain("rotary_embedding"),
        "SimplifiedLayerNormalization": rules.normalization("rms_normalization"),
        "SkipLayerNormalization": _skip_normalization("layer_normalization", None),
        "SkipSimplifiedLayerNormalization": _skip_normalization("rms_normalization", 3),
        "TransposeMatMul": _fused_matmul,
        "Trilu": plain("trilu"),
    }
)
"""com.microsoft operations by name."""
