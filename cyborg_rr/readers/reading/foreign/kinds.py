"""The kinds of files that no reader takes: how each is told, its name, and what to do instead.

Magic numbers are those of the formats' own documents: ZIP (APPNOTE 4.3.7), pickle (PEP 307, 3154),
what GGUF replaced (ggml/docs/gguf.md, historical formats), HDF5 (format specification II.A),
ELF, PNG, gzip, tar (POSIX ustar), and else of the line where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cyborg_rr.readers.reading.foreign import protobufs
from cyborg_rr.readers.reading.foreign.fields import Field
from cyborg_rr.readers.reading.source import Buffer

EXPORT: Final = "export the model as ONNX or StableHLO"
_CONVERT = "convert it to ONNX"
_BUILT = "it is built for one kind of device: give the model that it was made from"
_RESULT = "give the model, not its result"
_UNPACK = "unpack it and give the model file"
_MEMBER = "give the model file in it"
_PICKLE_NOTE = f"it may run code when loaded and states no graph; {EXPORT}"
_OLD_GGML = "convert the model anew with a current llama.cpp"
_TREES = "it holds decision trees and no graph; export it as ONNX, where that is possible"
_KERAS_NOTE = "save a Keras model by model.export, which makes a SavedModel, and give its folder"
_BESIDE = "it holds weights alone: give the graph's JSON, with this file beside it"

ZIP: Final = b"PK\x03\x04"

_CAFFE = re.compile(rb"(?m)^\s*layers?\s*\{")
_OTHER_MLIR = re.compile(rb"\b(?:func\.func|linalg\.|tosa\.|torch\.aten|tt\.func|builtin\.module)")
_PADDLE = re.compile(rb'\A\s*\{\s*"base_code"\s*:\s*\{[^{}]*"magic"\s*:\s*"pir"')
_NCNN = re.compile(rb"\A7767517\s+[0-9]+\s+[0-9]+\s")
_LIGHTGBM = re.compile(rb"\Atree\r?\nversion=v[0-9]")

Test = Callable[[bytes], bool]
MessageTest = Callable[[Buffer, Sequence[Field]], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """Its name with an article, and what to do instead."""

    name: str
    advice: str


def _starts(*magic: bytes) -> Test:
    return lambda head: head.startswith(magic)


def _has(pattern: re.Pattern[bytes]) -> Test:
    return lambda head: pattern.search(head) is not None


def _identified(*identifiers: bytes) -> Test:
    """By the identifier of a FlatBuffer, which stands behind the root's offset."""
    return lambda head: head[4:8] in identifiers


def _zip_with(*names: bytes) -> Test:
    return lambda head: head.startswith(ZIP) and any(name in head for name in names)


def _tar_with(name: bytes) -> Test:
    return lambda head: head[257:262] == b"ustar" and name in head


def _is_xgboost(head: bytes) -> bool:
    """JSON and UBJSON begin alike, and their keys are in order: xgboost, doc/model.schema."""
    return (
        head.startswith(b"{")
        and b"learner" in head[:32]
        and (b"gradient_booster" in head or b"learner_model_param" in head)
    )


Row = tuple[Test, Kind]

MAGICS: Final[tuple[Row, ...]] = (
    (_zip_with(b"model.weights.h5"), Kind("a Keras archive", _KERAS_NOTE)),
    (_zip_with(b"MAR-INF/MANIFEST.json"), Kind("a TorchServe archive", _MEMBER)),
    # ExecuTorch: schema/program.fbs
    (_identified(b"ET12"), Kind("an ExecuTorch program", "give what torch.export saved, a .pt2")),
    # RKNN: containers as source/rknn.js of lutzroeder/netron knows them
    (_starts(b"RKNN\0\0\0\0", b"CYPTRKNN"), Kind("an RKNN model", _BUILT)),
    (_identified(b"RKNN"), Kind("an RKNN model", _BUILT)),
    # HIP: CompressedOffloadBundle of clang
    (
        _starts(b"CCOB"),
        Kind("a packed bundle of code objects", "unpack it by clang-offload-bundler"),
    ),
    # llamafile: a program (ape/specification.md) that is also an archive with a GGUF file
    (
        lambda head: head.startswith(b"MZqFpD='") and b".gguf" in head,
        Kind("a llamafile", "unzip it and give the .gguf file in it"),
    ),
    # ncnn: binary param files begin with the number that text ones have in their first line
    (_starts(b"\x1d\x85\x76\0"), Kind("a binary ncnn network", EXPORT)),
    # TVM: kTVMNDArrayListMagic; MXNet: kMXAPINDArrayListMagic and a reserved number
    (_starts(b"\xb7\x9c\x04\x05\x4f\x8d\xe5\xf7"), Kind("parameters of TVM", _BESIDE)),
    (_starts(b"\x12\x01" + bytes(14)), Kind("parameters of MXNet", _BESIDE)),
    (_is_xgboost, Kind("an XGBoost model", _TREES)),
    # NeMo: docs.nvidia.com, checkpoints
    (
        _tar_with(b"model_weights.ckpt"),
        Kind("a NeMo archive", _UNPACK),
    ),
    (_starts(b"lmgg", b"fmgg", b"tjgg", b"algg"), Kind("a GGML file older than GGUF", _OLD_GGML)),
)
"""Models by the marks of binary files; the first that fits."""

PACKED: Final[tuple[Row, ...]] = (
    (_starts(ZIP), Kind("a ZIP archive", _MEMBER)),
    (_tar_with(b""), Kind("a TAR archive", _MEMBER)),
    (
        _starts(b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
        Kind("a Python pickle", _PICKLE_NOTE),
    ),
    (_starts(b"\x89HDF\r\n\x1a\n"), Kind("an HDF5 file", _KERAS_NOTE)),
    (_starts(b"\x7fELF"), Kind("a compiled program", _RESULT)),
    (
        _starts(b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"),
        Kind("compressed", _UNPACK),
    ),
    (_starts(b"\x89PNG", b"\xff\xd8\xff"), Kind("a picture", "give a model file")),
)
"""What may hold a model, or anything else."""

TEXTS: Final[tuple[Row, ...]] = (
    (lambda head: b'"opsetImport"' in head, Kind("an ONNX model in JSON", "save it as .onnx")),
    (_has(_NCNN), Kind("an ncnn or PNNX network", EXPORT)),
    (_has(_CAFFE), Kind("a Caffe network", _CONVERT)),
    (lambda head: b"<PMML " in head[:2048], Kind("a PMML document", EXPORT)),
    (_has(_PADDLE), Kind("a PaddlePaddle program", _CONVERT)),
    (_has(_LIGHTGBM), Kind("a LightGBM model", _TREES)),
    (_has(_OTHER_MLIR), Kind("MLIR of other dialects", EXPORT)),
)
"""Models by what stands in text."""

MESSAGES: Final[tuple[tuple[MessageTest, Kind], ...]] = (
    (protobufs.is_mindir, Kind("a MindSpore model", EXPORT)),
    (protobufs.is_paddle, Kind("a PaddlePaddle program", _CONVERT)),
    (protobufs.is_coreml, Kind("a Core ML model", EXPORT)),
    (protobufs.is_caffe, Kind("a Caffe model", _CONVERT)),
    (protobufs.is_caffe2, Kind("a Caffe2 network", _CONVERT)),
)
"""By fields of protobuf messages."""
