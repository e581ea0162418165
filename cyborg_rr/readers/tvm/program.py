"""A program of TVM's graph IRs, as both write it: functions whose bodies are lists of statements.

Expressions within expressions are taken apart: each gets a statement, under a name that the text
cannot have (``.1``). Names are those of one function; an inner one sees the outer ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.graph.graph import Dimension, StoredTensor, TensorType
from cyborg_rr.readers.kit.fused.calls import Summing
from cyborg_rr.readers.tvm.written.tokens import Plain as Plain
from cyborg_rr.readers.tvm.written.types import ValueType


@dataclass(slots=True)  # not frozen: there is one for every operand
class Name:
    """A value by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Sizes:
    """A shape, or one size, as a value (Relax ``R.shape``, ``R.prim_value``)."""

    sizes: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A plain value that stands among the operands."""

    value: Plain


Operand = Name | Sizes | Written


@dataclass(slots=True)  # not frozen, as its operands
class Apply:
    """An operation of the IR's own on operands in order, tuples among them as one."""

    result: str
    operation: str
    operands: tuple[Operand, ...]
    attributes: Mapping[str, Plain]
    type: ValueType = None


@dataclass(frozen=True, slots=True)
class Invoke:
    """A call of a function: a global one by its name, else of the value that ``callee`` names."""

    result: str
    callee: str
    operands: tuple[Operand, ...]
    type: ValueType = None
    is_global: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """A tuple."""

    result: str
    items: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """One item of a tuple."""

    result: str
    source: Name
    index: int
    type: ValueType = None


@dataclass(frozen=True, slots=True)
class Keep:
    """A constant."""

    result: str
    stored: StoredTensor


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a value."""

    result: str
    source: Operand
    type: ValueType = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A condition and its two sides."""

    result: str
    condition: Operand
    yes: Body
    no: Body
    type: ValueType = None


@dataclass(frozen=True, slots=True)
class Closure:
    """A function as a value."""

    result: str
    function: Function


Statement = Apply | Invoke | Bundle | Element | Keep | Alias | Branch | Closure


@dataclass(slots=True)
class Body:
    """Statements in order, and what comes out."""

    statements: list[Statement] = field(default_factory=list)
    result: Operand = Written(None)


@dataclass(slots=True, eq=False)
class Function:
    """Parameters with their types, a body, and attributes such as ``Primitive`` or ``Compiler``."""

    name: str
    parameters: list[tuple[str, ValueType]]
    body: Body
    result_type: ValueType = None
    attributes: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(slots=True)
class Program:
    """All functions of a file by name, and what it says of itself.

    ``hidden`` are functions whose inside is not read: kernels, and what another compiler brings.
    ``kernels`` are the types that some of those state of operands and results, one after another,
    ``summings`` the equations of those that are an einsum.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    kernels: dict[str, tuple[TensorType, ...]] = field(default_factory=dict)
    summings: dict[str, Summing] = field(default_factory=dict)
    version: str | None = None
    encoding: str = "text"
    producer_version: str | None = None
    warnings: list[str] = field(default_factory=list)
    bounds: dict[str, int] = field(default_factory=dict)


KERNEL_MARK: Final = "kernel:"
"""Before the name of a kernel of the module's own, where the name of an operation stands."""

PACKED_MARK: Final = "packed:"
"""Before the name of a function that something outside of the module brings."""

ECHOED: Final[Mapping[str, tuple[int, ...]]] = {"nn.batch_norm": (3, 4), "nn.dropout": (0,)}
"""Operations that yield a tuple: their result, then operands as they are (or of their type)."""

ENTRY: Final = "main"
"""What the function is called that a program begins with."""


class Writer:
    """Makes the statements of one body, with names for what has none."""

    def __init__(self, counter: list[int]) -> None:
        self.body = Body()
        self._counter = counter

    def fresh(self) -> str:
        """A name that no text can have."""
        self._counter[0] += 1
        return f".{self._counter[0]}"

    def add(self, statement: Statement) -> Name:
        """Write a statement; what it yields."""
        self.body.statements.append(statement)
        return Name(statement.result)

    def inner(self) -> Writer:
        """The writer of a body within this one."""
        return Writer(self._counter)
