"""What kernels of a lowered Relax module compute, by the names that TVM gives them.

``LegalizeOps`` calls a kernel as its operation (``conv2d1``: the second of its name), ``FuseOps``
writes several into one (``fused_conv2d_add_relu``). What a kernel does is code of TIR, which is not
read, so that this is an estimate, and the reader says so.
"""

from __future__ import annotations

from functools import lru_cache

from cyborg_rr.domain.graph.graph import Block, TensorType
from cyborg_rr.readers.kit.fused.calls import Call, Summing
from cyborg_rr.readers.kit.fused.kernels import Kernel
from cyborg_rr.readers.kit.fused.names import parse_kernel
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tvm.translation.native import NativeTvmNode, Rule, as_unknown

_OPEN = TensorType(None, None)


def kernel(name: str, summing: Summing | None = None) -> Rule:
    """The rule of a kernel by its name, and by the equation of an einsum."""

    def rule(node: NativeTvmNode) -> list[Step]:
        starts = parse_kernel(name).parts[0].role
        if not node.outputs or not (node.inputs or starts == "nothing"):
            return as_unknown(node)
        operands = tuple(node.find_type(each) or _OPEN for each in node.inputs)
        results = tuple(node.find_type(each) or _OPEN for each in node.outputs)
        weights = tuple(node.find_stored(each) is not None for each in node.inputs)
        block = _write(Call(name, operands, results, weights, summing=summing))
        if len(block.nodes) > 1:
            return [Step("call", node.inputs, node.outputs, {"fused": True}, blocks=(block,))]
        names = dict(zip(block.inputs, node.inputs, strict=True))
        return [
            Step(each.operation, tuple(map(names.__getitem__, each.inputs)), node.outputs,
                 each.attributes)
            for each in block.nodes
        ] or as_unknown(node)  # fmt: skip

    return rule


@lru_cache(maxsize=256)
def _write(call: Call) -> Block:
    """The operations of a kernel for operands of some types, by names within it."""
    written = Kernel(call)
    written.write(parse_kernel(call.name))
    inputs = {str(place): known for place, known in enumerate(call.operands)}
    return Block(inputs, written.outputs, tuple(written.nodes), {}, dict(written.types))
