"""From what the header of an artifact says to a graph without nodes."""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Dialect, Graph, IRIdentity
from cyborg_rr.domain.graph.naming import shorten
from cyborg_rr.readers.artifact.found import Found
from cyborg_rr.readers.artifact.marks import find_kind
from cyborg_rr.readers.reading.source import Source

MAX_TARGETS: Final = 64
MAX_TARGET_LENGTH: Final = 2048
"""A program for all architectures of CUDA, or a shader of all capabilities, needs a few hundred."""


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    if source.is_folder:
        raise UnreadableModel("a folder is no compiled artifact: give the file")
    kind = find_kind(source.data)
    if kind is None:
        raise UnreadableModel("it is no compiled artifact of a kind that is known here")
    found = cast(Found, import_module(f"{__package__}.{kind}").read(source.data))
    if len(found.targets) > MAX_TARGETS or any(
        len(each.value) > MAX_TARGET_LENGTH for each in found.targets
    ):
        raise UnreadableModel(f"{found.what} demands more than any device can be held against")
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
