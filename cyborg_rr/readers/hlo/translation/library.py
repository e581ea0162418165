"""Custom calls of libraries that XLA's compilers put in place of operations, and of frameworks.

Names are those of xla/service/gpu/cublas_cudnn.cc, xla/service/cpu/onednn_matmul_rewriter.cc and
xla/hlo/ir/hlo_instructions.cc.
"""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.hlo.translation.native import NativeHloNode, Rule
from cyborg_rr.readers.hlo.translation.windows import convolution, dot
from cyborg_rr.readers.kit.shards import change_shards
from cyborg_rr.readers.kit.steps import Step

_IDENTITIES = frozenset(
    {"Sharding", "SPMDFullToShardShape", "SPMDShardToFullShape", "LayoutConstraint",
     "annotate_device_placement", "MoveToHost", "MoveToDevice", "PinToDevice", "X64Combine",
     "inspect_sharding", "xla.sdy.FuncResultSharding", "xla.sdy.GlobalToLocalShape",
     "xla.sdy.LocalToGlobalShape", "AssumeGatherIndicesInBound"}
)  # fmt: skip


def _opaque(node: NativeHloNode) -> list[Step]:
    return [node.step("custom_call", target=node.text("custom_call_target"))]


def _gemm(node: NativeHloNode) -> list[Step]:
    """A product whose dimensions the backend's configuration states."""
    stated = node.integers("lhs_contracting_dims"), node.integers("rhs_contracting_dims")
    if len(node.inputs) < 2 or not all(stated):
        return _opaque(node)
    return dot(node)


def _matmul(node: NativeHloNode) -> list[Step]:
    """Stacks of matrices, where the shapes leave no doubt that none is turned."""
    left, right = node.shape(0), node.shape(1)
    result = node.result_types[0].shape if node.result_types else None
    if not left or not right or not result or not len(left) == len(right) == len(result) >= 2:
        return _opaque(node)
    whole = (*left[:-1], right[-1])
    turned = right[-2] == right[-1]
    if left[-1] != right[-2] or right[:-2] != left[:-2] or result != whole or turned:
        return _opaque(node)
    batch = tuple(range(len(left) - 2))
    attributes: dict[str, AttributeValue] = {
        "lhs_batching": batch,
        "rhs_batching": batch,
        "lhs_contracting": (len(left) - 1,),
        "rhs_contracting": (len(left) - 2,),
        **node.result_element_type(),
    }
    return [node.step("dot_general", node.inputs[:2], **attributes)]


def _convolution(node: NativeHloNode) -> list[Step]:
    steps = convolution(node)
    return _opaque(node) if steps[-1].operation == "unknown" else steps


def top_k(node: NativeHloNode) -> list[Step]:
    """The largest elements along the last dimension, and where they stand."""
    shape = node.result_types[0].shape if node.result_types else None
    count = node.integer("k", default=0)
    if not count and shape and isinstance(shape[-1], int):
        count = shape[-1]
    attributes: dict[str, AttributeValue] = {"axis": -1, "index_type": "i32"}
    if count:
        attributes["k"] = count
    return [node.step("top_k", node.inputs[:1], **attributes)]


_TARGETS: Mapping[str, Rule] = {
    "TopK": top_k,
    "__cublas$gemm": _gemm,
    "__cublas$lt$matmul": _gemm,
    "__cublas$lt$matmul$f8": _gemm,
    "__cudnn$convBiasActivationForward": _convolution,
    "__cudnn$convForward": _convolution,
    "__cudnn$convForwardGraph": _convolution,
    "__onednn$convolution": _convolution,
    "__onednn$matmul": _matmul,
    "__topk": top_k,
    "mhlo.topk": top_k,
}


def _pass_on(node: NativeHloNode) -> list[Step]:
    """The same tensors, or those parts of them that a device holds."""
    steps = []
    for source, result, after in zip(node.inputs, node.outputs, node.result_types, strict=True):
        before = node.find_type(source)
        if before is None or before == after:
            steps.append(node.step("identity", (source,), (result,)))
        else:
            steps.append(change_shards((source,), (result,), before, after))
    return steps


def custom_call(node: NativeHloNode) -> list[Step]:
    """The operation that a known target stands for; any other is known by its name only."""
    target = node.text("custom_call_target")
    if target in _IDENTITIES and 0 < len(node.inputs) == len(node.outputs):
        return _pass_on(node)
    return _TARGETS.get(target, _opaque)(node)
