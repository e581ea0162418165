"""Texts and what is looked up by them: work of a host, of which no arithmetic is counted."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.bounds import ANY, NEW, Bounded, find_largest
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import ELEMENT_TYPE, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import broadcast


def _map(node: TypedNode) -> Sequence[TensorType]:
    shapes = [operand.shape for operand in node.operands if operand is not None]
    return (tensor(node.result_type("str"), broadcast(shapes)),)


def _split(node: TypedNode) -> Sequence[TensorType]:
    """As many parts as the longest text has; the others are filled up with empty ones."""
    shape = node.shape()
    parts = None if shape is None else (*shape, ANY)
    return tensor("str", parts), tensor("i64", shape)


def _filter(node: TypedNode) -> Sequence[TensorType]:
    """No more texts than there are, and one that is empty where none is left."""
    shape = node.shape()
    if not shape:
        return (tensor("str", None),)
    most = find_largest(shape[-1])
    left: Dimension = ANY if most is None else Bounded(NEW, max(most, 1))
    return (tensor("str", (*shape[:-1], left)),)


def _look_up(node: TypedNode) -> Sequence[TensorType]:
    return (tensor(node.result_type(), node.shape()),)


def _count(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    return (tensor("f32", None if not shape else (*shape[:-1], node.integer("length"))),)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "text_map",
        kind="other",
        summary="Texts changed, joined or tested each on its own.",
        operands=(Operand("texts", "tensors that broadcast", variadic=True),),
        attributes=(ELEMENT_TYPE.having(source="ONNX RegexFullMatch (the type of the result)"),),
        shape=_map,
    ),
    Operation(
        "text_split",
        kind="other",
        summary="The parts of each text, and how many each has.",
        operands=(DATA,),
        shape=_split,
    ),
    Operation(
        "text_filter",
        kind="other",
        summary="Those of the texts along the last dimension that are not left out.",
        operands=(DATA,),
        shape=_filter,
    ),
    Operation(
        "look_up",
        kind="movement",
        summary="For each element what a table has for it.",
        operands=(DATA, Operand("table", "the table, and what stands for others", variadic=True)),
        attributes=(ELEMENT_TYPE.having(source="ai.onnx.ml LabelEncoder, the type of its values"),),
        shape=_look_up,
    ),
    Operation(
        "count_ngrams",
        kind="other",
        summary="How often each of the known n-grams stands along the last dimension.",
        operands=(DATA,),
        attributes=(
            Attribute(
                "length",
                "integer",
                "numbers in the result, in place of the last dimension",
                required=True,
                source="ONNX TfIdfVectorizer (one more than the largest of `ngram_indexes`)",
            ),
        ),
        shape=_count,
    ),
)
