"""Rules for products of matrices, attention and what is quantised.

Attributes: include/tvm/relay/attrs/nn.h, relay/qnn/attrs.h, relax/attrs/nn.h.
"""

from __future__ import annotations

from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tvm.translation.native import NativeTvmNode, Rule, as_unknown
from cyborg_rr.readers.tvm.translation.windows import convolve


def _known(node: NativeTvmNode, index: int) -> bool:
    known = node.find_type(node.operand(index))
    return known is not None and known.shape is not None


def dense(node: NativeTvmNode) -> list[Step]:
    """nn.dense: the weights stand as rows of the result; those without a type get one."""
    element = node.element("out_dtype")
    units = node.attribute("units")
    if type(units) is int and units > 0 and not _known(node, 1):
        return [node.step("gemm", node.operands(0, 1), trans_b=True, units=units,
                          element_type=element)]  # fmt: skip
    return [node.step("matmul", node.operands(0, 1), trans_b=True, element_type=element)]


def matmul(transposes_second: bool) -> Rule:
    """nn.matmul, nn.batch_matmul, matmul: the second is transposed unless said, or is not."""

    def rule(node: NativeTvmNode) -> list[Step]:
        return [
            node.step(
                "matmul",
                node.operands(0, 1),
                trans_a=node.flag("transpose_a", "tensor_a_transposed"),
                trans_b=node.flag("transpose_b", "tensor_b_transposed", default=transposes_second),
                element_type=node.element("out_dtype"),
            )
        ]

    return rule


def einsum(node: NativeTvmNode) -> list[Step]:
    """einsum."""
    equation = node.text("equation", "subscripts")
    return [node.step("einsum", equation=equation)] if equation else as_unknown(node)


def attention(node: NativeTvmNode) -> list[Step]:
    """nn.attention of Relax: heads stand behind positions."""
    if any(node.rank(index) not in (4, None) for index in range(3)):
        return as_unknown(node)
    steps, moved = [], []
    for index, word in enumerate(("query", "key", "value")):
        name = node.fresh(word)
        moved.append(name)
        steps.append(
            node.step("transpose", node.operands(index), (name,), permutation=(0, 2, 1, 3))
        )
    result = node.fresh("attended")
    mask = node.operands(3)
    scale = node.attribute("scale")
    steps.append(
        node.step(
            "attention",
            (*moved, *mask),
            (result,),
            is_causal=bool(node.text("causal_mask", default="")),
            scale=float(scale) if isinstance(scale, int | float) else None,
        )
    )
    steps.append(node.step("transpose", (result,), permutation=(0, 2, 1, 3)))
    return steps


# ---- quantised: operands stand before their zero points and scales


def quantized_convolution(node: NativeTvmNode) -> list[Step]:
    """qnn.conv2d: whole numbers of 32 bits come out."""
    others = tuple(node.operand(index) for index in range(2, 6))
    return convolve(
        node, 2, (*node.operands(0, 1), "", *others), node.element("out_dtype") or "i32"
    )


def quantized_product(node: NativeTvmNode) -> list[Step]:
    """qnn.dense, qnn.batch_matmul: the second is transposed."""
    operands = tuple(node.operand(index) for index in range(6))
    element = node.element("out_dtype") or "i32"
    return [node.step("matmul", operands, trans_b=True, element_type=element)]


def quantize(node: NativeTvmNode) -> list[Step]:
    """qnn.quantize, quantize: a negative axis counts from the end."""
    return [
        node.step(
            "quantize",
            node.operands(0, 1, 2),
            element_type=node.element("out_dtype") or node.element() or "i8",
            axis=node.integer("axis", default=-1),
        )
    ]


def dequantize(node: NativeTvmNode) -> list[Step]:
    """qnn.dequantize, dequantize."""
    return [
        node.step(
            "dequantize",
            node.operands(0, 1, 2),
            element_type=node.element("out_dtype") or "f32",
            axis=node.integer("axis", default=-1),
        )
    ]


def requantize(node: NativeTvmNode) -> list[Step]:
    """qnn.requantize: from one scale and zero point to another, element by element."""
    names = node.operands(0, 1, 2)
    if len(names) < 2 or not node.operand(3):
        return as_unknown(node)
    plain = node.fresh("plain")
    axis = node.integer("axis", default=-1)
    element = node.element("out_dtype") or "i8"
    return [
        node.step("dequantize", names, (plain,), element_type="f32", axis=axis),
        node.step("quantize", (plain, *node.operands(3, 4)), element_type=element, axis=axis),
    ]


def quantized(operation: str, operands: int) -> Rule:
    """An operation on whole numbers with a scale: what it does to elements is the same."""

    def rule(node: NativeTvmNode) -> list[Step]:
        return [node.step(operation, tuple(node.operand(index) for index in range(operands)))]

    return rule
