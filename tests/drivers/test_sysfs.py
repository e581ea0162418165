"""Reading below a sysfs root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cyborg_rr.drivers.driver import SkipLog
from cyborg_rr.drivers.pci.reading.bus import PciBus
from cyborg_rr.drivers.sysfs import MAX_FILE_BYTES, Directory, Sysfs, Unreadable, render_safe


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "sys"
    (root / "bus/pci/devices").mkdir(parents=True)
    (root / "device").mkdir()
    return root


def read(root: Path, name: str) -> bytes | None:
    with Sysfs(root).open("device") as directory:
        assert isinstance(directory, Directory)
        return directory.find_bytes(name)


def test_a_file_is_read_and_an_absent_one_is_none(root: Path) -> None:
    (root / "device/vendor").write_text("0x10de\n")
    assert read(root, "vendor") == b"0x10de\n"
    assert read(root, "device") is None


def test_a_link_is_not_followed_even_to_good_content(root: Path) -> None:
    (root / "device/real").write_text("0x10de\n")
    (root / "device/vendor").symlink_to("real")
    with pytest.raises(Unreadable, match="vendor: Too many levels of symbolic links"):
        read(root, "vendor")


def test_a_fifo_neither_blocks_nor_counts_as_empty(root: Path) -> None:
    os.mkfifo(root / "device/vendor")
    with pytest.raises(Unreadable, match="vendor: not a regular file"):
        read(root, "vendor")


def test_a_file_is_read_up_to_the_limit_and_no_further(root: Path) -> None:
    (root / "device/vendor").write_bytes(b"x" * MAX_FILE_BYTES)
    assert len(read(root, "vendor") or b"") == MAX_FILE_BYTES
    (root / "device/vendor").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    with pytest.raises(Unreadable, match="vendor: larger than 65536 bytes"):
        read(root, "vendor")


@pytest.mark.parametrize("name", ["", ".", "..", "../device/vendor", "/etc/passwd", "a/b", "a\0b"])
def test_only_plain_names_are_opened(root: Path, name: str) -> None:
    with pytest.raises(Unreadable, match="is not a file name"):
        read(root, name)


@pytest.mark.parametrize("path", ["..", "../outside", "device/../../outside", "link", "/etc"])
def test_a_path_that_leads_out_of_the_root_is_refused(root: Path, path: str) -> None:
    (root.parent / "outside").mkdir()
    (root / "link").symlink_to("../outside")
    with pytest.raises(Unreadable, match="leads out of"):
        Sysfs(root).names(path)


def test_a_root_whose_name_begins_like_the_sysfs_root_is_outside_too(root: Path) -> None:
    (root.parent / "sys-other").mkdir()
    with pytest.raises(Unreadable, match="leads out of"):
        Sysfs(root).names("../sys-other")


def test_the_root_itself_may_be_a_link(root: Path) -> None:
    (root.parent / "alias").symlink_to("sys")
    assert Sysfs(root.parent / "alias").names("") == ("bus", "device")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("NVIDIA\x00 A100\n", "NVIDIA A100"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("a\u202eb\u200bc", "abc"),
        ("two\nlines\tof  text", "two lines of text"),
        ("x" * 300, "x" * 255),
    ],
)
def test_text_of_a_device_is_made_safe_to_print(text: str, safe: str) -> None:
    assert render_safe(text) == safe


def test_an_address_that_the_kernel_would_not_write_so_is_named(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (root / "bus/pci/devices/0000:0B:00.0").symlink_to("../../../device")
    assert list(PciBus(Sysfs(root)).list_functions(lambda _: True, SkipLog("test"))) == []
    assert "0000:0B:00.0 is left out: the kernel would call it 0000:0b:00.0" in caplog.text


def test_a_trouble_is_told_once_and_another_one_again(caplog: pytest.LogCaptureFixture) -> None:
    skips = SkipLog("test")
    for cause in ("lost", "lost", "garbled", "garbled", "lost"):
        skips.skip("0000:3b:00.0", cause)
    assert [record.getMessage() for record in caplog.records] == [
        "0000:3b:00.0 is left out: lost",
        "0000:3b:00.0 is left out: garbled",
        "0000:3b:00.0 is left out: lost",
    ]
