"""Rules for operations that sum products: layers and matrix products."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tflite.translation.native import NativeTfliteNode


def fully_connected(node: NativeTfliteNode) -> list[Step]:
    """FULLY_CONNECTED: the weight is (out, in); whatever stands before ``in`` is one row each."""
    data, weight, result = node.shape(0), node.shape(1), node.result()
    if data is None or weight is None:
        return unknown(node)
    if len(weight) != 2:
        raise node.refuse(f"its weight has rank {len(weight)}")
    if node.flag("keep_num_dims") and len(data) > 2:
        return _keep_dimensions(node)
    operands = (node.input(0), *node.inputs[1:3])
    if len(data) == 2 and data[1] == weight[1]:
        return [node.step("gemm", operands, element_type=result.element_type, trans_b=True)]
    rows = node.fresh("rows")
    known = {rows: TensorType(node.element_type(0), None)}
    width = weight[1] if isinstance(weight[1], int) else 0
    if width < 1:
        return unknown(node)
    return [
        node.step("reshape", node.inputs[:1], (rows,), known, shape=(-1, width)),
        node.step("gemm", (rows, *operands[1:]), element_type=result.element_type, trans_b=True),
    ]


def _keep_dimensions(node: NativeTfliteNode) -> list[Step]:
    element_type = node.result().element_type
    bias = node.input(2)
    if not bias:
        return [
            node.step("matmul", node.inputs[:2], trans_b=True, element_type=element_type),
        ]
    product = node.fresh("product")
    return [
        node.step("matmul", node.inputs[:2], (product,), node.stated(product),
                  trans_b=True, element_type=element_type),
        node.step("add", (product, bias)),
    ]  # fmt: skip


def batch_matmul(node: NativeTfliteNode) -> list[Step]:
    """BATCH_MATMUL."""
    return [
        node.step(
            "matmul",
            node.inputs[:2],
            trans_a=node.flag("adj_x") or None,
            trans_b=node.flag("adj_y") or None,
            element_type=node.result().element_type,
        )
    ]
