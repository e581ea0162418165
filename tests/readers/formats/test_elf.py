"""ELF headers and tables of sections are read within the file, whatever they claim."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.elf import Section, list_sections, read_header

NAMES = b"\0.text\0.bss\0.names\0"


def make(order: str, *, wide: bool, extended: bool = False) -> bytes:
    """A file with code, a section without bytes and the names of all."""
    size = 64 if wide else 52
    code = b"code" * 4
    body = code + NAMES
    table = size + len(body)
    form = order + ("IIQQQQIIQQ" if wide else "10I")
    first = (0, 0, 0, 0, 0, 4, 3, 0, 0, 0) if extended else (0,) * 10
    entries = [
        first,
        (1, 1, 0, 0, size, len(code), 0, 0, 0, 0),
        (7, 8, 0, 0, 1 << 30, 1 << 30, 0, 0, 0, 0),
        (12, 3, 0, 0, size + len(code), len(NAMES), 0, 0, 0, 0),
    ]
    count, names = (0, 0xFFFF) if extended else (4, 3)
    ident = b"\x7fELF" + bytes((2 if wide else 1, 1 if order == "<" else 2, 1)) + bytes(9)
    fields = (3, 62, 1, 0, 0, table, 7, size, 0, 0, struct.calcsize(form), count, names)
    head = struct.pack(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), *fields)
    return ident + head + body + b"".join(struct.pack(form, *each) for each in entries)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("extended", [False, True])
def test_sections_are_found_by_their_names(order: str, wide: bool, extended: bool) -> None:
    data = make(order, wide=wide, extended=extended)
    header = read_header(data)
    assert (header.machine, header.flags) == (62, 7)
    start = 64 if wide else 52
    found = [Section(".text", start, 16), Section(".names", start + 16, len(NAMES))]
    assert list(list_sections(data, header)) == found


def test_a_file_without_sections_has_none() -> None:
    data = bytearray(make("<", wide=True))
    data[40:48] = bytes(8)
    assert list(list_sections(data, read_header(data))) == []


@given(st.binary(min_size=64, max_size=64), st.integers(0, 400))
def test_any_header_is_read_or_refused(noise: bytes, cut: int) -> None:
    data = b"\x7fELF\2\1" + noise[6:] + make("<", wide=True)[64:cut]
    with suppress(UnreadableModel):
        assert len(list(list_sections(data, read_header(data)))) < len(data)
