"""Names of values: bytecode has none, so they get those that MLIR's printer would give them.

The printer counts the results of a function's own operations, calls constants ``cst`` or ``c``, and
numbers arguments (mlir/lib/IR/AsmPrinter.cpp, SSANameState). Within regions the names are others
than in text, where those of neighbouring regions are the same.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.formats.mlir.bytecode.cursor import Cursor
from cyborg_rr.readers.formats.mlir.types import MlirType

_OPEN: Final = TensorType(None, None)
_CAST, _TOP_K, _CONSTANT = (
    "builtin.unrealized_conversion_cast", "chlo.top_k", "stablehlo.constant",
)  # fmt: skip
HINTED: Final = frozenset({_CAST, _TOP_K, _CONSTANT})
"""Operations whose results the printer does not call by numbers."""

UNNUMBERED: Final = ("",)
"""The hint for an operation that text does not have: the casts around operations of VHLO."""
_Known = tuple[str, MlirType]


class Names:
    """The names within one function; ``level`` is within how many regions its values stand."""

    def __init__(self) -> None:
        self.level = 0
        self._results = self._inner = self._arguments = self._conflicts = 0
        self._taken: set[str] = set()

    def name_argument(self) -> str:
        """The next argument of a block."""
        self._arguments += 1
        return f"arg{self._arguments - 1}"

    def name_results(self, hints: tuple[str, ...], count: int) -> list[str]:
        """The next results of an operation."""
        if self.level > 1 or hints == UNNUMBERED:
            self._inner += 1
            name = f"r{self._inner - 1}"
        elif len(hints) == count:
            return [self._name_apart(hint) for hint in hints]
        else:
            self._results += 1
            name = str(self._results - 1)
        return [name] if count == 1 else [f"{name}#{place}" for place in range(count)]

    def _name_apart(self, hint: str) -> str:
        name = hint
        while name in self._taken:
            name = f"{hint}_{self._conflicts}"
            self._conflicts += 1
        self._taken.add(name)
        return name


class Scope:
    """The values that may be referred to within one function, or another isolated region."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._values: dict[int, _Known] = {}
        self._awaited: dict[int, str] = {}
        self._next = self._limit = 0

    def enter(self, values: int) -> tuple[int, int]:
        """Begin a region that defines so many values; what ``leave`` needs."""
        saved = self._next, self._limit
        self._next, self._limit = self._limit, self._limit + values
        return saved

    def leave(self, saved: tuple[int, int]) -> None:
        """End the innermost region: its values are gone."""
        for number in range(saved[1], self._next):
            del self._values[number]
        self._next, self._limit = saved

    def find(self, number: int, cursor: Cursor) -> _Known:
        """Name and type of a value; one that is defined later, in another block, has no type."""
        known = self._values.get(number)
        if known is not None:
            return known
        if number >= self._limit:
            cursor.fail(f"the value {number} is not there")
        if number not in self._awaited:
            self._awaited[number] = self.names.name_results(UNNUMBERED, 1)[0]
        return self._awaited[number], _OPEN

    def define(self, name: str, type_: MlirType, cursor: Cursor) -> str:
        """The next value gets a name, unless it has one already."""
        number = self._next
        if number >= self._limit:
            cursor.fail("a region defines more values than it states")
        if self._awaited:
            name = self._awaited.pop(number, name)
        self._values[number] = (name, type_)
        self._next = number + 1
        return name


def find_hints(operation: str, types: tuple[MlirType, ...]) -> tuple[str, ...]:
    """What the printer calls the results of an operation; nothing: by number."""
    if operation == _CAST:
        return UNNUMBERED
    if operation == _TOP_K:
        return "values", "indices"
    if operation != _CONSTANT or len(types) != 1:
        return ()
    type_ = types[0]
    found = find_element_type(type_.element_type if isinstance(type_, TensorType) else None)
    return ("c",) if found is not None and found.is_whole else ("cst",)
