"""Attributes and types of an MLIR bytecode file, each read once, when it is first asked for.

They refer to one another by number; equal numbers give the same object. What a short file could
make long, texts that are put together of other texts, is counted against the size of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cyborg_rr.readers.formats.mlir.attributes import AttributeParser
from cyborg_rr.readers.formats.mlir.bytecode.cursor import Cursor
from cyborg_rr.readers.formats.mlir.bytecode.sections import Strings
from cyborg_rr.readers.formats.mlir.bytecode.tables import Dialect, Resources, read_group
from cyborg_rr.readers.formats.mlir.scanner import Scanner
from cyborg_rr.readers.formats.mlir.types import BadType, MlirType, OpaqueType, parse_type
from cyborg_rr.readers.formats.mlir.values import DialectAttribute, Value
from cyborg_rr.readers.reading.source import Buffer

MAX_DEPTH: Final = 64
"""How deeply attributes and types may be nested in one another."""
MAX_UNITS: Final = 1 << 27
"""Letters and numbers that are made of one file beyond what stands in it."""
_UNITS_PER_BYTE: Final = 16
_SPARE_UNITS: Final = 65536
_NAME_LOCATION: Final = 14


class EntryCursor(Cursor):
    """A cursor over one attribute or type, which may refer to others and to strings."""

    __slots__ = ("depth", "entries")

    def __init__(self, entries: Entries, begin: int, end: int, depth: int) -> None:
        super().__init__(entries.data, begin, end, entries.origin)
        self.entries = entries
        self.depth = depth

    def attribute(self) -> Value:
        """The attribute whose number is under the cursor."""
        return self.entries.get_attribute(self.number(), self, self.depth + 1)

    def optional_attribute(self) -> Value:
        """The same for one that may be absent: None."""
        number, present = self.flagged()
        return self.entries.get_attribute(number, self, self.depth + 1) if present else None

    def attributes(self) -> list[Value]:
        """A list of attributes."""
        return [self.attribute() for _ in range(self.count())]

    def type(self) -> MlirType:
        """The type whose number is under the cursor."""
        return self.entries.get_type(self.number(), self, self.depth + 1)

    def types(self) -> tuple[MlirType, ...]:
        """A list of types."""
        return tuple([self.type() for _ in range(self.count())])

    def string(self) -> str:
        """The string whose number is under the cursor."""
        return self.entries.strings.get(self)

    def dictionary(self) -> dict[str, Value]:
        """Attributes by name; names are attributes too."""
        found: dict[str, Value] = {}
        for _ in range(self.count(2)):
            name = self.attribute()
            if not isinstance(name, str):
                self.fail("an attribute's name is no string")
            found[name] = self.attribute()
        return found

    def pass_over(self) -> None:
        """Leave the rest of the entry unread."""
        self.position = self.end


AttributeRule = Callable[[EntryCursor], Value]
TypeRule = Callable[[EntryCursor], MlirType]


class Rules:
    """How the attributes and types of one dialect are written, by their codes."""

    __slots__ = ("attributes", "types")

    def __init__(
        self,
        attributes: Mapping[int, AttributeRule],
        types: Mapping[int, TypeRule],
    ) -> None:
        self.attributes = attributes
        self.types = types


_NO_RULES: Final = Rules({}, {})
_Place = tuple[str, int, int, bool]


class Entries:
    """All attributes and types of a file."""

    def __init__(
        self,
        content: Cursor,
        sizes: Cursor,
        dialects: list[Dialect],
        strings: Strings,
        resources: Resources,
        rules: Mapping[str, Rules],
    ) -> None:
        self.data: Buffer = content.data
        self.origin = content.origin
        self.strings = strings
        self.resources = resources
        self._rules = rules
        stated = _UNITS_PER_BYTE * (content.end - content.position) + _SPARE_UNITS
        self._units = min(stated, MAX_UNITS)
        counts = sizes.number(), sizes.number()
        attributes, types = [_list_places(content, sizes, dialects, count) for count in counts]
        self._attribute_places, self._type_places = attributes, types
        self._attributes: dict[int, Value] = {}
        self._types: dict[int, MlirType] = {}

    def spend(self, units: int, cursor: Cursor) -> None:
        """Count what is made of the file beyond what stands in it."""
        self._units -= units
        if self._units < 0:
            cursor.fail("more is referred to than the file can mean")

    def get_attribute(self, number: int, cursor: Cursor, depth: int = 0) -> Value:
        """The attribute of a number."""
        if number in self._attributes:
            return self._attributes[number]
        if number >= len(self._attribute_places):
            cursor.fail(f"the attribute {number} is not there")
        value = self._read_attribute(self._attribute_places[number], depth)
        self._attributes[number] = value
        return value

    def get_type(self, number: int, cursor: Cursor, depth: int = 0) -> MlirType:
        """The type of a number."""
        known = self._types.get(number)
        if known is None:
            if number >= len(self._type_places):
                cursor.fail(f"the type {number} is not there")
            known = self._types[number] = self._read_type(self._type_places[number], depth)
        return known

    def find_location_name(self, number: int, cursor: Cursor) -> str | None:
        """The name that a location states; None for a place in a file and the like."""
        if number >= len(self._attribute_places):
            cursor.fail(f"the attribute {number} is not there")
        dialect, begin, end, is_encoded = self._attribute_places[number]
        entry = EntryCursor(self, begin, end, 0)
        if dialect != "builtin" or not is_encoded or entry.number() != _NAME_LOCATION:
            return None
        name = entry.attribute()
        return name if isinstance(name, str) else None

    def _open(self, place: _Place, depth: int) -> EntryCursor:
        _, begin, end, _ = place
        cursor = EntryCursor(self, begin, end, depth)
        if depth > MAX_DEPTH:
            cursor.fail(f"attributes and types are nested more than {MAX_DEPTH} deep")
        return cursor

    def _read_attribute(self, place: _Place, depth: int) -> Value:
        dialect, begin, end, is_encoded = place
        cursor = self._open(place, depth)
        if not is_encoded:
            text = Scanner(bytes(self.data[begin:end]).rstrip(b"\0"))
            return AttributeParser(text).parse_value(0)
        code = cursor.number()
        rule = self._rules.get(dialect, _NO_RULES).attributes.get(code)
        if rule is None:
            return DialectAttribute(f"{dialect}.{code}", "")
        value = rule(cursor)
        if not cursor.at_end:
            cursor.fail(f"an attribute of the dialect {dialect[:60]!r} is longer than its kind is")
        if isinstance(value, DialectAttribute):
            self.spend(len(value.body), cursor)
        return value

    def _read_type(self, place: _Place, depth: int) -> MlirType:
        dialect, begin, end, is_encoded = place
        cursor = self._open(place, depth)
        try:
            if not is_encoded:
                return parse_type(bytes(self.data[begin:end]).rstrip(b"\0"))
            code = cursor.number()
            rule = self._rules.get(dialect, _NO_RULES).types.get(code)
            if rule is None:
                return OpaqueType(f"!{dialect}.{code}")
            type_ = rule(cursor)
        except BadType as error:
            cursor.fail(str(error))
        if not cursor.at_end:
            cursor.fail(f"a type of the dialect {dialect[:60]!r} is longer than its kind is")
        return type_


def _list_places(
    content: Cursor, sizes: Cursor, dialects: list[Dialect], count: int
) -> list[_Place]:
    """Dialect, begin and end of each entry, and whether it is in the dialect's own encoding."""
    places: list[_Place] = []
    while len(places) < count:
        for dialect in read_group(sizes, dialects):
            size, is_encoded = sizes.flagged()
            begin = content.skip(size)
            places.append((dialect.name, begin, begin + size, is_encoded))
        if sizes.at_end and len(places) < count:
            sizes.fail(f"{count} attributes or types are stated, and {len(places)} are there")
    return places
