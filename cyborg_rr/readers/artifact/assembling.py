"""From what the header of an artifact says to a graph without nodes."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Dialect, Graph, IRIdentity
from cyborg_rr.domain.graph.naming import shorten
from cyborg_rr.readers.artifact.found import Found
from cyborg_rr.readers.artifact.marks import find_kind
from cyborg_rr.readers.reading.source import Source


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    if source.is_folder:
        raise UnreadableModel("a folder is no compiled artifact: give the file")
    kind = find_kind(source.data)
    if kind is None:
        raise UnreadableModel("it is no compiled artifact of a kind that is known here")
    found = cast(Found, import_module(f"{__package__}.{kind}").read(source.data))
    return Graph(
        ir=IRIdentity(
            family,
            found.version,
            found.encoding,
            found.producer,
            found.producer_version,
            (Dialect(found.kind, found.version),),
        ),
        name=shorten(found.name) or source.name or "model",
        body=Block({}, (), ()),
        completeness="header",
        targets=found.targets,
        warnings=(
            f"{found.what} states what it was built for and no graph: its operations, its memory"
            " and its time are not known",
            *found.lacks,
            *found.notes,
        ),
    )
