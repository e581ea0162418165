"""From a TFLite flatbuffer to a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dialect, Graph, IRIdentity, Target
from cyborg_rr.domain.graph.naming import list_names, shorten
from cyborg_rr.readers.formats.flatbuffers import FlatFile
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tflite.graph import Translation
from cyborg_rr.readers.tflite.model import TfliteModel, read_model
from cyborg_rr.readers.tflite.schema import IDENTIFIER, VERSION
from cyborg_rr.readers.tflite.tensors import Storage

_COMPILED: Final[Mapping[str, str]] = {"edgetpu-custom-op": "edgetpu", "ethos-u": "ethos-u"}
"""Custom operations that are programs of one accelerator (edgetpu_compiler; Arm's Vela)."""

_TENSORFLOW: Final = "Flex"
"""How names of operations begin that only TensorFlow itself can run (lite/delegates/flex)."""


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    if source.is_folder:
        raise UnreadableModel("a folder is no TFLite model: give the .tflite file")
    if source.data[4:8] != IDENTIFIER:
        raise UnreadableModel("it is no TFLite flatbuffer: bytes 4 to 8 are not TFL3")
    model = read_model(FlatFile(source.data))
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
        ),
    )


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
