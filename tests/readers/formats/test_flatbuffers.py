"""The accessor of FlatBuffers: fields by their number, and nothing beyond the file."""

from __future__ import annotations

import struct

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.flatbuffers import FlatFile, Table

# Root offset 16; vtable at 4: 12 bytes, a table of 20 bytes, fields at 4, absent, 8 and 12.
FILE = (
    struct.pack("<IHHHHHH", 16, 12, 20, 4, 0, 8, 12)
    + struct.pack("<iiIII", 12, -7, 12, 24, 0)
    + struct.pack("<I3i", 3, 1, -2, 3)
    + struct.pack("<I", 2) + b"h\xc3\0\0"
)  # fmt: skip


def root(data: bytes) -> Table:
    """The root table."""
    return FlatFile(data).root()


def test_fields_are_found_by_their_number_and_absent_ones_have_a_default() -> None:
    table = root(FILE)
    assert (table.integer(0, "i"), table.integer(1, "i", 5), table.integer(9, "b", 1)) == (-7, 5, 1)
    assert table.integers(2) == (1, -2, 3)
    assert table.text(3) == "h\N{REPLACEMENT CHARACTER}"
    assert (table.integers(1), table.text(1), table.table(1), list(table.tables(1))) == (
        (), "", None, [],
    )  # fmt: skip


@pytest.mark.parametrize("length", range(0, 52, 3))
def test_what_lies_beyond_the_end_is_refused(length: int) -> None:
    with pytest.raises(UnreadableModel, match="beyond the end"):
        _read_all(FILE[:length])


@pytest.mark.parametrize(
    ("place", "value", "cause"),
    [(0, 2**32 - 1, "beyond"), (16, 2**31 - 1, "byte 16: .*no place"), (36, 2**32 - 1, "beyond"),
     (4, 3, "no place"), (24, 2**32 - 1, "beyond"), (52, 2**31, "beyond")],
)  # fmt: skip
def test_offsets_and_lengths_that_lie_are_refused(place: int, value: int, cause: str) -> None:
    data = bytearray(FILE)
    struct.pack_into("<I", data, place, value)
    with pytest.raises(UnreadableModel, match=cause):
        _read_all(bytes(data))


def test_a_table_that_is_read_over_and_over_is_counted() -> None:
    file = FlatFile(FILE)
    for _ in range(500):
        file.root()
    with pytest.raises(UnreadableModel, match="more is referred to"):
        _read_roots(file, 5000)


def _read_all(data: bytes) -> None:
    table = root(data)
    table.integer(0, "i")
    table.integers(2)
    table.text(3)


def _read_roots(file: FlatFile, times: int) -> None:
    for _ in range(times):
        file.root()
