"""What is known while a module is written: types, names, constants, what was called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    SMALL_CONSTANT_ELEMENTS,
    Block,
    Scalar,
    StoredKind,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.dlvm.module import Literal, Module, Type, Use
from cyborg_rr.readers.kit.calling import MAX_GROWTH, MAX_WRITTEN_OUT
from cyborg_rr.readers.kit.unique import UniqueNames

MAX_DEPTH: Final = 64
"""Calls within calls and branches within branches."""


@dataclass(slots=True)  # not frozen: one is made for every instruction
class Value:
    """A value: the names of the tensors in it, and where it points to."""

    type: Type
    names: tuple[str, ...]
    place: object = None


@dataclass(slots=True)
class Scope:
    """A module on its way to a graph."""

    module: Module
    types: dict[str, TensorType] = field(default_factory=dict)
    values: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)
    names: UniqueNames = field(default_factory=UniqueNames)
    written: dict[str, Block] = field(default_factory=dict)
    open: dict[str, None] = field(default_factory=dict)
    variables: dict[str, Value] = field(default_factory=dict)
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    warnings: dict[str, None] = field(default_factory=dict)
    depth: int = 0
    count: int = 0

    def enter(self, start: int) -> None:
        """Go into a call or branch; ``UnreadableModel`` where that is too deep."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            place = self.module.place(start)
            raise UnreadableModel(f"calls and branches are more than {MAX_DEPTH} deep, {place}")

    def note_written(self, count: int) -> None:
        """Count instructions that were written: branches that never meet are written out twice."""
        self.count += count
        most = MAX_WRITTEN_OUT + MAX_GROWTH * self.module.size
        if self.count > most:
            raise UnreadableModel(f"branches that do not meet lead to more than {most} operations")

    def declare(self, label: str, known: TensorType) -> str:
        """A new value of a type."""
        name = self.names.claim(label)
        self.types[name] = known
        return name

    def store_number(
        self, stored: dict[str, StoredTensor], number: Scalar | None, known: TensorType
    ) -> str:
        """A constant of one number everywhere, or of none that is known."""
        name = self.declare("constant", known)
        splat = number is not None and known.shape != ()
        values = None if number is None else (number,)
        stored[name] = StoredTensor(known, "constant", "inline", values, splat=splat)
        if values is not None and not splat:
            self.values[name] = values
        return name

    def store_numbers(
        self, stored: dict[str, StoredTensor], numbers: list[Scalar], known: TensorType, what: str
    ) -> str:
        """A tensor of numbers that stand in the file: a parameter where they may be learnt."""
        if len(numbers) != known.elements:
            raise UnreadableModel(f"{what} has {len(numbers)} numbers, its type {known.elements}")
        element = find_element_type(known.element_type)
        learnt = element is not None and element.may_be_weights and known.shape != ()
        name = self.declare("literal", known)
        kept = tuple(numbers) if len(numbers) <= SMALL_CONSTANT_ELEMENTS else None
        kind: StoredKind = "parameter" if learnt else "constant"
        stored[name] = StoredTensor(known, kind, "inline", kept)
        if kept is not None:
            self.values[name] = kept
        return name

    def find_variable(self, name: str, leaves: Iterator[TensorType], type_: Type) -> Value:
        """What a variable of the module holds before anything is written to it: weights."""
        if name not in self.variables:
            names = []
            for known in leaves:
                names.append(self.declare(name[1:], known))
                self.stored[names[-1]] = StoredTensor(known, "parameter", "absent")
            self.variables[name] = Value(type_, tuple(names))
        return self.variables[name]

    def refuse(self, start: int, cause: str) -> UnreadableModel:
        """The refusal of what stands at a place."""
        return UnreadableModel(f"{cause}, {self.module.place(start)}")


def find_numbers(use: Literal) -> list[Scalar] | None:
    """The numbers of a literal in their order, None where some are values of the program."""
    numbers: list[Scalar] = []
    pending: list[Use] = [use]
    while pending:
        each = pending.pop()
        if not isinstance(each, Literal) or (each.parts is None and each.value is None):
            return None
        if each.parts is None:
            numbers.append(0 if each.value is None else each.value)
        else:
            pending.extend(reversed(each.parts))
    return numbers


def check_same(found: TensorType, stated: TensorType) -> bool:
    """Whether a value may be used as a tensor of a type, as far as both are known."""
    if found.element_type != stated.element_type and None not in (
        found.element_type,
        stated.element_type,
    ):
        return False
    if found.shape == stated.shape or found.shape is None or stated.shape is None:
        return True
    return not found.is_static
