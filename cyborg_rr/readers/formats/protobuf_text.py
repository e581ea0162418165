"""Text form of protobuf messages, turned into their wire form by a table of fields.

A family reads one form only: the text becomes the bytes that the same message has in its binary
form, and fields that the table does not name fall. Nesting is bounded, and each byte is looked at
once. The language: https://protobuf.dev/reference/protobuf/textformat-spec/.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from cyborg_rr.domain.errors import UnreadableModel

VARINT: Final = 0
FIXED64: Final = 1
LENGTH: Final = 2
FIXED32: Final = 5
"""How values of the wire form are laid out."""

MAX_DEPTH: Final = 64
"""How deep messages may nest."""

Kind = Literal["varint", "float", "double", "fixed32", "bytes", "message"]


@dataclass(frozen=True, slots=True)
class TextField:
    """A field of a message: its number, how it is encoded, and what is in it.

    ``message`` names the message in it; ``words`` are the numbers of an enumeration.
    """

    number: int
    kind: Kind
    message: str = ""
    words: Mapping[str, int] = field(default_factory=dict)


TextSchema = Mapping[str, Mapping[str, TextField]]
"""The fields of each message, by the names of messages and fields."""

_TOKEN: Final = re.compile(
    rb"""[ \t\r\n\f\v]*(?:\#[^\n]*(?:\n[ \t\r\n\f\v]*|\Z))*(?:
    (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>-?[ \t]*(?:0[xX][0-9a-fA-F]+
        |(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fF]?|inf(?:inity)?|nan))
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<name>\[[A-Za-z0-9_./-]+\])
    |(?P<sign>[{}<>\[\]:,;-])
    |(?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN: Final = re.compile(
    rb"""([A-Za-z_][A-Za-z0-9_]*):[ \t]*"([^"\\\n]*)"[ \t\r\n]*+(?=[A-Za-z_}])"""
)
"""A field that is one text without escapes, and another field or the end of the message behind it:
most are so, and are read at one go."""

_ESCAPE: Final = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_ESCAPED: Final = {
    b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v",
}  # fmt: skip
_CLOSING: Final = {b"{": b"}", b"<": b">"}
_BETWEEN: Final = frozenset({b",", b";"})
_NUMBERS: Final = {b"true": 1, b"false": 0, b"t": 1, b"f": 0}
_MOST: Final = 1 << 64


def encode_text(text: bytes, schema: TextSchema, message: str) -> bytes:
    """The wire form of a message in text form.

    Raises ``UnreadableModel`` with line and column for anything malformed.
    """
    parser = _Parser(text, schema)
    encoded = parser.read_fields(message, b"", 1)
    return bytes(encoded)


class _Parser:
    def __init__(self, text: bytes, schema: TextSchema) -> None:
        self._text = text
        self._fields = {
            message: {name.encode("ascii"): known for name, known in fields.items()}
            for message, fields in schema.items()
        }
        self._at = 0
        self._position = 0
        self._kind: str | None = None
        self._value = b""
        self._next()

    def _next(self) -> None:
        """The token after this one."""
        match = _TOKEN.match(self._text, self._position)
        if match is None or match.lastgroup is None:
            self._at = self._position
            raise self._refuse("is no protobuf text")
        self._kind = kind = match.lastgroup
        self._value = match[kind]
        self._at, self._position = match.span(kind)

    def _refuse(self, cause: str) -> UnreadableModel:
        line = self._text.count(b"\n", 0, self._at) + 1
        column = self._at - self._text.rfind(b"\n", 0, self._at)
        return UnreadableModel(f"what stands at line {line}, column {column} {cause}")

    def _take(self, sign: bytes) -> bool:
        """Pass over a sign; no token of another kind looks like one."""
        if self._value != sign:
            return False
        self._next()
        return True

    def read_fields(self, message: str, closing: bytes, depth: int) -> bytearray:
        """The fields up to a closing bracket, or to the end of the text."""
        if depth > MAX_DEPTH:
            raise self._refuse(f"is nested more than {MAX_DEPTH} deep")
        fields = self._fields.get(message, {})
        encoded = bytearray()
        while True:
            if self._kind == "end":
                if closing:
                    raise self._refuse("is the end of the text, within a message")
                return encoded
            if closing and self._take(closing):
                return encoded
            if self._kind not in ("word", "name"):
                raise self._refuse("should be the name of a field")
            if self._take_plain(fields, encoded):
                continue
            known = fields.get(self._value)
            self._next()
            self._read_field(known, encoded, depth)
            if self._value in _BETWEEN:
                self._next()

    def _take_plain(self, fields: Mapping[bytes, TextField], encoded: bytearray) -> bool:
        """Read a field that is one plain text, where the next one is."""
        match = _PLAIN.match(self._text, self._at)
        if match is None:
            return False
        known = fields.get(match[1])
        if known is not None:
            if known.kind != "bytes":
                return False
            _put(encoded, known.number, match[2])
        self._position = match.end()
        self._next()
        return True

    def _read_field(self, known: TextField | None, encoded: bytearray, depth: int) -> None:
        colon = self._take(b":")
        if self._take(b"["):
            while not self._take(b"]"):
                self._read_value(known, encoded, depth)
                if not self._take(b",") and self._value != b"]":
                    raise self._refuse("should be a comma in a list")
            return
        if not colon and self._value not in _CLOSING:
            raise self._refuse("should be the value of a field")
        self._read_value(known, encoded, depth)

    def _read_value(self, known: TextField | None, encoded: bytearray, depth: int) -> None:
        if self._kind == "text":
            self._read_text(known, encoded)
            return
        if self._value in _CLOSING:
            closing = _CLOSING[self._value]
            self._next()
            inner = known.message if known is not None and known.kind == "message" else ""
            content = self.read_fields(inner, closing, depth + 1)
            if known is not None:
                if known.kind != "message":
                    raise self._refuse("ends a message where a value should be")
                _put(encoded, known.number, bytes(content))
            return
        sign = b"-" if self._take(b"-") else b""
        if self._kind not in ("word", "number"):
            raise self._refuse("should be a value")
        if known is not None:
            self._put_number(known, sign + self._value.replace(b" ", b""), encoded)
        self._next()

    def _read_text(self, known: TextField | None, encoded: bytearray) -> None:
        parts = []
        while self._kind == "text":
            parts.append(self._value[1:-1])
            if known is not None and known.kind != "bytes":
                raise self._refuse("is text where a number or a message should be")
            self._next()
        if known is not None:
            _put(encoded, known.number, b"".join(map(_unescape, parts)))

    def _put_number(self, known: TextField, value: bytes, encoded: bytearray) -> None:
        try:
            if known.kind == "varint":
                word = known.words.get(value.decode("ascii"))
                number = word if word is not None else _NUMBERS.get(value)
                number = int(value, 0) if number is None else number
                if not -_MOST < number < _MOST:
                    raise self._refuse("is too large a number")
                _put_varint(encoded, known.number << 3 | VARINT)
                _put_varint(encoded, number % _MOST)
            elif known.kind == "float":
                _put_varint(encoded, known.number << 3 | FIXED32)
                encoded += struct.pack(
                    "<f", float(value.rstrip(b"fF") if b"i" not in value else value)
                )
            elif known.kind == "double":
                _put_varint(encoded, known.number << 3 | FIXED64)
                encoded += struct.pack("<d", float(value))
            elif known.kind == "fixed32":
                _put_varint(encoded, known.number << 3 | FIXED32)
                encoded += struct.pack("<I", int(value))
            else:
                raise self._refuse("is a number where text or a message should be")
        except (ValueError, OverflowError, struct.error) as error:
            raise self._refuse("is no value of its field") from error


def _put_varint(encoded: bytearray, number: int) -> None:
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)


def _put(encoded: bytearray, number: int, content: bytes) -> None:
    _put_varint(encoded, number << 3 | LENGTH)
    _put_varint(encoded, len(content))
    encoded += content


def _unescape(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    return _ESCAPE.sub(_unescape_one, text)


def _unescape_one(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, letter = match.groups()
    if octal is not None:
        return bytes((int(octal, 8) & 255,))
    if hexadecimal is not None:
        return bytes((int(hexadecimal, 16),))
    return _ESCAPED.get(letter, letter)
