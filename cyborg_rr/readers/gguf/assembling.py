"""From a GGUF file, or each part of a split one, to a graph."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.caches import CachedLayers
from cyborg_rr.domain.graph.graph import Block, Dialect, Graph, IRIdentity, StoredTensor
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.readers.gguf.caching import NotStated, explain_window, list_caches
from cyborg_rr.readers.gguf.drawing import draw
from cyborg_rr.readers.gguf.figures import gather_figures
from cyborg_rr.readers.gguf.files import list_projectors, read_files
from cyborg_rr.readers.gguf.header import Header
from cyborg_rr.readers.gguf.kinds import explain_kind, explain_missing
from cyborg_rr.readers.gguf.metadata import Metadata
from cyborg_rr.readers.gguf.plans.shapes import NotDrawn
from cyborg_rr.readers.reading.source import Source

_BIG_ENDIAN = (
    "its numbers are big-endian: it was written for hosts such as s390x, and llama.cpp on others "
    "(x86, ARM) refuses it; gguf_convert_endian of gguf-py turns it round"
)


def read_source(source: Source, family: str) -> Graph:
    """Read a file, or the one model of a folder; see ``Reader.read``."""
    parts = read_files(source)
    first = parts[0]
    metadata = first.metadata
    stored = _store(parts)
    kind = explain_kind(metadata, len(stored))
    cache, unknown = ((), []) if kind else _find_cache(metadata, stored)
    warnings = [*kind, *explain_missing(parts), *_explain_projectors(source), *unknown]
    if first.order == "big":
        warnings.append(_BIG_ENDIAN)
    architecture = metadata.architecture
    body, undrawn = (None, []) if kind else _draw(metadata, stored)
    return Graph(
        ir=IRIdentity(
            family=family,
            version=str(first.version),
            encoding=f"{first.order}-endian",
            dialects=(Dialect(architecture, None),) if architecture else (),
        ),
        name=metadata.find_text("general.name") or source.name,
        body=body or Block(inputs={}, outputs=(), nodes=(), stored=stored),
        completeness="header" if body is None else "full",
        warnings=(*warnings, *undrawn),
        cache=cache,
    )


def _store(parts: Sequence[Header]) -> dict[str, StoredTensor]:
    """All tensors as parameters; those that a file is too short for are absent."""
    return {
        tensor.name: StoredTensor(
            tensor.type, "parameter", "inline" if part.holds(tensor) else "absent"
        )
        for part in parts
        for tensor in part.tensors
    }


def _draw(metadata: Metadata, stored: Mapping[str, StoredTensor]) -> tuple[Block | None, list[str]]:
    """The graph of an architecture that is known, else why there is none."""
    try:
        return draw(gather_figures(metadata, stored), stored), []
    except (NotDrawn, UnreadableModel) as reason:
        return None, [
            f"no graph is made of the architecture {quote(metadata.architecture or '?')}: {reason}"
        ]


def _find_cache(
    metadata: Metadata, names: Collection[str]
) -> tuple[tuple[CachedLayers, ...], list[str]]:
    """The cache of a sequence, with what is to be said of it; nothing for what has no layers."""
    figures = gather_figures(metadata, names)
    if figures.find("block_count") is None:
        return (), []
    try:
        return list_caches(figures), explain_window(figures)
    except NotStated as missing:
        return (), [f"the cache of a sequence is not known: the file does not state {missing}"]


def _explain_projectors(source: Source) -> list[str]:
    """A projector in the folder that was given belongs to the model, and is not counted."""
    projectors = list_projectors(source.files)
    if not projectors or len(projectors) == len(source.files):
        return []
    return [
        f"the folder also holds a projector ({list_names(projectors)}), which is not counted: give "
        "it by itself for what it needs"
    ]
