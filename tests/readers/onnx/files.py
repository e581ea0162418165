"""Where the ONNX files of the tests are, and reading one with the reader and with ``onnx``."""

from __future__ import annotations

import mmap
from pathlib import Path

import onnx

import cyborg_rr.catalogue
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.source import Source

DATA = Path(__file__).resolve().parents[2] / "data" / "onnx"
PRODUCT_MODEL = Path(cyborg_rr.catalogue.__file__).parent / "models" / "resnet50.onnx"
FILES = {path.stem: path for path in (*sorted(DATA.glob("*.onnx")), PRODUCT_MODEL)}


def read(path: Path) -> Graph:
    """The graph of a file, read as the command line reads it: mapped."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return OnnxReader().read(Source(path.stem, data))


def load(path: Path) -> onnx.ModelProto:
    """The same file as the reference package sees it, without the weights that lie outside."""
    return onnx.load(path, load_external_data=False)


def stored_bytes(graph: Graph, kind: str) -> int:
    """Bytes of the stored tensors of one kind in the outermost block."""
    return sum(
        tensor.type.byte_size or 0 for tensor in graph.body.stored.values() if tensor.kind == kind
    )
