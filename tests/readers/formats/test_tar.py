"""TAR archives are listed, and what gzip packed is unpacked, within bounds."""

from __future__ import annotations

import gzip
import io
import tarfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.tar import MAX_RATIO, inflate, is_tar, list_members

FORMS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def pack(*members: tuple[str, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    """An archive with those files and a folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_files_are_listed_with_their_places(form: str) -> None:
    data = (
        pack(("a.json", b"{}"), ("b", b"x" * 600), ("c" * 150, b""), form=FORMS[form])
        if form != "ustar"
        else pack(("a.json", b"{}"), ("b", b"x" * 600), form=FORMS[form])
    )
    assert is_tar(data)
    first, second, *_ = list_members(data)
    assert (first.name, data[first.start : first.start + first.size]) == ("a.json", b"{}")
    assert (second.name, data[second.start : second.start + second.size]) == ("b", b"x" * 600)


def test_an_archive_that_is_cut_off_ends_the_list() -> None:
    data = pack(("a", b"x" * 600), ("b", b"y" * 600))
    assert [member.name for member in list_members(data[:3000])] == ["a"]


def test_a_header_that_was_changed_is_refused() -> None:
    data = bytearray(pack(("a", b"x")))
    data[512 + 3] ^= 1
    with pytest.raises(UnreadableModel, match="no header of a TAR archive"):
        list(list_members(data))


def test_a_size_of_base_256_is_read() -> None:
    data = bytearray(pack(("a", b"x" * 600)))
    head = data[512:1024]
    head[124:136] = b"\x80" + (600).to_bytes(11, "big")
    head[148:156] = b" " * 8
    head[148:156] = f"{sum(head):06o}\0 ".encode()
    data[512:1024] = head
    assert [member.size for member in list_members(data)] == [600]


def test_a_bomb_is_cut_at_a_multiple_of_its_size() -> None:
    bomb = gzip.compress(bytes(1 << 20))
    assert len(inflate(bomb, 0, len(bomb), 1 << 30)) == MAX_RATIO * len(bomb)
    assert len(inflate(bomb, 0, len(bomb), 100)) == 100


@given(st.binary(max_size=600))
def test_noise_is_listed_or_refused(noise: bytes) -> None:
    with suppress(UnreadableModel):
        list(list_members(noise))
    with suppress(UnreadableModel):
        inflate(b"\x1f\x8b" + noise, 0, len(noise) + 2, 1000)
