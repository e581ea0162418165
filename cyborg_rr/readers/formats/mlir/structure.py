"""What MLIR is made of in any form: operations, blocks, functions and the module around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from cyborg_rr.readers.formats.mlir.types import MlirType
from cyborg_rr.readers.formats.mlir.values import Value

Pair = tuple[str, MlirType]


T = TypeVar("T")


class _Rare(Generic[T]):
    """A list that few operations have: the others share an empty one, and keep no place for it."""

    def __init__(self, nothing: list[T]) -> None:
        self._nothing = nothing
        self._name = ""

    def __set_name__(self, owner: type[Operation], name: str) -> None:
        self._name = name

    def __get__(self, operation: Operation, owner: type[Operation]) -> list[T]:
        found: list[T] = operation.more.get(self._name, self._nothing)
        return found

    def __set__(self, operation: Operation, value: list[T]) -> None:
        operation.more = {**operation.more, self._name: value}


class Operation:
    """One operation as written.

    ``operands`` are the values it names, in order, block arguments not counted. ``bindings`` are
    pairs such as ``%iteration = %start`` in brackets; ``groups`` are bracketed lists of typed
    names; ``words`` are bare words, ``lists`` bare lists with ``indices`` the values that they
    name, ``numbers`` bare numbers and ``bodies`` texts in angle brackets that begin with a symbol
    or a list; ``types`` are those behind the colon with ``result_types`` behind the arrow. What is
    empty is shared by all: it is added to between ``open`` and ``close`` only. ``more`` has the
    lists that few operations have.
    """

    __slots__ = (
        "attributes", "groups", "has_arrow", "more", "name", "numbers", "operands", "position",
        "regions", "result_types", "results", "types", "words",
    )  # fmt: skip

    bindings: _Rare[tuple[str, str]] = _Rare([])
    strings: _Rare[str] = _Rare([])
    symbols: _Rare[str] = _Rare([])
    lists: _Rare[Value] = _Rare([])
    indices: _Rare[str] = _Rare([])
    bodies: _Rare[str] = _Rare([])

    def __init__(self, name: str, position: int) -> None:
        self.name = name
        self.results: tuple[str, ...] = ()
        self.position = position
        self.operands: list[str] = _NO_TEXTS
        self.attributes: dict[str, Value] = _NO_ATTRIBUTES
        self.types: tuple[MlirType, ...] = ()
        self.result_types: tuple[MlirType, ...] = ()
        self.has_arrow = False
        self.regions: list[Region] = _NO_REGIONS
        self.groups: list[list[Pair]] = _NO_GROUPS
        self.words: list[str] = _NO_TEXTS
        self.numbers: list[Value] = _NO_LISTS
        self.more: dict[str, Any] = _NOTHING

    def open(self) -> Operation:
        """Give it lists of its own, to be added to while it is read."""
        self.operands = [*self.operands]
        self.attributes = {**self.attributes}
        self.regions = [*self.regions]
        self.groups = [*self.groups]
        self.words = [*self.words]
        self.numbers = [*self.numbers]
        self.more = {name: [*self.more.get(name, ())] for name in _RARE}
        return self

    def close(self) -> None:
        """Share what is empty again, once it is read whole: most of most operations is."""
        self.operands = self.operands or _NO_TEXTS
        self.attributes = self.attributes or _NO_ATTRIBUTES
        self.regions = self.regions or _NO_REGIONS
        self.groups = self.groups or _NO_GROUPS
        self.words = self.words or _NO_TEXTS
        self.numbers = self.numbers or _NO_LISTS
        self.more = {name: value for name, value in self.more.items() if value} or _NOTHING


@dataclass(slots=True)
class BlockText:
    """A basic block: its arguments and operations."""

    arguments: list[Pair]
    operations: list[Operation]


Region = list[BlockText]

_NO_ATTRIBUTES: dict[str, Value] = {}
_NO_REGIONS: list[Region] = []
_NO_GROUPS: list[list[Pair]] = []
_NO_TEXTS: list[str] = []
_NOTHING: dict[str, Any] = {}
_RARE = ("bindings", "strings", "symbols", "lists", "indices", "bodies")
_NO_LISTS: list[Value] = []


@dataclass(slots=True)
class Argument:
    """An argument of a function: its name, type, attributes and the name in its location."""

    name: str
    type: MlirType
    attributes: dict[str, Value]
    location: str | None


@dataclass(slots=True)
class Function:
    """A function; ``body`` is None for a declaration."""

    name: str
    public: bool
    arguments: list[Argument]
    result_types: list[MlirType]
    body: Region | None
    position: int
    result_attributes: list[dict[str, Value]] = field(default_factory=list)
    """Attributes of the results by place; shorter where the last ones have none."""
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Module:
    """What the file holds: functions by name, other operations outside of functions, attributes."""

    name: str
    attributes: dict[str, Value]
    functions: dict[str, Function]
    operations: list[Operation]
    locations: dict[str, str]
    resources: frozenset[str]
    place: Callable[[int], str]
