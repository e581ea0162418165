"""Archives are read by their directory, and what they claim is held against what is there."""

from __future__ import annotations

import io
import struct
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats import zip as archives
from cyborg_rr.readers.formats.zip import Archive, find_directory


def pack(
    *members: tuple[str, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b""
) -> bytes:
    """An archive; names may stand twice."""
    buffer = io.BytesIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("warnings.warn", lambda *_, **__: None)
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, content in members:
                archive.writestr(zipfile.ZipInfo(name), content, method)
            archive.comment = comment
    return buffer.getvalue()


TEXT = ("a/text", b"some text " * 20)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read(method: int) -> None:
    archive = Archive(pack(TEXT, ("b", b""), method=method, comment=b"words " * 1000))
    assert archive.read("a/text") == TEXT[1]
    assert archive.read("b") == b""
    assert list(archive.members) == ["a/text", "b"]


def test_an_archive_behind_other_bytes_and_within_another_is_read() -> None:
    inner = pack(TEXT)
    assert Archive(b"#!/bin/sh\n" * 9 + inner).read("a/text") == TEXT[1]
    outer = Archive(pack(("x", bytes(100)), ("inner", inner), ("y", bytes(100))))
    assert outer.open("inner").read("a/text") == TEXT[1]
    with pytest.raises(UnreadableModel, match="not stored in the archive as it is"):
        Archive(pack(("inner", inner), method=zipfile.ZIP_DEFLATED)).open("inner")


@pytest.mark.parametrize("further", [0, 1, 60])
def test_an_archive_within_one_that_is_cut_off_is_not_read_in_its_place(further: int) -> None:
    inner = pack(TEXT)
    outer = pack(("x", bytes(100)), ("inner", inner), ("y", bytes(100)))
    cut = outer[: outer.index(inner) + len(inner) + further]
    assert find_directory(cut) is None
    with pytest.raises(UnreadableModel, match="the file is cut off"):
        Archive(cut)


def test_an_archive_within_one_within_another_is_read_to_its_own_end() -> None:
    middle = pack(("inner", pack(TEXT)), ("z", b""))
    outer = Archive(pack(("x", bytes(100)), ("middle", middle)))
    assert outer.open("middle").open("inner").read("a/text") == TEXT[1]


def test_zip64_is_read() -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w") as archive,
        archive.open(zipfile.ZipInfo("a"), "w", force_zip64=True) as member,
    ):
        member.write(b"wide")
    data = buffer.getvalue()
    end = data.rfind(b"PK\x05\x06")
    count, _, size, start = struct.unpack_from("<2H2L", data, end + 8)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    assert Archive(data[:end] + record + locator + last).read("a") == b"wide"


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "a/../b", "a/./b", "C:x", "a\\b", "a\nb", "n" * 2000]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UnreadableModel, match="member of the name"):
        Archive(pack((name, b"")))


def test_a_name_twice_is_refused() -> None:
    with pytest.raises(UnreadableModel, match="has the member 'a/text' twice"):
        Archive(pack(TEXT, TEXT))


def test_a_missing_member_is_named() -> None:
    with pytest.raises(UnreadableModel, match="lacks its member 'z'"):
        Archive(pack(TEXT)).read("z")


def test_a_bomb_is_not_unpacked() -> None:
    data = pack(("bomb", bytes(10_000_000)), method=zipfile.ZIP_DEFLATED)
    with pytest.raises(UnreadableModel, match="more than 200 times"):
        Archive(data).read("bomb")


def test_a_member_larger_than_it_states_is_not_unpacked() -> None:
    data = bytearray(pack(("bomb", bytes(100_000)), method=zipfile.ZIP_DEFLATED))
    place = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, place + 24, 500)
    with pytest.raises(UnreadableModel, match="does not have the size"):
        Archive(bytes(data)).read("bomb")


def test_a_member_too_large_to_take_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_TEXT_BYTES", 100)
    with pytest.raises(UnreadableModel, match="has 200 bytes: too many"):
        Archive(pack(TEXT)).read("a/text")


@pytest.mark.parametrize(
    ("offset", "form", "value", "cause"),
    [
        (8, "<H", 1, "is encrypted"),
        (10, "<H", 99, "packed by method 99"),
        (20, "<L", 10**9, "lies outside"),
        (20, "<L", 7, "states two sizes"),
        (42, "<L", 3, "does not begin where"),
        (28, "<H", 60_000, "directory is broken"),
    ],
)
def test_an_entry_that_lies_is_refused(offset: int, form: str, value: int, cause: str) -> None:
    data = bytearray(pack(TEXT))
    struct.pack_into(form, data, data.rfind(b"PK\x01\x02") + offset, value)
    with pytest.raises(UnreadableModel, match=cause):
        Archive(bytes(data)).read("a/text")


def test_more_entries_than_there_is_room_for_are_no_directory() -> None:
    data = bytearray(pack(TEXT))
    struct.pack_into("<2H", data, data.rfind(b"PK\x05\x06") + 8, 5000, 5000)
    assert find_directory(bytes(data)) is None


@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes_are_read_or_refused(noise: bytes, place: int) -> None:
    data = bytearray(pack(TEXT, ("b", b"x"), method=zipfile.ZIP_DEFLATED))
    data[place : place + len(noise)] = noise
    with suppress(UnreadableModel):
        archive = Archive(bytes(data))
        for name in archive.members:
            archive.read(name)
