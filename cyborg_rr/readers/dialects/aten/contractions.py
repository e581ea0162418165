"""Rules for operations of aten that sum products: linear layers, matrix products, attention."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode
from cyborg_rr.readers.kit.contracting import find_path, go_left_to_right, spell_products
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step


def linear(node: NativeTorchNode) -> list[Step]:
    """linear(input, weight, bias): the weight is (out, in)."""
    operands = (node.tensor("input", "self"), node.tensor("weight"))
    turned = node.rank("weight") == 2 or None
    bias = node.tensor("bias")
    if not bias:
        return [node.step("matmul", operands, trans_b=turned)]
    product = node.fresh("product")
    return [
        node.step("matmul", operands, (product,), node.stated(product), trans_b=turned),
        node.step("add", (product, bias)),
    ]


def matmul(node: NativeTorchNode) -> list[Step]:
    """mm, bmm, mv, dot, matmul: two tensors."""
    return [node.step("matmul", node.inputs[:2])]


def add_product(node: NativeTorchNode) -> list[Step]:
    """addmm(self, mat1, mat2), with ``self`` as what is added."""
    return [
        node.step(
            "gemm", (node.tensor("mat1"), node.tensor("mat2"), node.tensor("self")), None, None
        )
    ]


def add_batched_product(node: NativeTorchNode) -> list[Step]:
    """baddbmm(self, batch1, batch2), addmv(self, mat, vec)."""
    product = node.fresh("product")
    return [
        node.step("matmul", node.inputs[1:3], (product,), node.stated(product)),
        node.step("add", (product, node.tensor("self"))),
    ]


def einsum(node: NativeTorchNode) -> list[Step]:
    """einsum(equation, tensors, path): the order that opt_einsum found where it was there."""
    equation = node.text("equation").replace(" ", "")
    if not equation:
        return unknown(node)
    operands, stated = node.tensors("tensors"), node.integers("path")
    found = find_path(stated, len(operands)) if stated else go_left_to_right(len(operands))
    if found is None:
        raise node.refuse(f"its path is none for {len(operands)} tensors")
    return spell_products(node, equation, operands, found)


def attention(node: NativeTorchNode) -> list[Step]:
    """scaled_dot_product_attention and the kernels that it is taken apart into.

    Of rank 4 the heads stand second; of rank 3 there is one for each matrix, so that the product
    is spelt out, as it is of any other rank.
    """
    query, key, value = (node.tensor(name) for name in ("query", "key", "value"))
    mask = node.tensor("attn_mask", "attn_bias")
    if node.rank("query") == node.rank("key") == node.rank("value") == 4:
        return [node.step("attention", (query, key, value, mask), is_causal=node.flag("is_causal"))]
    return _plain_attention(node, (query, key, value), mask)


def _plain_attention(
    node: NativeTorchNode, operands: tuple[str, str, str], mask: str
) -> list[Step]:
    query, key, value = operands
    first, others = node.type_of(query), node.type_of(key).shape or ()
    if not first.shape or len(others) < 2:
        return unknown(node)
    known = TensorType(first.element_type, (*first.shape[:-1], others[-2]))
    scores, masked, weights = (node.fresh(word) for word in ("scores", "masked", "weights"))
    steps = [node.step("matmul", (query, key), (scores,), {scores: known}, trans_b=True)]
    if mask:
        steps.append(node.step("add", (scores, mask), (masked,), {masked: known}))
    last = masked if mask else scores
    steps.append(node.step("softmax", (last,), (weights,), {weights: known}, axis=-1))
    steps.append(node.step("matmul", (weights, value), (node.output(0),)))
    return steps
