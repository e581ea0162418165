"""From a TFLite flatbuffer to a graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dialect, Graph, IRIdentity, Target
from cyborg_rr.domain.graph.naming import list_names, shorten
from cyborg_rr.readers.formats.flatbuffers import FlatFile
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tflite.compiled import EDGETPU, describe_edgetpu
from cyborg_rr.readers.tflite.graph import Translation
from cyborg_rr.readers.tflite.model import TfliteModel, read_model
from cyborg_rr.readers.tflite.schema import IDENTIFIER, VERSION
from cyborg_rr.readers.tflite.tensors import Storage

_COMPILED: Final[Mapping[str, str]] = {EDGETPU: "edgetpu", "ethos-u": "ethos-u"}
"""Custom operations that are programs of one accelerator (edgetpu_compiler; Arm's Vela)."""

_TENSORFLOW: Final = "Flex"
"""How names of operations begin that only TensorFlow itself can run (lite/delegates/flex)."""


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    if source.is_folder:
        raise UnreadableModel("a folder is no TFLite model: give the .tflite file")
    if source.data[4:8] != IDENTIFIER:
        raise UnreadableModel("it is no TFLite flatbuffer: bytes 4 to 8 are not TFL3")
    file = FlatFile(source.data)
    model = read_model(file)
    if model.version != VERSION:
        raise UnreadableModel(
            f"version {model.version} of the schema is not read, only {VERSION}: "
            "convert the model anew"
        )
    if not model.subgraphs:
        raise UnreadableModel("the file has no subgraph")
    storage = Storage(source.data)
    translation = Translation(model, storage)
    body = translation.write_main()
    custom = [name for domain, name in translation.operations if domain]
    compiled = dict.fromkeys(_COMPILED[name] for name in custom if name in _COMPILED)
    return Graph(
        ir=_identify(family, model),
        name=source.name or "model",
        body=body,
        targets=tuple(Target("backend", name) for name in compiled),
        warnings=(
            *storage.warnings(),
            *_list_flex(custom),
            *_list_unread(model, translation, storage),
            *(_describe_program(file) if EDGETPU in custom else ()),
        ),
    )


def _describe_program(file: FlatFile) -> Iterator[str]:
    """What a program for the Edge TPU in the main subgraph says of itself."""
    root = file.root()
    codes = {place for place, code in enumerate(root.tables(1)) if code.text(1) == EDGETPU}
    subgraph = next(root.tables(2))
    return describe_edgetpu(file, subgraph, codes)


def _identify(family: str, model: TfliteModel) -> IRIdentity:
    version = model.runtime_version
    return IRIdentity(
        family=family,
        version=str(model.version),
        encoding="flatbuffer",
        producer=shorten(model.description) or None,
        dialects=() if version is None else (Dialect("tflite", version),),
    )


def _list_flex(custom: list[str]) -> list[str]:
    flex = sorted(name for name in custom if name.startswith(_TENSORFLOW))
    if not flex:
        return []
    return [f"operations need TensorFlow's delegate (Flex) at run time: {list_names(flex)}"]


def _list_unread(model: TfliteModel, translation: Translation, storage: Storage) -> list[str]:
    """Entry points beside the main one, with the bytes that only they store."""
    names: list[str] = []
    sizes: dict[int, int] = {}
    for index, subgraph in translation.list_unread():
        names.append(model.signatures.get(index) or subgraph.name)
        for tensor in subgraph.tensors:
            if tensor.data is not None and not storage.holds(tensor.buffer):
                sizes[tensor.buffer] = tensor.data.size
    if not names:
        return []
    return [
        f"subgraphs beside the main one were not read: {list_names(names)}; "
        f"{sum(sizes.values())} bytes are stored for them alone"
    ]
