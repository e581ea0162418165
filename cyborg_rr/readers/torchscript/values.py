"""What the values of a program are while it is followed: names of tensors, or what is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from cyborg_rr.readers.formats.checkpoint.values import Container


@dataclass(frozen=True, slots=True)
class Ref:
    """A value of the graph: a tensor, or a number that the graph reckons."""

    name: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """A module or another object, and its path from the root."""

    held: Container
    path: str


@dataclass(slots=True)  # not frozen: two are made for every call
class Path:
    """The name of a function or a class: ``torch.relu``, ``__torch__.torch.nn...``."""

    name: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A method of an object."""

    owner: Instance
    name: str


@dataclass(eq=False, slots=True)
class Sequence:
    """A list or a tuple."""

    parts: list[Value] = field(default_factory=list)
    is_tuple: bool = False


@dataclass(eq=False, slots=True)
class Record:
    """A dict, or an object that the program makes, by its keys or the names of its attributes."""

    kind: str
    entries: dict[object, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of which nothing is known."""


UNKNOWN: Final = Unknown()

Value: TypeAlias = (
    int | float | str | Ref | Instance | Path | Bound | Sequence | Record | Unknown | None
)
