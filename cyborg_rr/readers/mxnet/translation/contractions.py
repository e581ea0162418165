"""Rules for products of matrices, among them the fused halves of attention."""

from __future__ import annotations

from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mxnet.translation.native import Chain, NativeMxnetNode, Rule


def dot(node: NativeMxnetNode) -> list[Step]:
    """dot: the last dimension of the left with the first of the right."""
    left, right = node.flag("transpose_a"), node.flag("transpose_b")
    return [
        node.step(
            "dot_general",
            lhs_contracting=(0,) if left else (-1,),
            rhs_contracting=(-1,) if right else (0,),
        )
    ]


def matmul(node: NativeMxnetNode) -> list[Step]:
    """batch_dot, matmul."""
    turned = node.flag("transpose_a"), node.flag("transpose_b")
    return [node.step("matmul", node.inputs[:2], trans_a=turned[0], trans_b=turned[1])]


def linear_gemm(node: NativeMxnetNode) -> list[Step]:
    """linalg_gemm, linalg_gemm2: scaled by a number unless that is one, and added to a third."""
    if node.integer("axis", default=-2) != -2:
        return unknown(node)
    chain = Chain(node)
    turned = node.flag("transpose_a"), node.flag("transpose_b")
    parts = [("matmul", node.inputs[:2], {"trans_a": turned[0], "trans_b": turned[1]})]
    product = ""
    if node.number("alpha", default=1.0) != 1:
        product = chain.put("matmul", *node.inputs[:2], **parts[0][2])
        scale = node.constant(1.0, "f32")
        if not node.input(2):
            return chain.end("multiply", product, scale)
        product = chain.put("multiply", product, scale)
    if not node.input(2):
        return [node.step("matmul", node.inputs[:2], **parts[0][2])]
    product = product or chain.put("matmul", *node.inputs[:2], **parts[0][2])
    return chain.end("add", product, node.input(2))


def own_product(node: NativeMxnetNode) -> list[Step]:
    """linalg_syrk: a matrix times its own transpose, or that times the matrix."""
    turned = node.flag("transpose")
    matrix = node.input(0)
    return [node.step("matmul", (matrix, matrix), trans_a=turned, trans_b=not turned)]


def triangular_product(node: NativeMxnetNode) -> list[Step]:
    """linalg_trmm: as of a full matrix, since libraries multiply zeros with it; on either side."""
    turned, triangle, other = node.flag("transpose"), node.input(0), node.input(1)
    if node.flag("rightside"):
        return [node.step("matmul", (other, triangle), trans_b=turned)]
    return [node.step("matmul", (triangle, other), trans_a=turned)]


def tensor_dot(node: NativeMxnetNode) -> list[Step]:
    """_npi_tensordot, by dimensions or by how many of them."""
    count = node.integer("axes", default=0)
    left, right = node.integers("a_axes_summed"), node.integers("b_axes_summed")
    if node.has("axes"):
        if not 0 <= count <= 8:
            raise node.refuse(f"{count} dimensions cannot be summed")
        left, right = tuple(range(-count, 0)), tuple(range(count))
    return [node.step("dot_general", lhs_contracting=left or (), rhs_contracting=right or ())]


def numpy_dot(node: NativeMxnetNode) -> list[Step]:
    """_np_dot: as matmul of matrices and vectors; of more dimensions each with each."""
    return [node.step("matmul", node.inputs[:2], crossed=True)]


def einsum(node: NativeMxnetNode) -> list[Step]:
    """_npi_einsum: one loop over all indices, unless a better order is to be looked for."""
    if node.integer("optimize", default=0) and len(node.inputs) > 2:
        return unknown(node)
    return [node.step("einsum", equation=node.text("subscripts").replace(" ", ""))]


def _heads(node: NativeMxnetNode) -> int:
    heads = node.demand_integer("heads")
    if not 0 < heads < 1 << 16:
        raise node.refuse(f"attention cannot have {heads} heads")
    return heads


def _take_parts(
    node: NativeMxnetNode, chain: Chain, joined: str, count: int, wanted: tuple[int, ...]
) -> list[str]:
    """Of (length, batch, heads x parts x width) some parts, each (batch x heads, length, width)."""
    whole = chain.put("reshape", joined, shape=(0, 0, _heads(node), count, -1))
    parts = []
    for part in wanted:
        taken = chain.put("slice", whole, starts=(part,), ends=(part + 1,), axes=(3,))
        flat = chain.put("squeeze", taken, axes=(3,))
        turned = chain.put("transpose", flat, permutation=(1, 2, 0, 3))
        parts.append(chain.put("reshape", turned, shape=(-3, -2), codes=True))
    return parts


def scores(*, own: bool) -> Rule:
    """interleaved_matmul_selfatt_qk, ..._encdec_qk: queries, scaled, times keys."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        chain = Chain(node)
        if own:
            query, key = _take_parts(node, chain, node.input(0), 3, (0, 1))
        else:
            (query,) = _take_parts(node, chain, node.input(0), 1, (0,))
            (key,) = _take_parts(node, chain, node.input(1), 2, (0,))
        scaled = chain.put("multiply", query, node.constant(1.0, "f32"))
        return chain.end("matmul", scaled, key, trans_b=True)

    return rule


def mixture(*, own: bool) -> Rule:
    """interleaved_matmul_selfatt_valatt, ..._encdec_valatt: weights times values."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        chain = Chain(node)
        (value,) = _take_parts(node, chain, node.input(0), 3 if own else 2, (2 if own else 1,))
        mixed = chain.put("matmul", node.input(1), value)
        apart = chain.put("reshape", mixed, shape=(-4, -1, _heads(node), -2), codes=True)
        turned = chain.put("transpose", apart, permutation=(2, 0, 1, 3))
        return chain.end("reshape", turned, shape=(0, 0, -1))

    return rule
