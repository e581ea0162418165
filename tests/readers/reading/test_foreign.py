"""A file of another format is refused by its name, with what to do instead."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.detection import find_reader, list_readers
from cyborg_rr.readers.reading.foreign.explaining import explain_foreign
from cyborg_rr.readers.reading.foreign.kinds import MAGICS, MESSAGES, PACKED, TEXTS
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder
from tests.readers.samples import Sample, list_samples


def make_zip(*names: str) -> bytes:
    """An archive with empty members of these names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return buffer.getvalue()


def field(number: int, content: bytes | int) -> bytes:
    """A field of a protobuf message: a varint, or something with its length before it."""
    if isinstance(content, int):
        return number_bytes(number << 3) + number_bytes(content)
    return number_bytes(number << 3 | 2) + number_bytes(len(content)) + content


def number_bytes(value: int) -> bytes:
    """A varint."""
    value %= 2**64
    groups = []
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes([*groups, value])


def make_tar(*names: str) -> bytes:
    """An archive with empty members of these names."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return buffer.getvalue()


ROOT = b"\x20\0\0\0"
CAFFE_LAYER = field(100, field(1, b"conv1") + field(2, b"Convolution") + field(7, bytes(9)))
OLD_CAFFE_LAYER = field(2, field(2, b"data") + field(4, b"conv1") + field(5, 4))
CAFFE2_NET = field(1, b"net") + field(2, field(1, b"x") + field(2, b"y") + field(4, b"Relu"))
COREML = field(1, 7) + field(2, field(1, field(1, b"image"))) + field(502, bytes(20))
PADDLE = field(1, field(1, 0) + field(2, -1) + field(3, field(1, b"x")) + field(4, b""))
MINDIR = field(1, b"0.1.0") + field(2, b"MindSpore") + field(4, b"1.1.0")
XGBOOST = {"learner": {"attributes": {}, "gradient_booster": {}}}

SPECIMENS = [
    (make_zip("config.json", "model.weights.h5"), "a Keras archive"),
    (make_zip("MAR-INF/MANIFEST.json", "model.bin"), "a TorchServe archive"),
    (ROOT + b"ET12" + bytes(40), "an ExecuTorch program"),
    (ROOT + b"RKNN" + bytes(40), "an RKNN model"),
    (b"RKNN" + bytes(60), "an RKNN model"),
    (b"CYPTRKNN" + bytes(60), "an RKNN model"),
    (b"MZqFpD='\n" + bytes(90) + make_zip("llama.Q4_0.gguf"), "a llamafile"),
    (b"7767517\n2 2\nInput data 0 1 data\n", "an ncnn or PNNX network"),
    (b"\x1d\x85\x76\0" + bytes(40), "a binary ncnn network"),
    (b"\xb7\x9c\x04\x05\x4f\x8d\xe5\xf7" + bytes(40), "parameters of TVM"),
    (b"\x12\x01" + bytes(40), "parameters of MXNet"),
    (json.dumps(XGBOOST).encode(), "an XGBoost model"),
    (
        b"{L" + b"\0" * 7 + b"\7learner{L" + b"\0" * 7 + b"\x10gradient_booster{}}",
        "an XGBoost model",
    ),
    (make_tar("./model_config.yaml", "./model_weights.ckpt"), "a NeMo archive"),
    (make_tar("lib.txt", "devc.o"), "a TAR archive"),
    (b"tjgg\x03\0\0\0" + bytes(40), "a GGML file older than GGUF"),
    (b"CCOB" + bytes(40), "a packed bundle of code objects"),
    (make_zip("readme.txt"), "a ZIP archive"),
    (pickle.dumps({"a": 1}), "a Python pickle"),
    (b"\x89HDF\r\n\x1a\n" + bytes(40), "an HDF5 file"),
    (b"\x7fELF" + bytes(9) + b"linalg. <net ", "a compiled program"),
    (gzip.compress(b"x", mtime=0), "compressed"),
    (b"\x89PNG\r\n\x1a\n" + bytes(40), "a picture"),
    (b'{"irVersion": "8", "opsetImport": [], "graph": {}}', "an ONNX model in JSON"),
    (b'name: "LeNet"\nlayer { name: "data" type: "Input" }\n', "a Caffe network"),
    (b'<?xml version="1.0"?>\n<PMML version="4.4">', "a PMML document"),
    (b'{"base_code":{"magic":"pir","trainable":true,"version":1},', "a PaddlePaddle program"),
    (b"tree\nversion=v4\nnum_class=1\n", "a LightGBM model"),
    (b"module {\n llvm.func @f() {\n  llvm.return\n }\n}", "MLIR that was lowered for one machine"),
    (b'module { func.func @f() {\n %0 = "tfl.add"(%a) } }', "MLIR of other dialects"),
    (b"ML\xefR\6MLIR\0func\0tosa\0", "MLIR bytecode of the dialect tosa"),
    (field(1, b"LeNet") + CAFFE_LAYER, "a Caffe model"),
    (field(1, b"LeNet") + OLD_CAFFE_LAYER, "a Caffe model"),
    (CAFFE2_NET, "a Caffe2 network"),
    (COREML, "a Core ML model"),
    (PADDLE, "a PaddlePaddle program"),
    (MINDIR, "a MindSpore model"),
]
"""One for each kind that is told, and what it is called."""


@pytest.mark.parametrize(("data", "name"), SPECIMENS, ids=[name for _, name in SPECIMENS])
def test_a_foreign_file_is_named_with_advice(data: bytes, name: str) -> None:
    with pytest.raises(UnreadableModel, match="known IR") as refusal:
        find_reader(Source("model", data))
    assert f"it looks like {name}, which is not read: " in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_every_kind_has_a_specimen() -> None:
    kinds = {kind.name for rows in (MAGICS, PACKED, TEXTS, MESSAGES) for _, kind in rows}
    assert kinds <= {name for _, name in SPECIMENS}


def test_an_mnn_model_is_told_by_its_name_too() -> None:
    data = ROOT + bytes(60)
    assert explain_foreign(Source("net", data)) is None
    assert "an MNN model" in str(explain_foreign(Source("net.mnn", data)))


@pytest.mark.parametrize(
    "data",
    [
        field(1, b"LeNet") + CAFFE_LAYER + field(9, b""),
        field(1, b"net") + field(2, field(1, b"x") + field(4, b"not a type")),
        field(1, 7) + field(2, b"pytorch") + field(502, bytes(20)),
        field(1, 700) + field(2, field(1, field(1, b"image"))) + field(502, bytes(20)),
        field(1, field(1, 0) + field(2, 0) + field(3, b"x")),
        field(1, b"0.1.0") + field(2, b"MindSpur"),
        CAFFE2_NET[:-3],
        b"IMODV1.2" + bytes(300),
        b'module "mnist"\n',
        b'{"learner": 1}',
        b"MZqFpD='" + bytes(300),
    ],
)
def test_what_is_like_a_kind_only_in_part_has_no_name(data: bytes) -> None:
    assert explain_foreign(Source("model", data)) is None


SAMPLES = [sample for name, _ in list_readers() for sample in list_samples(name)]


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.path.name for sample in SAMPLES])
def test_no_sample_of_a_reader_is_foreign(sample: Sample) -> None:
    with sample.open() as source:
        assert find_reader(source).family == sample.reader


def explain_folder(contents: Mapping[str, bytes], *inner: str) -> str | None:
    """What a folder with these files and empty folders is called."""
    folders = (
        {"Data": MemoryFolder({}, {name: MemoryFolder({}) for name in inner})} if inner else {}
    )
    return explain_foreign(Source("m", folder=MemoryFolder(contents, folders), is_folder=True))


def test_folders_of_core_ml_are_named() -> None:
    package = explain_folder({"Manifest.json": b"{}"}, "com.apple.CoreML")
    assert package is not None
    assert package.startswith("it looks like a Core ML package, which is not read: ")
    compiled = explain_folder({"coremldata.bin": b"x"})
    assert compiled is not None
    assert compiled.startswith("it looks like a compiled Core ML model, which is not read: ")
    assert explain_folder({"Manifest.json": b"{}"}, "other") == (
        "it holds Manifest.json, and no model file among them that is known here"
    )


def test_a_folder_names_the_first_foreign_model_in_it() -> None:
    explained = explain_folder({"a.png": b"\x89PNG", "predict_net.pb": CAFFE2_NET})
    assert explained == (
        "it holds a.png, predict_net.pb: give the model file in it; predict_net.pb looks like"
        " a Caffe2 network, which is not read: convert it to ONNX"
    )


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
