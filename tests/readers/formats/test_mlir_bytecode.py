"""Numbers, strings and sections of MLIR bytecode, and what short files must not make long."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.mlir.bytecode.cursor import Cursor
from cyborg_rr.readers.formats.mlir.bytecode.module import parse_bytecode
from cyborg_rr.readers.formats.mlir.constants import make_constant
from cyborg_rr.readers.formats.mlir.structure import Module
from tests.patience import ends_within


def number(value: int) -> bytes:
    """A number as MLIR writes it."""
    for extra in range(8):
        if value < 1 << 7 * (extra + 1):
            return ((value << 1 | 1) << extra).to_bytes(extra + 1, "little")
    return b"\0" + value.to_bytes(8, "little")


def section(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + number(len(content)) + content


def strings(*texts: bytes) -> bytes:
    sizes = b"".join(number(len(text) + 1) for text in reversed(texts))
    return number(len(texts)) + sizes + b"".join(text + b"\0" for text in texts)


def make_file(attributes: list[bytes], types: list[bytes], operations: bytes) -> bytes:
    """A file of the builtin dialect with one kind of operation, ``builtin.x``."""
    sizes = number(len(attributes)) + number(len(types))
    for entries in (attributes, types):
        if entries:
            sizes += number(0) + number(len(entries))
            sizes += b"".join(number(len(entry) << 1 | 1) for entry in entries)
    dialects = number(1) + number(0) + number(0) + number(1) + number(1)
    return b"".join(
        (
            b"ML\xefR" + number(1) + b"MLIR\0",
            section(0, strings(b"builtin", b"x")),
            section(1, dialects),
            section(2, b"".join(attributes + types)),
            section(3, sizes),
            section(4, operations),
        )
    )


def operation(attributes: int | None = None, results: tuple[int, ...] = ()) -> bytes:
    """An operation without operands; its location is the attribute 0."""
    mask = (attributes is not None) | bool(results) << 1
    written = number(0) + bytes([mask]) + number(0)
    if attributes is not None:
        written += number(attributes)
    if results:
        written += number(len(results)) + b"".join(map(number, results))
    return written


def parse(data: bytes) -> Module:
    return parse_bytecode(data).module


UNKNOWN_LOCATION = number(15)
ONE_OPERATION = number(1 << 1)


@pytest.mark.parametrize("value", [0, 1, 127, 128, 16383, 16384, 2**49 - 1, 2**56, 2**64 - 1])
def test_numbers_of_every_length_are_read(value: int) -> None:
    written = number(value)
    cursor = Cursor(written, 0, len(written))
    assert cursor.number() == value
    assert cursor.at_end
    for cut in range(len(written)):
        with pytest.raises(UnreadableModel):
            Cursor(written[:cut], 0, cut).number()


@pytest.mark.parametrize("value", [0, -1, 1, -64, 64, 2**62, -(2**63)])
def test_signs_stand_in_the_lowest_bit(value: int) -> None:
    written = number(value << 1 if value >= 0 else ~(value << 1))
    assert Cursor(written, 0, len(written)).signed() == value


@pytest.mark.parametrize(
    ("raw", "shape", "values"),
    [
        (b"\xff", (8, 8), (True,)),
        (b"\x0d", (4,), (True, False, True, True)),
        (b"\x01\x02", (10,), (True, *[False] * 8, True)),
        (b"\x01", (), (True,)),
    ],
)
def test_truth_values_are_packed(
    raw: bytes, shape: tuple[int, ...], values: tuple[bool, ...]
) -> None:
    assert make_constant(TensorType("i1", shape), raw, 0, len(raw)).values == values


def test_the_smallest_file_is_read() -> None:
    module = parse(make_file([UNKNOWN_LOCATION], [], ONE_OPERATION + operation()))
    assert [each.name for each in module.operations] == ["builtin.x"]


def test_an_attribute_that_holds_itself_is_refused() -> None:
    dictionary = number(1) + number(1) + number(2) + number(1)
    data = make_file(
        [UNKNOWN_LOCATION, dictionary, number(2) + number(1)], [], ONE_OPERATION + operation(1)
    )
    with pytest.raises(UnreadableModel, match="nested more than 64 deep"):
        parse(data)


def test_lists_of_lists_cost_what_the_file_holds() -> None:
    """Sixty lists, each of the one before twice: 2**60 parts, were they written out."""
    lists = [number(0) + number(0)]
    lists += [number(0) + number(2) + number(place + 3) * 2 for place in range(60)]
    name, dictionary = number(2) + number(1), number(1) + number(1) + number(2) + number(63)
    data = make_file([UNKNOWN_LOCATION, dictionary, name, *lists], [], ONE_OPERATION + operation(1))
    (found,) = parse(data).operations
    assert list(found.attributes) == ["x"]


def test_a_type_of_too_many_elements_is_refused() -> None:
    sizes = b"".join(number(2**31 << 1) for _ in range(3))
    tensor = number(13) + number(3) + sizes + number(0)
    data = make_file(
        [UNKNOWN_LOCATION], [number(5), tensor], ONE_OPERATION + operation(results=(1,))
    )
    with pytest.raises(UnreadableModel, match=r"2\*\*63 elements or more at byte"):
        parse(data)


@pytest.mark.parametrize("count", [2**20, 2**40, 2**64 - 1])
def test_counts_are_held_against_what_is_there(count: int) -> None:
    for operations in (
        number(count << 1) if count < 2**62 else number(2**63),
        ONE_OPERATION + number(0) + b"\x02" + number(0) + number(count),
        ONE_OPERATION + number(0) + b"\x04" + number(0) + number(count),
        ONE_OPERATION + number(0) + b"\x10" + number(0) + number(min(count, 2**60) << 1),
    ):
        data = make_file([UNKNOWN_LOCATION], [], operations)
        with pytest.raises(UnreadableModel):
            ends_within(1000, lambda: parse(data))  # noqa: B023 - called here


def test_regions_within_regions_are_refused_at_a_depth() -> None:
    opened = number(0) + b"\x10" + number(0) + number(1 << 1) + number(1) + number(0)
    data = make_file([UNKNOWN_LOCATION], [], (ONE_OPERATION + opened) * 70 + ONE_OPERATION)
    with pytest.raises(UnreadableModel, match="regions are nested more than 64 deep"):
        parse(data)


def test_a_dictionary_that_many_operations_share_is_read_once() -> None:
    many = 20_000
    entries = b"".join(number(2) + number(2) for _ in range(2000))
    dictionary = number(1) + number(2000) + entries
    operations = number(many << 1) + operation(1) * many
    data = make_file([UNKNOWN_LOCATION, dictionary, number(2) + number(1)], [], operations)
    module = ends_within(1_000_000, lambda: parse(data))
    assert len(module.operations) == many
