"""Sorted tables, as LevelDB and TensorFlow write them."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.sstable import is_table, list_entries
from tests.readers.formats.protobuf import varint
from tests.readers.samples import DATA

MAGIC = bytes.fromhex("57fb808b247547db")
REAL = DATA / "graphdef" / "folders" / "dense" / "variables" / "variables.index"


def block(*entries: tuple[int, bytes, bytes], kind: int = 0) -> bytes:
    """A block: each entry shares so many bytes of its key with the one before."""
    content = b"".join(
        varint(shared) + varint(len(rest)) + varint(len(value)) + rest + value
        for shared, rest, value in entries
    )
    return content + bytes(4) + b"\1\0\0\0" + bytes([kind]) + bytes(4)


def table(*blocks: bytes, sizes: int = 0) -> bytes:
    """Blocks, with an index and a footer behind them."""
    content, handles = b"", []
    for each in blocks:
        handles.append(varint(len(content)) + varint(len(each) - 5 + sizes))
        content += each
    index = block(*((0, b"k", handle) for handle in handles))
    footer = varint(0) + varint(0) + varint(len(content)) + varint(len(index) - 5)
    return content + index + footer.ljust(40, b"\0") + MAGIC


def test_keys_share_their_beginnings() -> None:
    first = block((0, b"", b"head"), (0, b"layer/a", b"1"), (6, b"b", b"2"))
    found = list(list_entries(table(first, block((0, b"z", b"3")))))
    assert found == [(b"", b"head"), (b"layer/a", b"1"), (b"layer/b", b"2"), (b"z", b"3")]


def test_an_index_that_tensorflow_wrote_is_read() -> None:
    content = REAL.read_bytes()
    assert is_table(content)
    keys = [key for key, _ in list_entries(content)]
    assert keys[0] == b""
    assert b"_CHECKPOINTABLE_OBJECT_GRAPH" in keys
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "magic number"),
        (bytes(40) + MAGIC, "not in it"),
        (table(block((0, b"a", b"1"), kind=1)), "compressed"),
        (table(block((3, b"a", b"1"))), "ends behind its block"),
        (table(block((0, b"a", b"1")), sizes=1000), "not in it|overlap"),
        (b"\xff" * 40 + MAGIC, "without an end"),
    ],
    ids=range(6),
)
def test_a_table_that_is_broken_is_refused(content: bytes, cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        list(list_entries(content))


def test_blocks_that_stand_for_one_another_are_refused() -> None:
    inner = block(*((0, b"key", b"v" * 100) for _ in range(50)))
    content = bytearray(table(*(inner for _ in range(3))))
    handle = varint(0) + varint(len(inner) - 5)
    index = block(*((0, b"k", handle) for _ in range(2000)))
    footer = varint(0) + varint(0) + varint(len(inner)) + varint(len(index) - 5)
    content = bytearray(inner + index + footer.ljust(40, b"\0") + MAGIC)
    with pytest.raises(UnreadableModel, match="overlap"):
        list(list_entries(bytes(content)))


def test_changed_bytes_are_read_or_refused() -> None:
    chosen, content = random.Random("table"), REAL.read_bytes()
    for _ in range(3000):
        changed = bytearray(content)
        for _ in range(chosen.choice((1, 3))):
            changed[chosen.randrange(len(changed))] = chosen.randrange(256)
        with suppress(UnreadableModel):
            list(list_entries(bytes(changed)))
