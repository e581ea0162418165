"""Values while a module is lowered: flat names in place of tuples, and blocks being written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Dimension, Node, StoredTensor, TensorType
from cyborg_rr.domain.words import ELEMENT_TYPES
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.formats.mlir.structure import Operation
from cyborg_rr.readers.formats.mlir.types import (
    BadType,
    MlirType,
    OpaqueType,
    TupleType,
    make_tensor,
)

MAX_TUPLE_ELEMENTS: Final = 65536
OPEN: Final = (TensorType(None, None),)
"""What a value is of whose type nothing is known."""
_TOKEN: Final = (TensorType("token", ()),)

_SCALARS: Final = {"!torch.int": "i64", "!torch.float": "f64", "!torch.bool": "i1"}
_TORCH: Final = re.compile(
    r"!torch\.v?tensor(?:<(?:\[([0-9?, ]{0,512}+)\]|\*|unk),? *+([a-zA-Z0-9]{1,16}+|unk)?+>)?+"
)
_POINTERS: Final = re.compile(r"tensor<((?:[0-9]{1,18}+x)*+)!tt\.ptr.*+", re.DOTALL)
_MEMORY: Final = re.compile(r"!ttg\.memdesc<((?:[0-9]{1,18}+x)*+)([a-zA-Z0-9]{1,16}+),")
_SHAPE: Final = re.compile(r"!tosa\.shape<([0-9]{1,3}+)>")

Names = tuple[str, ...]


@dataclass(slots=True)
class Building:
    """A block while it is written."""

    inputs: dict[str, TensorType] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    types: dict[str, TensorType] = field(default_factory=dict)

    def finish(self, outputs: Names) -> Block:
        return Block(self.inputs, outputs, tuple(self.nodes), self.stored, self.types)


@dataclass(slots=True)
class Frame:
    """One inlined function: what its names stand for, and the prefix that keeps them apart."""

    prefix: str
    values: dict[str, Names]


def result_types(operation: Operation) -> Sequence[MlirType]:
    """The types of the results, from a signature in any of its forms."""
    if operation.has_arrow:
        return operation.result_types
    types, count = operation.types, len(operation.results)
    if len(types) == count:
        return types
    if count == 1 and types:
        return types[-1:]  # select states the predicate's type first
    value = operation.attributes.get("value")
    if not types and count == 1 and isinstance(value, DenseConstant):
        return (value.type,)
    return types if count else ()


def result_tensors(operation: Operation) -> list[TensorType]:
    """The tensors in the types of the results: mostly one of one."""
    returned = operation.result_types
    if operation.has_arrow and len(returned) == 1 and isinstance(returned[0], TensorType):
        return [returned[0]]
    return flatten_types(result_types(operation))


def flatten_type(type_: MlirType) -> Sequence[TensorType]:
    """The tensors in a type: those of a tuple in order; a token carries no data."""
    if isinstance(type_, TensorType):
        return (type_,)
    if isinstance(type_, TupleType):
        flat: list[TensorType] = []
        pending = list(reversed(type_.elements))
        visited = 0  # tuples without elements too: shared ones could stand in one another
        while pending:
            element = pending.pop()
            visited += 1
            if isinstance(element, TupleType):
                pending.extend(reversed(element.elements))
            else:
                flat.extend(flatten_type(element))
            if max(visited, len(pending)) > MAX_TUPLE_ELEMENTS:
                raise UnreadableModel(f"a tuple has more than {MAX_TUPLE_ELEMENTS} elements")
        return flat
    if not isinstance(type_, OpaqueType):
        return OPEN
    return _TOKEN if type_.text.endswith(".token") else find_tensor(type_.text)


@lru_cache(maxsize=4096)
def find_tensor(text: str) -> tuple[TensorType]:
    """The tensor that another dialect's type stands for: those of torch-mlir, TOSA and Triton.

    An address has 64 bits. Raises ``UnreadableModel`` for one that is too large.
    """
    known = _SCALARS.get(text)
    if known is not None:
        return (TensorType(known, ()),)
    if match := _TORCH.fullmatch(text):
        sizes = match[1].split(",") if match[1] else []
        shape = [int(size) if size.strip().isdigit() else "?" for size in sizes]
        return (_make(match[2], None if match[1] is None else shape),)
    if match := _POINTERS.fullmatch(text):
        return (_make("i64", [int(size) for size in match[1].split("x") if size]),)
    if match := _MEMORY.match(text):
        return (_make(match[2], [int(size) for size in match[1].split("x") if size]),)
    if match := _SHAPE.fullmatch(text):
        return (_make("i64", [int(match[1])]),)
    return (TensorType("i64", ()),) if text.startswith("!tt.ptr") else OPEN


def _make(element: str | None, shape: Sequence[Dimension] | None) -> TensorType:
    name = (element or "").strip()
    if name[:2] in ("si", "ui"):
        name = name[1:] if name[0] == "s" else f"u{name[2:]}"
    found = name if name in ELEMENT_TYPES else None
    if shape is None:
        return TensorType(found, None)
    try:
        return make_tensor(found, shape)
    except BadType as error:
        raise UnreadableModel(str(error)) from error


def flatten_types(types: Sequence[MlirType]) -> list[TensorType]:
    """The tensors in several types."""
    return [tensor for type_ in types for tensor in flatten_type(type_)]


def several(name: str, count: int) -> Names:
    """Names for the tensors of one value."""
    return (name,) if count == 1 else tuple(f"{name}.{index}" for index in range(count))
