"""A file of another format is refused by its name, with what to do instead."""

from __future__ import annotations

import gzip
import io
import pickle
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.detection import find_reader
from cyborg_rr.readers.reading.foreign import explain_foreign
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder


def make_zip(*names: str) -> bytes:
    """An archive with empty members of these names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (make_zip("config.json", "model.weights.h5"), "Keras"),
        (b"\x89HDF\r\n\x1a\n" + bytes(40), "model.export"),
        (b'name: "LeNet"\nlayer { name: "data" type: "Input" }\n', "Caffe"),
        (make_zip("readme.txt"), "ZIP archive"),
        (pickle.dumps({"a": 1}), "Python pickle"),
        (b"tjgg\x03\0\0\0" + bytes(40), "GGML file older than GGUF"),
        (b'{"irVersion": "8", "opsetImport": [], "graph": {}}', "ONNX model in JSON"),
        (gzip.compress(b"x", mtime=0), "compressed"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "picture"),
        (b'<?xml version="1.0"?>\n<net name="m" version="11">', "OpenVINO"),
        (b'{"nodes": [], "arg_nodes": [], "heads": []}', "NNVM"),
        (b"module { func.func @f() { %0 = linalg.fill ins(%c) } }", "MLIR of other dialects"),
    ],
)
def test_a_foreign_file_is_named_with_advice(data: bytes, name: str) -> None:
    with pytest.raises(UnreadableModel, match="known IR") as refusal:
        find_reader(Source("model", data))
    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_looks_like_nothing_is_just_unknown() -> None:
    with pytest.raises(UnreadableModel, match=r"known are: [a-z0-9, ]+\)$"):
        find_reader(Source("model", b"root:x:0:0:root:/root:/bin/bash\n"))


def test_an_archive_is_told_by_the_names_at_its_end() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("m/data/0", bytes(100_000))
        archive.writestr("model.weights.h5", b"")
        archive.writestr("m/data/1", bytes(100_000))
    with pytest.raises(UnreadableModel, match="a Keras archive, which is not read"):
        find_reader(Source("model", buffer.getvalue()))


@given(st.binary(max_size=300))
def test_any_bytes_can_be_explained(data: bytes) -> None:
    explained = explain_foreign(Source("model", data))
    assert explained is None or explained.startswith("it looks like")


def explain(folder: MemoryFolder) -> str:
    """The refusal of a folder."""
    with pytest.raises(UnreadableModel) as refusal:
        find_reader(Source("folder", b"", folder, is_folder=True))
    return str(refusal.value)


def test_a_folder_of_folders_names_them() -> None:
    inner = MemoryFolder({"config.json": b"{}"})
    assert explain(MemoryFolder({}, {"a": inner, "b\n": inner})) == (
        "the folder holds no files, but the folders a, b\\n: give one that is a model"
    )
    assert explain(MemoryFolder({})) == "the folder holds no files"


def test_the_folder_of_a_hubs_cache_says_where_its_models_lie() -> None:
    inner = MemoryFolder({"config.json": b"{}"})
    assert explain(MemoryFolder({}, {"blobs": inner, "snapshots": inner})) == (
        "the folder is of a hub's cache: give the folder in its folder snapshots"
    )


def test_a_distributed_checkpoint_is_refused_by_its_name() -> None:
    refusal = explain(MemoryFolder({".metadata": b"x", "__0_0.distcp": b"x"}))
    assert "a distributed checkpoint of PyTorch, which is not read: join it by" in refusal
