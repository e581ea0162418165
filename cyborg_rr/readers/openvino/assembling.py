"""From the XML of a network to a graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dialect, Graph, IRIdentity
from cyborg_rr.domain.graph.naming import quote, shorten
from cyborg_rr.readers.openvino.document import Attributes, Document, is_static
from cyborg_rr.readers.openvino.graph import Translation
from cyborg_rr.readers.openvino.marks import find_xml
from cyborg_rr.readers.openvino.nesting.makers import MAKERS
from cyborg_rr.readers.openvino.parsing import parse_document
from cyborg_rr.readers.openvino.storage import Storage
from cyborg_rr.readers.openvino.translation.operations import name_domain
from cyborg_rr.readers.openvino.values import parse_whole
from cyborg_rr.readers.reading.source import Buffer, Source

FIRST_VERSION: Final = 2
LAST_LEGACY: Final = 7
FIRST_OPSETS: Final = 10
LAST_VERSION: Final = 11


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    name, data, weights = _open(source)
    document = parse_document(data)
    version = _find_version(document.root)
    is_legacy, network = version <= LAST_LEGACY, document.network
    if not network.layers:
        raise UnreadableModel("the network has no layers")
    storage = Storage(weights)
    translation = Translation(storage, MAKERS, is_legacy=is_legacy, scalars=is_static(network))
    body = translation.write_main(network)
    return Graph(
        ir=IRIdentity(
            family,
            str(version),
            "xml",
            *_find_producer(document),
            tuple(_list_dialects(translation.opsets)),
        ),
        name=shorten(document.root.get("name", "")) or name,
        body=body,
        bounds=translation.symbols.bounds,
        conditions=tuple(translation.symbols.conditions),
        warnings=tuple(_warn(storage)),
    )


def _open(source: Source) -> tuple[str, Buffer, Buffer | None]:
    """Name and bytes of the XML, and the weights that lie beside it."""
    folder = source.folder
    if not source.is_folder:
        if folder is None:
            return source.name, source.data, None
        stem = source.name.removesuffix(".xml")
        beside = f"{stem}.bin"
        return source.name, source.data, folder.open(beside) if beside in folder.files else None
    name = None if folder is None else find_xml(folder)
    if name is None or folder is None:
        raise UnreadableModel("the folder holds no single .xml of a network: give the file")
    beside = f"{name.removesuffix('.xml')}.bin"
    weights = folder.open(beside) if beside in folder.files else None
    return source.name, folder.open(name), weights


def _find_version(root: Attributes) -> int:
    stated = root.get("version", "")
    version = parse_whole(stated)
    if version is None:
        raise UnreadableModel("the network states no version")
    if version < FIRST_VERSION:
        raise UnreadableModel(
            f"version {version} of the IR is not read, only 2 to 7, 10 and 11: convert the model "
            "anew with its Model Optimizer"
        )
    if LAST_LEGACY < version < FIRST_OPSETS or version > LAST_VERSION:
        raise UnreadableModel(
            f"version {quote(stated)} of the IR is not known, only 2 to 7, 10, 11"
        )
    return version


def _find_producer(document: Document) -> tuple[str | None, str | None]:
    """Who made it, and in which version: its converter, or the runtime that wrote it."""
    for note, producer in (("MO_version", "Model Optimizer"), ("Runtime_version", "openvino")):
        if note in document.notes:
            return producer, shorten(document.notes[note]) or None
    return None, None


def _list_dialects(opsets: dict[str, None]) -> Iterator[Dialect]:
    """The newest opset that is used, and every other set of operations."""
    numbers = [opset[5:] for opset in opsets if opset.startswith("opset") and opset[5:].isdigit()]
    if numbers:
        yield Dialect("opset", max(numbers, key=int))
    for opset in opsets:
        if name_domain(opset):
            yield Dialect(shorten(opset), None)


def _warn(storage: Storage) -> Iterator[str]:
    if storage.data is None and storage.unread:
        yield (
            f"the .bin does not lie beside: {storage.unread} constants are not known, and sizes "
            "that follow from them are those that the file states"
        )
