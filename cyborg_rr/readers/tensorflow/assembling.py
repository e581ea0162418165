"""From TensorFlow graphs and SavedModels to a graph."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Dialect, Graph, IRIdentity, TensorType
from cyborg_rr.readers.formats.protobuf_text import encode_text
from cyborg_rr.readers.formats.protobuf_wire import Message
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.reading.source import Buffer, Folder, Source
from cyborg_rr.readers.tensorflow.bundle import check_variables
from cyborg_rr.readers.tensorflow.entry import choose_entry, choose_graph
from cyborg_rr.readers.tensorflow.loops import raise_loops
from cyborg_rr.readers.tensorflow.messages import (
    MetaGraph,
    read_graph,
    read_meta_graph,
    read_saved_model,
)
from cyborg_rr.readers.tensorflow.recognising import (
    SAVED_MODEL,
    Form,
    find_form,
    find_text_form,
)
from cyborg_rr.readers.tensorflow.references import Values
from cyborg_rr.readers.tensorflow.textschema import SCHEMA
from cyborg_rr.readers.tensorflow.writing import BlockWriter

_MESSAGES: Final[dict[Form, str]] = {
    "graph": "Graph", "meta_graph": "MetaGraph", "saved_model": "SavedModel",
}  # fmt: skip

MAX_TEXT_BYTES: Final = 1 << 30
"""Text is read whole, and graphs go no further than protobuf's 2 GiB."""


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file or folder; see ``Reader.read``."""
    data: Buffer = source.data
    if source.is_folder:
        name = next((name for name in SAVED_MODEL if name in source.files), None)
        if name is None or source.folder is None:
            raise UnreadableModel("the folder has no saved_model.pb, so it is no SavedModel")
        data = source.folder.open(name)
    form, is_text = _find_form(replace(source, data=data, is_folder=False))
    graphs = _read(data, form, is_text)
    meta, warnings = choose_graph(graphs)
    if not meta.graph.nodes:
        raise UnreadableModel("the graph has no nodes")
    meta.graph.nodes = raise_loops(meta.graph, meta.graph.nodes)
    keys = Values(meta.graph.nodes)
    entry = choose_entry(meta, keys)
    writer = BlockWriter(meta.graph)
    body = writer.write_main(keys, entry.roots, entry.names)
    folder = source.folder if form == "saved_model" else None
    body, told = _settle_variables(body, folder, form)
    return Graph(
        ir=_identify(family, meta, is_text),
        name=source.name or "model",
        body=body,
        completeness="partial" if writer.has_old_loops else "full",
        warnings=(*warnings, *entry.warnings, *told, *_list_warnings(writer)),
    )


def _find_form(source: Source) -> tuple[Form, bool]:
    text = find_text_form(source.head)
    if text is not None:
        return text, True
    form = find_form(source)
    if form is None:
        raise UnreadableModel("it is no GraphDef, MetaGraphDef or SavedModel of TensorFlow")
    return form, False


def _read(data: Buffer, form: Form, is_text: bool) -> list[MetaGraph]:
    if is_text:
        if len(data) > MAX_TEXT_BYTES:
            raise UnreadableModel(f"text of {len(data)} bytes; {MAX_TEXT_BYTES} are allowed")
        data = encode_text(bytes(data), SCHEMA, _MESSAGES[form])
    message = Message(data)
    if form == "saved_model":
        return read_saved_model(message)
    if form == "meta_graph":
        return [read_meta_graph(message)]
    return [MetaGraph(graph=read_graph(message), has_graph=True)]


def _settle_variables(body: Block, folder: Folder | None, form: Form) -> tuple[Block, list[str]]:
    """Say of variables whether they are there: beside a SavedModel they should be."""
    used: Counter[TensorType] = Counter(
        tensor.type for tensor in body.stored.values() if tensor.location == "external"
    )
    if not used:
        return body, []
    if form != "saved_model":
        text = "variables are not in the file: they count by what the graph says of them"
        is_there, warnings = False, [text]
    else:
        checked = check_variables(folder, used)
        is_there, warnings = checked.is_there, checked.warnings
    if is_there:
        return body, warnings
    stored = {
        name: replace(tensor, location="absent") if tensor.location == "external" else tensor
        for name, tensor in body.stored.items()
    }
    return replace(body, stored=stored), warnings


def _identify(family: str, meta: MetaGraph, is_text: bool) -> IRIdentity:
    producer = meta.graph.producer
    return IRIdentity(
        family=family,
        version=None if producer is None else str(producer),
        encoding="text" if is_text else "protobuf",
        producer="tensorflow" if meta.version else None,
        producer_version=meta.version,
        dialects=(Dialect("tensorflow", meta.version),) if meta.version else (),
    )


def _list_warnings(writer: BlockWriter) -> list[str]:
    told = []
    if writer.has_both_sides:
        told.append(
            "conditions of version 1 (Switch, Merge) are not stored: both of their sides are "
            "counted, so work is what it is at most"
        )
    if writer.has_old_loops:
        told.append(
            "branches of version 1 (Switch, Merge), or loops that hold them, are not followed, and "
            "what is in a loop counts once: save the model with TensorFlow 2"
        )
    return told + explain_unknown(writer.unknown)
