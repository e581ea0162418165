"""Metadata of a GGUF file: keys with typed values, of which long ones are passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.gguf.cursor import Cursor

MAX_KEYS = 100_000
"""Metadata entries of one file; models have dozens."""

MAX_KEY_BYTES = 65_535
"""ggml/docs/gguf.md: keys are at most 2**16 - 1 bytes long."""

MAX_KEPT_BYTES = 4096
"""Longer texts, such as templates of chats and licences, are passed over."""

MAX_KEPT_NUMBERS = 4096
"""Longer lists are passed over: a figure for each layer is kept, one for each token is not."""

MAX_NESTING = 4
"""Lists within lists; ggml writes none, the format allows them."""

_STRING, _LIST = 8, 9
_NUMBERS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_SIZES = {"B": 1, "b": 1, "?": 1, "H": 2, "h": 2, "I": 4, "i": 4, "f": 4, "Q": 8, "q": 8, "d": 8}
_SMALLEST_ENTRY = 8 + 4 + 1
_SMALLEST_LIST = 4 + 8
_STRINGS_OF_A_LIST = 20
"""A list within a list takes the time of so many strings."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: how many values it has, and these where they are few and numbers."""

    count: int
    values: tuple[int | float, ...] = ()


Value = int | float | str | Listed


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a file says of its model; each accessor gives None for what is not there or no such."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def find_text(self, key: str) -> str | None:
        """A text."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def find_count(self, key: str) -> int | None:
        """A whole number that is not negative."""
        value = self.values.get(key)
        return value if isinstance(value, int) and value >= 0 else None

    def find_list(self, key: str) -> Listed | None:
        """A list."""
        value = self.values.get(key)
        return value if isinstance(value, Listed) else None

    @property
    def architecture(self) -> str | None:
        """What the file calls the architecture of its model: the prefix of most keys."""
        return self.find_text("general.architecture")


def read_metadata(cursor: Cursor, count: int) -> Metadata:
    """The entries at the cursor."""
    if count > MAX_KEYS:
        raise UnreadableModel(
            f"the header states {count} metadata entries, of which at most {MAX_KEYS} are read: "
            "the file is damaged"
        )
    cursor.expect(count, _SMALLEST_ENTRY)
    found: dict[str, Value] = {}
    for _ in range(count):
        key = cursor.text(MAX_KEY_BYTES).decode("utf-8", "replace")
        if key in found:
            raise UnreadableModel(f"the metadata key {quote(key)} stands in it twice")
        found[key] = _read_value(cursor, cursor.count("I"), key)
    return Metadata(found)


def _read_value(cursor: Cursor, kind: int, key: str) -> Value:
    if kind == _STRING:
        return _read_text(cursor)
    if kind == _LIST:
        return _read_list(cursor, key)
    return cursor.take(_code(kind, key))


def _read_text(cursor: Cursor) -> str:
    """A text; empty where it is too long to be of interest."""
    length = cursor.count()
    if length > MAX_KEPT_BYTES:
        cursor.skip(length)
        return ""
    cursor.place -= 8
    return cursor.text(MAX_KEPT_BYTES).decode("utf-8", "replace")


def _read_list(cursor: Cursor, key: str) -> Listed:
    kind, count = cursor.count("I"), cursor.count()
    if kind in (_STRING, _LIST) or count > MAX_KEPT_NUMBERS:
        _skip(cursor, kind, count, key, 1)
        return Listed(count)
    return Listed(count, cursor.numbers(_code(kind, key), count))


def _skip(cursor: Cursor, kind: int, count: int, key: str, depth: int) -> None:
    """Pass over the values of a list, in time proportional to what they take of the file."""
    if kind == _STRING:
        cursor.skip_texts(count)
    elif kind != _LIST:
        cursor.skip(count * _SIZES[_code(kind, key)])
    else:
        if depth == MAX_NESTING:
            raise UnreadableModel(f"the value of {quote(key)} is nested too deeply")
        cursor.expect(count, _SMALLEST_LIST)
        cursor.charge(count * _STRINGS_OF_A_LIST)
        for _ in range(count):
            _skip(cursor, cursor.count("I"), cursor.count(), key, depth + 1)


def _code(kind: int, key: str) -> str:
    code = _NUMBERS.get(kind)
    if code is None:
        raise UnreadableModel(f"the value of {quote(key)} is of type {kind}, which GGUF has not")
    return code
