"""Operations that hand on what they get."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Operand
from cyborg_rr.domain.graph.operations.declaring.folding import fold_copy
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import same_as_each, same_as_first, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode


def _dropout(node: TypedNode) -> Sequence[TensorType]:
    return (node.operand(0), tensor("i1", node.shape()))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "identity",
        kind="movement",
        summary="The operands as they are.",
        operands=(Operand("data", "the tensors", variadic=True),),
        shape=same_as_each,
        fold=fold_copy,
        view="each",
        runs_code=False,
    ),
    Operation(
        "optimization_barrier",
        kind="movement",
        summary="The operands as they are; a compiler moves nothing across.",
        operands=(Operand("data", "the tensors", variadic=True),),
        shape=same_as_each,
        fold=fold_copy,
        view="each",
        runs_code=False,
    ),
    Operation(
        "dropout",
        kind="movement",
        summary="The operand as it is: at inference nothing is dropped.",
        operands=(
            DATA,
            Operand("ratio", "how much is dropped in training", optional=True),
            Operand("training", "whether this is training", optional=True),
        ),
        shape=_dropout,
        view="first",
    ),
    Operation(
        "copy",
        kind="movement",
        summary="The operand in memory of its own.",
        operands=(DATA,),
        shape=same_as_first,
        fold=fold_copy,
    ),
)
