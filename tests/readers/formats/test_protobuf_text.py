"""Text of protobuf becomes the bytes that the same message has in its binary form."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.protobuf_text import TextField, encode_text
from tests.patience import grows_in_proportion
from tests.readers.formats.protobuf import nested, number

SCHEMA = {
    "M": {
        "count": TextField(1, "varint"),
        "kind": TextField(2, "varint", words={"LARGE": 7}),
        "name": TextField(3, "bytes"),
        "inner": TextField(4, "message", "M"),
        "ratio": TextField(5, "float"),
        "exact": TextField(6, "double"),
        "fixed": TextField(16, "fixed32"),
    }
}


def encode(text: str) -> bytes:
    """A message of the schema above."""
    return encode_text(text.encode(), SCHEMA, "M")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", b""),
        ("count: 5", number(1, 5)),
        ("count: -1", number(1, -1)),
        ("count: 0x1F", number(1, 31)),
        ("count: true", number(1, 1)),
        ("count: [1, 2]", number(1, 1) + number(1, 2)),
        ("count: []", b""),
        ("kind: LARGE, kind: 3;", number(2, 7) + number(2, 3)),
        ('name: "a\\n\\101\\x42\\"" \'c\'', nested(3, b'a\nAB"c')),
        ("inner { count: 1 } inner: < name: 'x' >",
         nested(4, number(1, 1)) + nested(4, b"\x1a\x01x")),
        ("inner [{}, {}]", nested(4, b"") * 2),
        ("ratio: 1.5f", b"\x2d" + struct.pack("<f", 1.5)),
        ("ratio: inf ratio: -inf", b"\x2d" + struct.pack("<f", float("inf"))
         + b"\x2d" + struct.pack("<f", float("-inf"))),
        ("exact: 2e3", b"\x31" + struct.pack("<d", 2000)),
        ("fixed: 9", b"\x85\x01" + struct.pack("<I", 9)),
        ("# words\ncount: 1 # more\n# end", number(1, 1)),
        ("other { a: 1 b { c: 'x' } [ext.name]: 2 } count: 1", number(1, 1)),
    ],
)  # fmt: skip
def test_text_becomes_its_binary_form(text: str, wanted: bytes) -> None:
    assert encode(text) == wanted


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("count 5", "line 1, column 7 should be the value"),
        ("\n count: }", "line 2, column 9 should be a value"),
        ("inner { count: 1", "end of the text"),
        ("inner { count: 1 >", "should be the name of a field"),
        ("count: 'x'", "is text where a number"),
        ("name: 5", "is a number where text"),
        ("count { }", "ends a message where a value"),
        ("count: 99999999999999999999999", "too large"),
        ("count: SMALL", "is no value of its field"),
        ("fixed: -1", "is no value of its field"),
        ('name: "open', "is no protobuf text"),
        ("inner {" * 70, "nested more than 64 deep"),
        ("count: [1 2]", "should be a comma"),
    ],
)
def test_text_that_is_malformed_is_refused_with_its_place(text: str, cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        encode(text)


@pytest.mark.parametrize("piece", ["#", "'\\", " ", "a:"])
def test_no_byte_is_looked_at_many_times(piece: str) -> None:
    def make(size: int) -> Callable[[], None]:
        text = piece * (size // len(piece))

        def work() -> None:
            with suppress(UnreadableModel):
                encode(text)

        return work

    grows_in_proportion(make, 2_000_000)
