"""Sequences and optional values of which a file does not say what they hold.

Where it does, a reader puts the elements themselves in their place.
"""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.results import ELEMENT_TYPE, as_stated, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode


def _length(node: TypedNode) -> Sequence[TensorType]:
    return (tensor(node.result_type("i64"), ()),)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "sequence",
        kind="movement",
        summary="A sequence made of another one, with an element more or less, or of a tensor.",
        operands=(Operand("parts", "sequences and tensors, with positions", variadic=True),),
        shape=as_stated,
    ),
    Operation(
        "from_sequence",
        kind="movement",
        summary="An element of a sequence, or all of them joined.",
        operands=(
            Operand("sequence", "the sequence"),
            Operand("position", "which element", optional=True),
        ),
        shape=as_stated,
    ),
    Operation(
        "sequence_length",
        kind="movement",
        summary="How many elements a sequence has, or whether an optional value is there.",
        operands=(Operand("sequence", "the sequence or optional value"),),
        attributes=(
            ELEMENT_TYPE.having(source="ONNX OptionalHasElement (the type of the result)"),
        ),
        shape=_length,
    ),
)
