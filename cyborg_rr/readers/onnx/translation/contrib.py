"""Operations of the com.microsoft domain, which optimised transformers are full of.

A fused operation becomes the canonical steps that it stands for; the last carries its name.
Descriptions: ContribOperators.md of ONNX Runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.onnx.translation import contractions, rules, windows
from cyborg_rr.readers.onnx.translation.call import Call, Rule, Step
from cyborg_rr.readers.onnx.translation.rules import plain


def _fused_matmul(call: Call) -> list[Step]:
    """FusedMatMul: a matrix product that may transpose its operands first."""
    flags = {"trans_a": "transA", "trans_b": "transB"}
    flags |= {"trans_batch_a": "transBatchA", "trans_batch_b": "transBatchB"}
    return [call.step("matmul", **{name: call.flag(said) or None for name, said in flags.items()})]


def _biased(operation: str) -> Rule:
    """An activation of the sum of a tensor and a bias."""

    def rule(call: Call) -> list[Step]:
        if not call.input(1):
            return [call.step(operation, (call.input(0),))]
        total = call.fresh("sum")
        return [
            call.step("add", call.inputs[:2], (total,)),
            call.step(operation, (total,)),
        ]

    return rule


def _skip_normalization(operation: str, bias: int | None) -> Rule:
    """SkipLayerNormalization: add input and skip (and a bias), normalise, hand out both."""

    def rule(call: Call) -> list[Step]:
        total = call.output(3) or call.fresh("sum")
        added = tuple(
            name
            for name in (call.input(0), call.input(1), call.input(4 if bias is None else bias))
            if name
        )
        scale = tuple(name for name in call.inputs[2 : 4 if bias is None else 3] if name)
        return [
            call.step("add", added, (total,)),
            call.step(operation, (total, *scale), call.outputs[:3], axis=-1),
        ]

    return rule


def _embed_normalization(call: Call) -> list[Step]:
    """EmbedLayerNormalization: look up words, segments and positions, add, normalise."""
    words, positions, total = (call.fresh(word) for word in ("words", "positions", "sum"))
    total = call.output(2) or total
    added = [words, positions]
    steps = [call.step("gather", (call.input(2), call.input(0)), (words,), axis=0)]
    # Positions count up alike in every row: as much is read as word indices say.
    steps.append(
        call.step("gather", (call.input(3), call.input(8) or call.input(0)), (positions,), axis=0)
    )
    if call.input(1) and call.input(4):
        added.append(call.fresh("segments"))
        steps.append(call.step("gather", (call.input(4), call.input(1)), (added[-1],), axis=0))
    steps.append(call.step("add", tuple(added), (total,)))
    if call.output(1):
        lengths = call.input(7) or call.input(0)
        steps.append(
            call.step(
                "reduce",
                (lengths,),
                (call.output(1),),
                function="sum",
                axes=(1,),
                keep_dimensions=False,
            )
        )
    steps.append(
        call.step(
            "layer_normalization",
            (total, call.input(5), call.input(6)),
            (call.output(0),),
            axis=-1,
        )
    )
    return steps


def _packed_attention(call: Call) -> list[Step]:
    """Attention: one product makes query, key and value, then comes attention itself."""
    heads = call.integer("num_heads", 0)
    product = call.fresh("product")
    parts = tuple(call.fresh(word) for word in ("query", "key", "value"))
    steps = [call.step("matmul", call.inputs[:2], (product,))]
    if call.input(2):
        steps.append(call.step("add", (product, call.input(2)), (call.fresh("biased"),)))
        product = call.fresh("biased")
    steps.append(
        call.step(
            "split",
            (product,),
            parts,
            axis=-1,
            split=call.integers("qkv_hidden_sizes"),
            num_outputs=3,
        )
    )
    steps.append(
        call.step(
            "attention",
            (*parts, call.input(5)),
            None,
            q_num_heads=heads or None,
            kv_num_heads=heads or None,
            is_causal=call.flag("unidirectional"),
        )
    )
    return steps


def _multi_head_attention(call: Call) -> list[Step]:
    """MultiHeadAttention with separate query, key and value."""
    if not (call.input(1) and call.input(2)):
        return rules.unknown(call)
    heads = call.integer("num_heads", 0) or None
    return [
        call.step(
            "attention",
            (*call.inputs[:3], call.input(5), call.input(6), call.input(7)),
            q_num_heads=heads,
            kv_num_heads=heads,
            is_causal=call.flag("unidirectional"),
        )
    ]


def _grouped_attention(call: Call) -> list[Step]:
    """GroupQueryAttention with separate query, key and value."""
    if not (call.input(1) and call.input(2)):
        return rules.unknown(call)
    return [
        call.step(
            "attention",
            (*call.inputs[:3], "", *call.inputs[3:5]),
            q_num_heads=call.integer("num_heads", 0) or None,
            kv_num_heads=call.integer("kv_num_heads", 0) or None,
            is_causal=True,
        )
    ]


def _quantized_weight_product(call: Call) -> list[Step]:
    """MatMulNBits: the weight is N x K numbers of few bits, packed into bytes block by block.

    The packed tensor is restated as what it holds, where that takes the same bytes; a K that
    leaves its last block half empty makes the operation unknown.
    """
    rows, columns, bits = call.integer("K", 0), call.integer("N", 0), call.integer("bits", 4)
    if rows < 1 or columns < 1:
        raise call.refuse("attributes 'K' and 'N' must be positive")
    packed = call.stored_of(call.input(1))
    holds = TensorType(f"u{bits}", (columns, rows))
    if packed is None or bits not in (2, 4, 8) or holds.byte_size != packed.type.byte_size:
        return rules.unknown(call)
    operands = call.inputs[:2]
    if not call.input(5):
        product = call.step("matmul", operands, trans_b=True)
        return [replace(product, restated={call.input(1): holds})]
    total = call.fresh("product")
    product = call.step("matmul", operands, (total,), trans_b=True)
    return [
        replace(product, restated={call.input(1): holds}),
        call.step("add", (total, call.input(5))),
    ]


def _integer_product(call: Call) -> list[Step]:
    """MatMulIntegerToFloat, DynamicQuantizeMatMul: 8-bit product handed out as floats."""
    known = call.element_type(2) or "f32"
    stated = {call.output(0): TensorType(known, None)}
    return [call.step("matmul", None, None, stated, element_type=known)]


def _quantized(operation: str, operands: tuple[int, ...], **constants: str | int) -> Rule:
    """A QLinear operation: its operands first, its scales and zero points behind them."""

    def rule(call: Call) -> list[Step]:
        first = tuple(call.input(index) for index in operands)
        others = tuple(name for index, name in enumerate(call.inputs) if index not in operands)
        if operation in ("add", "multiply"):  # all inputs of these are operands
            others = ()
        return [call.step(operation, (*first, *others), **constants)]

    return rule


def _quantized_concatenate(call: Call) -> list[Step]:
    """QLinearConcat: scale and zero point of the result, then three inputs for each part."""
    return [call.step("concatenate", call.inputs[2::3], axis=call.integer("axis", 1))]


def _quantized_gemm(call: Call) -> list[Step]:
    """QGemm: the type of the result is that of its zero point, f32 without one."""
    known = call.element_type(8) if call.input(8) else "f32"
    stated = {call.output(0): TensorType(known, None)} if known else {}
    return [
        call.step(
            "gemm",
            (call.input(0), call.input(3), call.input(6)),
            None,
            stated,
            trans_a=call.flag("transA"),
            trans_b=call.flag("transB"),
            element_type=known,
        )
    ]


def _channels_last_convolution(call: Call) -> list[Step]:
    """NhwcConv: data and weight with channels last."""
    strides = call.integers("strides") or call.integers("kernel_shape") or (1, 1)
    spatial = "".join(str(index) for index in range(len(strides)))
    layout = f"N{spatial}C"
    return [
        windows.convolve(
            call,
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
