"""A folder gives the files in it, and nothing that a link or a name leads to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.directory import MAX_DEPTH, Directory
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.sandbox import analyse_file
from tests.readers.tvm.files import relax

BLOB = "0123456789abcdef" * 4


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Directory]:
    """A snapshot as the Hugging Face cache keeps it, with links that lead elsewhere."""
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / BLOB).write_bytes(b"weights")
    (tmp_path / "secret").write_bytes(b"secret")
    snapshot = tmp_path / "snapshots" / "main"
    (snapshot / "inner").mkdir(parents=True)
    (snapshot / "config.json").write_bytes(b"{}")
    (snapshot / "empty").touch()
    links = {
        "model.safetensors": f"../../blobs/{BLOB}",
        "out": "../../secret",
        "absolute": str(tmp_path / "secret"),
        "through": f"../../blobs/../blobs/{BLOB}",
        "short": "../../blobs/abc",
        "twice": "model.safetensors",
        "linked": "inner",
    }
    for name, target in links.items():
        (snapshot / name).symlink_to(target)
    os.mkfifo(snapshot / "pipe")
    descriptor = os.open(snapshot, os.O_RDONLY)
    yield Directory(descriptor)
    os.close(descriptor)


def test_files_are_listed_with_their_sizes(folder: Directory) -> None:
    assert folder.files == {"config.json": 2, "empty": 0, "model.safetensors": 7}
    assert folder.folders == ("inner",)


def test_a_file_is_opened_by_its_name(folder: Directory) -> None:
    assert bytes(folder.open("config.json")[:]) == b"{}"
    assert folder.open("empty") == b""
    assert folder.open("model.safetensors")[:] == b"weights"
    assert folder.open("config.json") is folder.open("config.json")


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../main/config.json", "./config.json", "inner", "out", "absolute", "through",
     "short", "twice", "pipe", "a\0b", "/etc/passwd", "nothing\n"],
)  # fmt: skip
def test_nothing_else_is_opened(folder: Directory, name: str) -> None:
    with pytest.raises(UnreadableModel, match="no file") as refusal:
        folder.open(name)
    assert str(refusal.value).isprintable()


def test_what_became_a_link_after_the_look_is_not_followed(
    folder: Directory, tmp_path: Path
) -> None:
    assert "config.json" in folder.files
    config = tmp_path / "snapshots" / "main" / "config.json"
    config.unlink()
    config.symlink_to("../../secret")
    with pytest.raises(UnreadableModel, match="config"):
        folder.open("config.json")


def test_folders_are_entered_to_a_depth(folder: Directory, tmp_path: Path) -> None:
    deep = tmp_path / "snapshots" / "main" / "inner"
    for _ in range(MAX_DEPTH):
        deep = deep / "inner"
        deep.mkdir()
    inner = folder
    for _ in range(MAX_DEPTH):
        inner = inner.enter("inner")
    with pytest.raises(UnreadableModel, match="no folder"):
        inner.enter("inner")
    for name in ("linked", "..", ".", "config.json", "/"):
        with pytest.raises(UnreadableModel, match="no folder"):
            folder.enter(name)


def test_a_folder_of_other_files_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(UnreadableModel, match="holds no files"):
        analyse_file(tmp_path, AnalysisOptions())
    for name in ("notes.txt", "model.h"):
        (tmp_path / name).write_bytes(b"text")
    with pytest.raises(UnreadableModel, match=r"model\.h, notes\.txt, and no model file"):
        analyse_file(tmp_path, AnalysisOptions())
    (tmp_path / "setup.py").write_bytes(b"print()")
    (tmp_path / "graph.py").write_bytes(relax("return x"))
    with pytest.raises(UnreadableModel, match=r"it holds graph\.py: give that by itself"):
        analyse_file(tmp_path, AnalysisOptions())
