"""From a symbol's JSON to a graph, with what a file of parameters beside it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dialect, Graph, IRIdentity, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.nnvm.document import Document, parse_document
from cyborg_rr.readers.mxnet.archives import read_archive
from cyborg_rr.readers.mxnet.beside import find_symbol, is_own, is_parameters, list_parameters
from cyborg_rr.readers.mxnet.graph import Translation
from cyborg_rr.readers.mxnet.parameters import read_parameters
from cyborg_rr.readers.reading.source import Buffer, Folder, Source

NEWEST: Final = 29999
"""Versions are major * 10000 + minor * 100 + patch: include/mxnet/base.h; 2.0 was the last."""

_LEGACY_VERSION: Final = "0.8"


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    name, data = _find_data(source)
    document = parse_document(data)
    if not document.heads:
        raise UnreadableModel("the symbol has no heads, so nothing comes out of it")
    if any(node.operation == "tvm_op" for node in document.nodes):
        raise UnreadableModel("the nodes are compiled functions of TVM and not MXNet's operations")
    version = _read_version(document)
    translation = Translation(_find_parameters(source.folder, name, document))
    body = translation.write_main(document)
    return Graph(
        ir=IRIdentity(
            family=family,
            version=version,
            encoding="json",
            producer="MXNet",
            producer_version=version,
            dialects=(Dialect("mxnet", version),),
        ),
        name=source.name or "model",
        body=body,
        warnings=tuple(translation.warnings()),
    )


def _find_data(source: Source) -> tuple[str, Buffer]:
    """The symbol: the file itself, or the one beside parameters or in a folder."""
    if not source.is_folder and not is_parameters(source.data):
        return source.name, source.data
    name = find_symbol(source)
    if name is None or source.folder is None:
        what = "the folder holds no symbol" if source.is_folder else "it holds weights alone"
        raise UnreadableModel(f"{what}: give the -symbol.json file, or put it beside")
    return name, source.folder.open(name)


def _read_version(document: Document) -> str | None:
    """The version that wrote the file; before 0.9 none was written."""
    stated = document.attributes.get("mxnet_version")
    if stated is None:
        return _LEGACY_VERSION if document.is_legacy else None
    number = stated[1] if isinstance(stated, list) and len(stated) == 2 else None
    if type(number) is not int or number < 0:
        raise UnreadableModel("'mxnet_version' is not a version")
    if number > NEWEST:
        raise UnreadableModel(
            f"mxnet_version {number} is newer than 2.0, the last one: export the model as ONNX"
        )
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def _find_parameters(
    folder: Folder | None, symbol: str, document: Document
) -> Mapping[str, TensorType]:
    """What a file beside the symbol says of its variables; nothing where none names any."""
    if folder is None:
        return {}
    variables = {node.name for node in document.nodes if node.is_variable}
    for name in list_parameters(folder, symbol):
        data = folder.open(name)
        try:
            found = read_parameters(data) if is_parameters(data) else read_archive(data)
        except UnreadableModel as cause:
            raise UnreadableModel(f"{quote(name)} beside the symbol: {cause}") from cause
        if not found and is_own(name, symbol) and not is_parameters(data):
            raise UnreadableModel(
                f"{quote(name)} beside the symbol holds no parameters of MXNet: put the right file "
                "there, or none"
            )
        if variables & found.keys():
            return found
    return {}
