"""What a file that no reader takes looks like, so that its owner learns what to do instead.

Only the first bytes are looked at, of an archive the last ones too. Magic numbers are those of the
formats' own documents: ZIP (APPNOTE 4.3.7), pickle (PEP 307, 3154), what GGUF replaced
(ggml/docs/gguf.md, historical formats), HDF5 (format specification II.A), OPAE .gbs, xclbin
(xclbin.h), ELF, PNG, gzip.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import HEAD_BYTES, Source

EXPORT = "export the model as ONNX or StableHLO"
_PICKLE_NOTE = f"it may run code when loaded and states no graph; {EXPORT}"
_OLD_GGML_NOTE = "convert the model anew with a current llama.cpp"

_KERAS_NOTE = "save a Keras model by model.export, which makes a SavedModel, and give its folder"

_DCP_NOTE = "join it by torch.distributed.checkpoint.format_utils.dcp_to_torch_save"

_CAFFE = re.compile(rb"(?m)^\s*layers?\s*\{")
_NNVM = re.compile(rb'"(?:nodes|arg_nodes|heads)"\s*:\s*\[')
_OTHER_MLIR = re.compile(rb"\b(?:func\.func|linalg\.|tosa\.|torch\.aten|tt\.func|builtin\.module)")

_MLIR_BYTECODE = b"ML\xefR"
_DIALECT = re.compile(
    rb"\0(tosa|torch|tf|tfl|linalg|tensor|onnx|tt|ttir|ttg|gpu|llvm|iree|hal|util|flow|memref|scf"
    rb"|arith|cf|affine|vector|spirv|mpmd|func)(?=\0)"
)
"""Names of dialects among the strings of MLIR bytecode, which end in a zero each."""

_ZIP = b"PK\x03\x04"

Test = Callable[[bytes], bool]


def _starts(*magic: bytes) -> Test:
    return lambda head: head.startswith(magic)


def _zip_with(*names: bytes) -> Test:
    return lambda head: head.startswith(_ZIP) and any(name in head for name in names)


_FORMATS: tuple[tuple[Test, str, str], ...] = (
    (_zip_with(b"model.weights.h5"), "a Keras archive", _KERAS_NOTE),
    (_starts(_ZIP), "a ZIP archive", "give the model file in it"),
    (_starts(b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), "a Python pickle", _PICKLE_NOTE),
    (_starts(b"lmgg", b"fmgg", b"tjgg", b"algg"), "a GGML file older than GGUF", _OLD_GGML_NOTE),
    (_starts(b"\x89HDF\r\n\x1a\n"), "an HDF5 file", _KERAS_NOTE),
    (lambda head: b'"opsetImport"' in head, "an ONNX model in JSON", "save it as .onnx"),
    (_starts(b"xclbin2\0", b"XeonFPGA"), "an FPGA bitstream", "give the model, not its result"),
    (_starts(b"\x7fELF"), "a compiled program", "give the model, not its result"),
    (_starts(b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"), "compressed", "unpack it"),
    (_starts(b"\x89PNG", b"\xff\xd8\xff"), "a picture", "give a model file"),
    (lambda head: _CAFFE.search(head) is not None, "a Caffe network", "convert it to ONNX"),
    (lambda head: b"<net " in head[:2048], "an OpenVINO IR", EXPORT),
    (lambda head: len(_NNVM.findall(head)) >= 2, "an NNVM or MXNet graph", EXPORT),
    (lambda head: _OTHER_MLIR.search(head) is not None, "MLIR of other dialects", EXPORT),
)


_SHOWN_FILES = 5


def explain_foreign(source: Source) -> str | None:
    """What the source seems to be and what to do instead; None when it looks like nothing known."""
    if source.is_folder:
        return _explain_folder(tuple(source.files))
    head = source.head
    if head.startswith(_ZIP):  # the names of all members stand at the end, behind the weights
        head += bytes(source.data[-HEAD_BYTES:])
    if head.startswith(_MLIR_BYTECODE):
        return _explain_bytecode(head + bytes(source.data[-HEAD_BYTES:]))
    for test, name, advice in _FORMATS:
        if test(head):
            return f"it looks like {name}, which is not read: {advice}"
    return None


def _explain_bytecode(content: bytes) -> str:
    """The first dialect is named that says more than the plain ones do."""
    found = [match[1].decode() for match in _DIALECT.finditer(content)]
    telling = [name for name in found if name != "func"]
    named = f"the dialect {telling[0]}" if telling else "dialects other than StableHLO"
    return f"it looks like MLIR bytecode of {named}, which is not read: {EXPORT}"


def explain_empty_folder(source: Source) -> str:
    """What to give instead of a folder without files: one of those in it."""
    folders = source.folder.folders if source.folder is not None else ()
    if not folders:
        return "the folder holds no files"
    if "snapshots" in folders:  # layout of huggingface_hub's cache: blobs, refs, snapshots
        return "the folder is of a hub's cache: give the folder in its folder snapshots"
    return f"the folder holds no files, but the folders {_list(folders)}: give one that is a model"


def _explain_folder(names: tuple[str, ...]) -> str:
    if any(name.endswith(".distcp") for name in names):
        return f"it looks like a distributed checkpoint of PyTorch, which is not read: {_DCP_NOTE}"
    return f"it holds {_list(names)}: give the model file in it"


def _list(names: tuple[str, ...]) -> str:
    shown = ", ".join(printable(name.encode(errors="replace")) for name in names[:_SHOWN_FILES])
    return shown + (f" and {len(names) - _SHOWN_FILES} more" if len(names) > _SHOWN_FILES else "")
