"""The protobuf walker, against messages that the protobuf package itself writes."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import AttributeProto, TensorProto

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, MAX_VALUES, Message, signed
from cyborg_rr.readers.reading.printing import printable

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


@given(st.lists(INT64, max_size=50))
def test_packed_integers_come_out_as_written(numbers: list[int]) -> None:
    content = TensorProto(int64_data=numbers).SerializeToString()
    message = Message(content)
    found = [n for _, wire, value, stop in message for n in message.integers(wire, value, stop)]
    assert found == numbers


@given(st.lists(INT64, max_size=50))
def test_integers_one_by_one_come_out_as_written(numbers: list[int]) -> None:
    content = AttributeProto(ints=numbers).SerializeToString()
    message = Message(content)
    found = [n for _, wire, value, stop in message for n in message.integers(wire, value, stop)]
    assert found == numbers


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=50))
def test_floats_come_out_as_written(numbers: list[float]) -> None:
    for content in (
        TensorProto(float_data=numbers).SerializeToString(),
        AttributeProto(floats=numbers).SerializeToString(),
    ):
        message = Message(content)
        found = [n for _, wire, value, stop in message for n in message.floats(wire, value, stop)]
        assert found == numbers


@given(st.text(max_size=300))
def test_text_comes_out_without_control_characters(text: str) -> None:
    found = printable(text.encode("utf-8"))
    assert found.isprintable()
    if text.isprintable():
        assert found == text


def test_places_in_nested_messages_are_places_in_the_file() -> None:
    outer = Message(b"\x0a\x04\x12\x02ab", origin=100)
    (_, _, start, stop), *_ = outer
    inner = outer.message(start, stop)
    (number, wire, start, stop), *_ = inner
    assert (number, wire, inner.offset(start)) == (2, LENGTH, 104)
    assert inner.name(start, stop) == "ab"


def test_a_list_is_not_read_beyond_what_steers_a_graph() -> None:
    content = b"\x01" * (MAX_VALUES * 2)
    message = Message(content)
    assert sum(1 for _ in message.integers(LENGTH, 0, len(content))) == MAX_VALUES + 1


def test_floats_of_a_broken_length_are_refused() -> None:
    with pytest.raises(UnreadableModel, match="no list of 32-bit floats"):
        Message(bytes(7)).floats(LENGTH, 0, 7)


def test_negative_numbers_are_ten_bytes_of_two_complement() -> None:
    assert signed((1 << 64) - 1) == -1
    assert signed(1 << 63) == -(1 << 63)
    assert signed(5) == 5


def read_resident_bytes() -> int:
    """How much of this process stands in memory because a file is mapped."""
    status = Path("/proc/self/status").read_text()
    return next(
        int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssFile")
    )


def test_the_headers_of_many_weights_do_not_make_a_mapped_file_resident(tmp_path: Path) -> None:
    weight = TensorProto(name="w", dims=[50_000], raw_data=bytes(200_000)).SerializeToString()
    size, count = len(weight), 1000
    prefix = bytes([42, size & 127 | 128, size >> 7 & 127 | 128, size >> 14])  # field 5
    path = tmp_path / "weights"
    path.write_bytes((prefix + weight) * count)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        before, names, peak = read_resident_bytes(), 0, 0
        message = Message(data)
        for _, _, value, stop in message:
            nested = message.message(value, stop)
            names += sum(1 for number, _, _, _ in nested if number == 8)
            if names % 50 == 0:
                peak = max(peak, read_resident_bytes() - before)
        assert names == count
        assert peak < 80 * 1024**2 < len(data)
