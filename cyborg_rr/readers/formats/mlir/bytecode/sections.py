"""The sections of an MLIR bytecode file (mlir/Bytecode/Encoding.h) and the strings in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.mlir.bytecode.cursor import Cursor
from cyborg_rr.readers.formats.mlir.bytecode.header import MAX_VERSION, split_header
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer

STRING, DIALECT, ENTRIES, ENTRY_SIZES, IR, RESOURCE, RESOURCE_SIZES, DIALECT_VERSION, PROPERTIES = (
    range(9)
)
_NEEDED = (STRING, DIALECT, ENTRIES, ENTRY_SIZES, IR)
MAX_SCANNED_BYTES: Final = 1 << 20
"""How much of the strings is looked at to learn which dialects a file is of."""

MAX_NAME_BYTES: Final = 65536
"""Longest string that is kept whole."""


def split_sections(data: Buffer, origin: int, end: int) -> tuple[int, str, Mapping[int, Cursor]]:
    """The format's version, the producer and the sections by number. Raises ``UnreadableModel``."""
    version, producer, begin = split_header(bytes(data[origin : min(end, origin + HEAD_BYTES)]))
    if version is None or not begin:
        raise UnreadableModel("the header of the MLIR bytecode is cut off")
    if version > MAX_VERSION:
        raise UnreadableModel(
            f"MLIR bytecode of version {version} is newer than {MAX_VERSION}, the newest that is "
            "read: write it with an older desired bytecode version"
        )
    cursor = Cursor(data, origin + begin, end, origin)
    sections: dict[int, Cursor] = {}
    while not cursor.at_end:
        number, content = cursor.section()
        if number in sections or number > PROPERTIES:
            cursor.fail(f"the section {number} stands twice or is not known")
        sections[number] = content
    missing = [number for number in _NEEDED if number not in sections]
    if missing:
        raise UnreadableModel(f"the MLIR bytecode lacks its section {missing[0]}")
    return version, producer, sections


class Strings:
    """The strings of a file by number; what a terminal could act on stands in them as an escape."""

    def __init__(self, section: Cursor) -> None:
        self._section = section
        sizes = [section.number() for _ in range(section.count())]
        sizes.reverse()
        place = section.position
        self._places = [place]
        for size in sizes:
            place += size
            self._places.append(place)
        if place != section.end or 0 in sizes:
            section.fail("the lengths of the strings do not add up to their section")
        self._known: dict[int, str] = {}

    def get(self, cursor: Cursor) -> str:
        """The string whose number is under the cursor."""
        return self.find(cursor.number(), cursor)

    def find(self, number: int, cursor: Cursor) -> str:
        """The string of a number."""
        known = self._known.get(number)
        if known is None:
            if number >= len(self._places) - 1:
                cursor.fail(f"the string {number} is not there")
            begin, end = self._places[number], self._places[number + 1] - 1
            raw = bytes(self._section.data[begin : min(end, begin + MAX_NAME_BYTES)])
            known = self._known[number] = printable(raw)
        return known


def find_words(data: Buffer) -> frozenset[str]:
    """Short strings of a file whose header and sections may be broken: those of dialects.

    Only the beginning of the strings is looked at, or of the file where they are not found.
    """
    begin, size = 0, 4 * HEAD_BYTES
    try:
        _, _, sections = split_sections(data, 0, len(data))
        section = sections[STRING]
        begin = section.position
        size = max(size, min(section.end - begin, MAX_SCANNED_BYTES))
    except UnreadableModel:
        pass
    words = re.findall(rb"[A-Za-z][A-Za-z0-9_]{1,31}", bytes(data[begin : begin + size]))
    return frozenset(word.decode() for word in words)
