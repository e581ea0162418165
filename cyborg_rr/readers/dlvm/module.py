"""A module as the file states it: types, values, instructions, blocks and functions.

They are those of ``Sources/DLVM/IR`` of dlvm-team/dlvm-core: ``Type.swift``, ``Instruction.swift``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import Scalar, TensorType

MAX_LEAVES: Final = 256
"""Tensors in a tuple, structure or array; larger ones are not taken apart."""

MAX_SIZE: Final = 1024
"""Types within one, those that hold no tensor among them."""


@dataclass(slots=True)  # not frozen: every instruction yields one
class Tensor:
    """A tensor or number; enumerations count as one of unknown type."""

    known: TensorType
    leaves: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """A tuple, structure or array, by parts; without any it is ``void``."""

    fields: tuple[str, ...]
    parts: tuple[Type, ...]
    leaves: int
    size: int = 1
    """Types in it, which bounds how long a walk through it takes."""


@dataclass(frozen=True, slots=True)
class FunctionType:
    """A function."""

    arguments: tuple[Type, ...]
    result: Type
    leaves: int = 0


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where something lies in memory."""

    target: Type
    leaves: int = 0


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that holds no tensor that could be told: stacks, boxes, large arrays."""

    name: str
    leaves: int = 0


Type = Tensor | Record | FunctionType | Pointer | Opaque

VOID: Final = Record((), (), 0)


def make_record(fields: tuple[str, ...], parts: tuple[Type, ...]) -> Type:
    """A record of these parts, or something opaque where it is too large."""
    leaves = sum(part.leaves for part in parts)
    size = 1 + sum(part.size if isinstance(part, Record) else 1 for part in parts)
    if leaves > MAX_LEAVES or size > MAX_SIZE:
        return Opaque("record")
    return Record(fields, parts, leaves, size)


def list_leaves(type_: Type) -> Iterator[TensorType]:
    """The tensors in a type, in order."""
    if isinstance(type_, Tensor):
        yield type_.known
    elif isinstance(type_, Record):
        for part in type_.parts:
            yield from list_leaves(part)


@dataclass(slots=True)  # not frozen: one or more are made for every instruction
class Reference:
    """A value by its name, with the type that it is used as."""

    name: str
    type: Type
    start: int


@dataclass(slots=True)  # not frozen, as references
class Literal:
    """A value that is written out: a number, parts, or none (``zero``, ``undefined``, ``null``)."""

    value: Scalar | None
    parts: tuple[Use, ...] | None
    type: Type
    start: int


Use = Reference | Literal
Key = int | str | Reference | Literal
"""An index, a field or a value that is one."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A block that comes next, with its arguments; None where an enumeration holds them."""

    label: str
    arguments: tuple[Use, ...] | None


_NO_NUMBERS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType({})


@dataclass(slots=True)  # not frozen, as references
class Instruction:
    """One instruction: what it reads, the numbers behind its words, and where it leads."""

    opcode: str
    result: str | None
    start: int
    uses: list[Use] = field(default_factory=list)
    numbers: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: _NO_NUMBERS)
    type: Type | None = None
    word: str = ""
    keys: Sequence[Key] = ()
    jumps: Sequence[Jump] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Instructions without a jump but at their end."""

    label: str
    arguments: tuple[tuple[str, Type], ...]
    instructions: tuple[Instruction, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function, without blocks where it is only declared."""

    name: str
    type: FunctionType
    blocks: tuple[Block, ...]
    declared: str
    start: int


@dataclass(frozen=True, slots=True)
class Module:
    """A whole file."""

    name: str
    stage: str
    variables: Mapping[str, Type]
    functions: Mapping[str, Function]
    size: int
    """Instructions in all functions."""
    breaks: Sequence[int]
    """Where the lines of the text end, for the places in messages."""

    def place(self, start: int) -> str:
        """The line of a place in the text."""
        return f"line {bisect_left(self.breaks, start) + 1}"


def list_references(instruction: Instruction) -> Iterator[Reference]:
    """Every value that an instruction reads by its name."""
    pending: list[Use] = [
        *instruction.uses,
        *(key for key in instruction.keys if isinstance(key, Reference | Literal)),
        *(use for jump in instruction.jumps for use in jump.arguments or ()),
    ]
    while pending:
        use = pending.pop()
        if isinstance(use, Reference):
            yield use
        else:
            pending.extend(use.parts or ())
