"""Dialects, names of operations, resources and properties of an MLIR bytecode file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cyborg_rr.readers.formats.mlir.bytecode import sections as section
from cyborg_rr.readers.formats.mlir.bytecode.cursor import Cursor
from cyborg_rr.readers.formats.mlir.bytecode.sections import Strings

_VERSIONED_DIALECTS = 1
_COUNTED_OPERATIONS = 4
_REGISTERED_FLAGS = 5


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect and the version that its part of the file is in, where it is stated."""

    name: str
    version: str | None


@dataclass(frozen=True, slots=True)
class OperationName:
    """The full name of an operation; ``registered``: its properties are in its own form."""

    name: str
    registered: bool


class Dialects:
    """What the dialect section holds, by number."""

    def __init__(self, content: Cursor, version: int, strings: Strings) -> None:
        self._strings = strings
        self._version = version
        self.dialects = [self._dialect(content) for _ in range(content.count())]
        self.operations: list[OperationName] = []
        if version >= _COUNTED_OPERATIONS:
            content.number()
        while not content.at_end:
            for dialect in read_group(content, self.dialects):
                self.operations.append(self._operation(content, dialect))

    def _dialect(self, content: Cursor) -> Dialect:
        if self._version < _VERSIONED_DIALECTS:
            return Dialect(self._strings.get(content), None)
        number, is_versioned = content.flagged()
        name = self._strings.find(number, content)
        if not is_versioned:
            return Dialect(name, None)
        kind, stated = content.section()
        if kind != section.DIALECT_VERSION:
            content.fail(f"the version of the dialect {name[:60]!r} is missing")
        parts: list[str] = []
        while not stated.at_end and len(parts) < 3:
            parts.append(str(stated.number()))
        return Dialect(name, ".".join(parts) or None)

    def _operation(self, content: Cursor, dialect: Dialect) -> OperationName:
        if self._version < _REGISTERED_FLAGS:
            name, registered = self._strings.get(content), False
        else:
            number, registered = content.flagged()
            name = self._strings.find(number, content)
        return OperationName(f"{dialect.name}.{name}" if name else dialect.name, registered)


def read_group(content: Cursor, dialects: list[Dialect]) -> Iterator[Dialect]:
    """The dialect of a group, once for each of its entries; the caller reads them."""
    number = content.number()
    if number >= len(dialects):
        content.fail(f"the dialect {number} is not there")
    for _ in range(content.count()):
        yield dialects[number]


class Resources:
    """Blobs of dialects: their names by number, and those that the file holds bytes of."""

    def __init__(
        self, sections: Mapping[int, Cursor], strings: Strings, dialects: list[Dialect]
    ) -> None:
        self.names: list[str] = []
        self.present: set[str] = set()
        sizes, blobs = sections.get(section.RESOURCE_SIZES), sections.get(section.RESOURCE)
        if sizes is None or blobs is None:
            return
        for _ in range(sizes.count()):  # resources of tools come first
            strings.get(sizes)
            self._group(sizes, blobs, strings, lambda _name, _size: None)
        while not sizes.at_end:
            if sizes.number() >= len(dialects):
                sizes.fail("resources of a dialect that is not there")
            self._group(sizes, blobs, strings, self._note)

    def _note(self, name: str, size: int) -> None:
        self.names.append(name)
        if size:
            self.present.add(name)

    def _group(
        self, sizes: Cursor, blobs: Cursor, strings: Strings, note: Callable[[str, int], None]
    ) -> None:
        for _ in range(sizes.count(3)):
            name, size = strings.get(sizes), sizes.number()
            sizes.byte()
            blobs.skip(size)
            note(name, size)


class PropertyBlobs:
    """Where the properties of operations stand, by number."""

    def __init__(self, content: Cursor | None) -> None:
        self._spans: list[tuple[int, int]] = []
        self._content = content
        if content is None:
            return
        for _ in range(content.count()):
            size = content.number()
            begin = content.skip(size)
            self._spans.append((begin, begin + size))

    def open(self, number: int, cursor: Cursor) -> Cursor:
        """A cursor over the properties of a number."""
        if self._content is None or number >= len(self._spans):
            cursor.fail(f"the properties {number} are not there")
        begin, end = self._spans[number]
        return Cursor(self._content.data, begin, end, self._content.origin)
