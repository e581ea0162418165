"""Operations, blocks and regions of MLIR bytecode, as those of text in its generic form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cyborg_rr.readers.formats.mlir.bytecode import sections as section
from cyborg_rr.readers.formats.mlir.bytecode.cursor import Cursor
from cyborg_rr.readers.formats.mlir.bytecode.entries import Entries, EntryCursor
from cyborg_rr.readers.formats.mlir.bytecode.names import HINTED, Names, Scope, find_hints
from cyborg_rr.readers.formats.mlir.bytecode.properties import find_slots
from cyborg_rr.readers.formats.mlir.bytecode.tables import OperationName, PropertyBlobs
from cyborg_rr.readers.formats.mlir.bytecode.versioned import merge_attributes, rename
from cyborg_rr.readers.formats.mlir.statements import MAX_REGION_NESTING
from cyborg_rr.readers.formats.mlir.structure import BlockText, Operation, Region
from cyborg_rr.readers.formats.mlir.types import MlirType
from cyborg_rr.readers.formats.mlir.values import Value

_ATTRIBUTES, _RESULTS, _OPERANDS, _SUCCESSORS, _REGIONS, _USE_LISTS, _PROPERTIES = (
    1, 2, 4, 8, 16, 32, 64,
)  # fmt: skip
_LAZY_REGIONS = 2
_USE_LIST_ORDERS = 3
_ELIDED_LOCATIONS = 4
_WITH_SEGMENTS = frozenset({"chlo.scan", "mhlo.scan"})
"""Operations that state behind their properties how their operands are grouped."""
_INLINED = frozenset({"sdy.manual_computation", "sdy.named_computation"})
"""Operations whose regions readers write out: their values are named as those around them."""
_NO_ATTRIBUTES: Final[dict[str, Value]] = {}


@dataclass(slots=True)
class Kind:
    """The operations of one name: the name that they are read under, and their properties.

    The results of those that are numbered have no names of their own.
    """

    stated: OperationName
    name: str
    slots: tuple[tuple[str, bool], ...] | None
    is_numbered: bool


def _make_kind(stated: OperationName) -> Kind:
    name = rename(stated.name)
    return Kind(stated, name, find_slots(stated.name), name not in HINTED)


class OperationReader:
    """Reads the IR section. ``locations`` has the numbers of the locations of entry arguments."""

    def __init__(
        self,
        version: int,
        names: list[OperationName],
        entries: Entries,
        properties: PropertyBlobs,
    ) -> None:
        self._version = version
        self._entries = entries
        self._properties = properties
        self._kinds = [_make_kind(each) for each in names]
        self._attributes: dict[tuple[int, int, int], dict[str, Value]] = {}
        self.locations: dict[int, list[int | None]] = {}

    def read(self, content: Cursor) -> list[Operation]:
        """The operations outside of any other."""
        scope = Scope(Names())
        block, _ = self._block(content, scope, 0)
        return block.operations

    def _region(self, cursor: Cursor, scope: Scope, depth: int) -> tuple[Region, list[int | None]]:
        """The blocks of a region, with the locations of the arguments of the first."""
        if depth > MAX_REGION_NESTING:
            cursor.fail(f"regions are nested more than {MAX_REGION_NESTING} deep")
        blocks = cursor.count()
        if not blocks:
            return [BlockText([], [])], []
        saved = scope.enter(cursor.count())
        first, locations = self._block(cursor, scope, depth)
        region = [first]
        for _ in range(blocks - 1):
            region.append(self._block(cursor, scope, depth)[0])
        scope.leave(saved)
        return region, locations

    def _block(
        self, cursor: Cursor, scope: Scope, depth: int
    ) -> tuple[BlockText, list[int | None]]:
        operations, has_arguments = cursor.flagged()
        block = BlockText([], [])
        locations: list[int | None] = []
        if has_arguments:
            for _ in range(cursor.count()):
                locations.append(self._argument(cursor, scope, block))
            if self._version >= _USE_LIST_ORDERS and cursor.byte():
                _pass_use_lists(cursor, len(locations))
        for _ in range(operations):
            block.operations.append(self._operation(cursor, scope, depth))
        return block, locations

    def _argument(self, cursor: Cursor, scope: Scope, block: BlockText) -> int | None:
        if self._version >= _ELIDED_LOCATIONS:
            number, has_location = cursor.flagged()
        else:
            number, has_location = cursor.number(), True
        type_ = self._entries.get_type(number, cursor)
        location = cursor.number() if has_location else None
        name = scope.define(scope.names.name_argument(), type_, cursor)
        block.arguments.append((name, type_))
        return location

    def _operation(self, cursor: Cursor, scope: Scope, depth: int) -> Operation:
        position = cursor.position
        number = cursor.number()
        if number >= len(self._kinds):
            cursor.fail(f"the name {number} of an operation is not there")
        kind = self._kinds[number]
        operation = Operation(kind.name, position)
        mask = cursor.byte()
        cursor.number()  # its location
        stated = cursor.number() if mask & _ATTRIBUTES else -1
        properties = cursor.number() if mask & _PROPERTIES else -1
        if stated >= 0 or properties >= 0:
            operation.attributes = self._find_attributes(number, stated, properties, cursor)
        types: tuple[MlirType, ...] = ()
        if mask & _RESULTS:
            get_type = self._entries.get_type
            types = tuple([get_type(each, cursor) for each in cursor.numbers()])
        if mask & _OPERANDS:
            known = [scope.find(each, cursor) for each in cursor.numbers()]
            operation.operands = [name for name, _ in known]
            operation.types = tuple([type_ for _, type_ in known])
        operation.result_types = types
        operation.has_arrow = True
        if mask & _SUCCESSORS:
            cursor.numbers()
        if mask & _USE_LISTS and self._version >= _USE_LIST_ORDERS:
            _pass_use_lists(cursor, len(types))
        regions, is_isolated = cursor.flagged() if mask & _REGIONS else (0, False)
        if types:
            hints = () if kind.is_numbered else find_hints(kind.name, types)
            names = scope.names.name_results(hints, len(types))
            operation.results = tuple(
                [
                    scope.define(name, type_, cursor)
                    for name, type_ in zip(names, types, strict=True)
                ]
            )
        if regions:
            self._regions(operation, regions, is_isolated, cursor, scope, depth)
        return operation

    def _regions(
        self,
        operation: Operation,
        count: int,
        is_isolated: bool,
        cursor: Cursor,
        scope: Scope,
        depth: int,
    ) -> None:
        inner = cursor
        if is_isolated:
            scope = Scope(Names() if operation.name == "func.func" else scope.names)
            if self._version >= _LAZY_REGIONS:
                number, inner = cursor.section()
                if number != section.IR:
                    cursor.fail("an isolated region has no section")
        if count > inner.end - inner.position:
            inner.fail(f"{count} regions are stated where less bytes are left")
        level = scope.names.level
        scope.names.level += operation.name not in _INLINED
        operation.regions = []
        for place in range(count):
            region, locations = self._region(inner, scope, depth + 1)
            operation.regions.append(region)
            if not place and is_isolated:
                self.locations[operation.position] = locations
        scope.names.level = level

    def _find_attributes(
        self, number: int, stated: int, properties: int, cursor: Cursor
    ) -> dict[str, Value]:
        """Attributes and properties together; equal numbers give the same dictionary."""
        key = number, stated, properties
        known = self._attributes.get(key)
        if known is None:
            kind = self._kinds[number]
            found = self._read_properties(kind, properties, cursor)
            if stated >= 0:
                attributes = self._entries.get_attribute(stated, cursor)
                if not isinstance(attributes, dict):
                    cursor.fail(f"the attributes of {kind.name[:60]!r} are no dictionary")
                found = {**found, **attributes} if found else attributes
            if kind.stated.name != kind.name:
                found = dict(merge_attributes(kind.name, found))
            self._entries.spend(len(found), cursor)
            known = self._attributes[key] = found
        return known

    def _read_properties(self, kind: Kind, number: int, cursor: Cursor) -> dict[str, Value]:
        if number < 0:
            return _NO_ATTRIBUTES
        if not kind.stated.registered:
            found = self._entries.get_attribute(number, cursor)
            return found if isinstance(found, dict) else _NO_ATTRIBUTES
        if kind.slots is None:
            return _NO_ATTRIBUTES
        blob = self._properties.open(number, cursor)
        entry = EntryCursor(self._entries, blob.position, blob.end, 0)
        properties: dict[str, Value] = {}
        for name, is_optional in kind.slots:
            number = entry.number()
            if not is_optional:
                properties[name] = entry.entries.get_attribute(number, entry)
            elif number & 1:
                properties[name] = entry.entries.get_attribute(number >> 1, entry)
        if not entry.at_end and kind.name not in _WITH_SEGMENTS:
            entry.fail(
                f"the properties of {kind.stated.name[:60]!r} are of another version of its "
                "dialect (export the text form, or a portable artifact)"
            )
        return properties


def _pass_use_lists(cursor: Cursor, values: int) -> None:
    """Step over the orders of the uses of values (parseUseListOrderForRange)."""
    for _ in range(cursor.count() if values > 1 else 1):
        if values > 1:
            cursor.number()
        uses, _ = cursor.flagged()
        for _ in range(uses):
            cursor.number()
