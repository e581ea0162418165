"""From a file of NNVM to a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph, IRIdentity, TensorType
from cyborg_rr.readers.formats.nnvm.document import Document, parse_document
from cyborg_rr.readers.formats.nnvm.marks import find_writer
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.nnvm.beside import PARAMETERS, find_graph, find_parameters
from cyborg_rr.readers.nnvm.compiled import COMPILED, Compiled
from cyborg_rr.readers.nnvm.symbol import Symbol
from cyborg_rr.readers.reading.source import Buffer, Source

_ALONE: Final = "parameters of TVM hold weights alone: give the graph's JSON that belongs to them"


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file or folder; see ``Reader.read``."""
    document = parse_document(_find_data(source))
    if not document.heads:
        raise UnreadableModel("the graph has no outputs")
    names = frozenset(node.name for node in document.nodes if node.is_variable)
    known = find_parameters(source.folder, names)
    if any(node.operation == COMPILED for node in document.nodes):
        return _read_compiled(document, known, source, family)
    symbol = Symbol(document, known)
    body = symbol.write()
    return Graph(
        ir=IRIdentity(family, None, "json", producer="nnvm"),
        name=source.name or "model",
        body=body,
        warnings=(*_tell_of_guess(symbol.guessed), *explain_unknown(symbol.unknown)),
    )


def _find_data(source: Source) -> Buffer:
    """The graph: the file itself, or the one in the folder."""
    if not source.is_folder and source.data[:8] != PARAMETERS:
        _refuse_mxnet(source.data)
        return source.data
    if source.folder is None:
        raise UnreadableModel(_ALONE)
    name = find_graph(source.folder)
    if name is None:
        raise UnreadableModel("the folder holds no graph of NNVM" if source.is_folder else _ALONE)
    return source.folder.open(name)


def _refuse_mxnet(data: Buffer) -> None:
    if find_writer(data) == "mxnet":
        raise UnreadableModel("the graph has operations of MXNet, not of NNVM")


def _read_compiled(
    document: Document, known: Mapping[str, TensorType], source: Source, family: str
) -> Graph:
    compiled = Compiled(document, known)
    body = compiled.write()
    return Graph(
        ir=IRIdentity(family, None, "json", producer=compiled.producer),
        name=source.name or "model",
        body=body,
        targets=compiled.find_targets(),
        memory_plan=compiled.find_plan(),
        warnings=(
            *compiled.list_warnings(),
            *_tell_of_guess(compiled.guessed),
            *explain_unknown(compiled.unknown),
        ),
    )


def _tell_of_guess(count: int) -> list[str]:
    if not count:
        return []
    return [
        f"{count} variables were taken as weights, by what reads them and what they are called: "
        "no parameters (.params) lie beside the graph"
    ]
