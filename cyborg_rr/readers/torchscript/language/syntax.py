"""What expressions and statements are taken apart into.

A program has thousands of them, so they are named tuples, which are made fastest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

Scalar = int | float | bool | str | None


class Literal(NamedTuple):
    """A number, a text, a truth value or None."""

    value: Scalar


class Named(NamedTuple):
    """A variable, or the first part of a path."""

    name: str


class Member(NamedTuple):
    """An attribute of something."""

    owner: Expression
    name: str


class Item(NamedTuple):
    """An element of something."""

    owner: Expression
    place: Expression


class Called(NamedTuple):
    """A call."""

    function: Expression
    arguments: tuple[Expression, ...]
    named: tuple[tuple[str, Expression], ...]


class Several(NamedTuple):
    """A list or a tuple."""

    parts: tuple[Expression, ...]
    is_tuple: bool


class Table(NamedTuple):
    """A dict."""

    pairs: tuple[tuple[Expression, Expression], ...]


class Operator(NamedTuple):
    """A sign between operands, or before one."""

    sign: str
    operands: tuple[Expression, ...]


class Choice(NamedTuple):
    """One of two by a condition."""

    condition: Expression
    yes: Expression
    no: Expression


Expression: TypeAlias = (
    Literal | Named | Member | Item | Called | Several | Table | Operator | Choice
)


class Assign(NamedTuple):
    """Values for one or several targets; ``unpacks`` where a lone target stands with a comma."""

    targets: tuple[Expression, ...]
    value: Expression
    unpacks: bool


class Evaluate(NamedTuple):
    """An expression for its own sake."""

    value: Expression


class Branch(NamedTuple):
    """if and else."""

    condition: Expression
    yes: tuple[Statement, ...]
    no: tuple[Statement, ...]


class Repeat(NamedTuple):
    """while, or for with a ``target``, in which case ``over`` is what is counted through."""

    target: str
    over: Expression
    body: tuple[Statement, ...]


class Return(NamedTuple):
    """The end of a function."""

    value: Expression


Statement: TypeAlias = Assign | Evaluate | Branch | Repeat | Return


class Parameter(NamedTuple):
    """A parameter of a function: its name, the text of its type, and its default."""

    name: str
    type: str
    default: Expression | None


class Function(NamedTuple):
    """A function or a method; ``counts`` says of variables into how many they are taken apart."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    counts: Mapping[str, int]
