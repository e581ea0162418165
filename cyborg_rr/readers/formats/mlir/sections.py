"""What stands in MLIR text beside operations: aliases of attributes and types, and resources."""

from __future__ import annotations

import re

from cyborg_rr.readers.formats.mlir import scanner as lex
from cyborg_rr.readers.formats.mlir.attributes import AttributeParser
from cyborg_rr.readers.formats.mlir.scanner import Scanner

_RESOURCE_MARK = re.compile(rb'#-\}|:[ \t\r\n]*+"0x')
_MAX_KEY_LENGTH = 1024


class SectionParser(AttributeParser):
    """Notes aliases and the names in locations, which may be used before they are defined."""

    def __init__(self, scanner: Scanner) -> None:
        super().__init__(scanner)
        self.locations: dict[str, str] = {}

    def parse_alias(self) -> None:
        """``#loc4 = loc(...)``, ``#map = ...`` or ``!t = ...`` outside of operations."""
        scanner = self.scanner
        token = scanner.token
        scanner.advance()
        scanner.expect(b"=")
        if scanner.kind == lex.LOCATION or scanner.token == b"loc":
            name = self.parse_location()
            if name is not None:
                self.locations[token.decode()] = name
        elif token.startswith(b"!"):
            self.type_aliases[token] = self.parse_type()
        else:
            self.aliases[token[1:].decode()] = self.parse_value(0)

    def parse_resources(self) -> frozenset[str]:
        """The names of the blobs in ``{-# dialect_resources: {...} #-}``; blobs are passed over."""
        scanner = self.scanner
        data, position = scanner.data, scanner.end
        names: set[str] = set()
        while True:
            mark = _RESOURCE_MARK.search(data, position)
            if mark is None:
                scanner.fail("the resource section is not closed")
            position = mark.end()
            if mark[0] == b"#-}":
                scanner.jump(position)
                return frozenset(names)
            names.add(_name_before(data[max(mark.start() - _MAX_KEY_LENGTH, 0) : mark.start()]))
            position = data.find(b'"', position)  # the blob may be hundreds of megabytes
            if position < 0:
                scanner.fail("a blob of the resource section is not closed", mark.start())
            position += 1


def _name_before(text: bytes) -> str:
    """The key at the end of a text, quoted or not."""
    text = text.rstrip()
    if text.endswith(b'"'):
        return text[text.rfind(b'"', 0, -1) + 1 : -1].decode("utf-8", "replace")
    begin = max(text.rfind(mark) for mark in (b" ", b"\n", b"\t", b"{", b",", b'"'))
    return text[begin + 1 :].decode("utf-8", "replace")
