"""What expressions and statements are taken apart into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Scalar = int | float | bool | str | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, a truth value or None."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Named:
    """A variable, or the first part of a path."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """An attribute of something."""

    owner: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """An element of something."""

    owner: Expression
    place: Expression


@dataclass(frozen=True, slots=True)
class Called:
    """A call."""

    function: Expression
    arguments: tuple[Expression, ...]
    named: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Several:
    """A list or a tuple."""

    parts: tuple[Expression, ...]
    is_tuple: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A dict."""

    pairs: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """A sign between operands, or before one."""

    sign: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two by a condition."""

    condition: Expression
    yes: Expression
    no: Expression


Expression: TypeAlias = (
    Literal | Named | Member | Item | Called | Several | Table | Operator | Choice
)


@dataclass(frozen=True, slots=True)
class Assign:
    """Values for one or several targets; ``unpacks`` where a lone target stands with a comma."""

    targets: tuple[Expression, ...]
    value: Expression
    unpacks: bool


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression for its own sake."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Branch:
    """if and else."""

    condition: Expression
    yes: tuple[Statement, ...]
    no: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """while, or for with a ``target``, in which case ``over`` is what is counted through."""

    target: str
    over: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """The end of a function."""

    value: Expression


Statement: TypeAlias = Assign | Evaluate | Branch | Repeat | Return


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function: its name, the text of its type, and its default."""

    name: str
    type: str
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Function:
    """A function or a method; ``counts`` says of variables into how many they are taken apart."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    counts: Mapping[str, int]
