"""The GGUF reader: the header of a file, or of each part of a split one, into a graph."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Block, Dialect, Graph, IRIdentity, StoredTensor
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.gguf.files import SUFFIX, list_projectors, read_files
from cyborg_rr.readers.gguf.header import Header, looks_like_gguf
from cyborg_rr.readers.gguf.kinds import explain_kind, explain_missing
from cyborg_rr.readers.reading.source import Source

_OTHER_WEIGHTS = ".safetensors"


class GgufReader:
    """Reads GGUF of versions 2 and 3, whose weights stay where they are.

    The format states tensors and figures of the architecture, and no operations: the graph has
    parameters only, and says so.
    """

    family = "gguf"

    def recognises(self, source: Source) -> bool:
        """Whether it is a GGUF file, or a folder of such without a model in another form."""
        if not source.is_folder:
            return looks_like_gguf(source.head[:8])
        names = list(source.files)
        return any(name.endswith(SUFFIX) for name in names) and not any(
            name.endswith(_OTHER_WEIGHTS) for name in names
        )

    def read(self, source: Source) -> Graph:
        """Read a file, or the one model of a folder; see ``Reader.read``."""
        parts = read_files(source)
        first = parts[0]
        metadata = first.metadata
        stored = _store(parts)
        warnings = [
            *explain_kind(metadata, len(stored)),
            *explain_missing(parts),
            *_explain_projectors(source),
        ]
        architecture = metadata.architecture
        return Graph(
            ir=IRIdentity(
                family=self.family,
                version=str(first.version),
                encoding=f"{first.order}-endian",
                dialects=(Dialect(architecture, None),) if architecture else (),
            ),
            name=metadata.find_text("general.name") or source.name,
            body=Block(inputs={}, outputs=(), nodes=(), stored=stored),
            completeness="header",
            warnings=tuple(warnings),
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


def _explain_projectors(source: Source) -> list[str]:
    """A projector in the folder that was given belongs to the model, and is not counted."""
    projectors = list_projectors(source.files)
    if not projectors or len(projectors) == len(source.files):
        return []
    return [
        f"the folder also holds a projector ({list_names(projectors)}), which is not counted: give "
        "it by itself for what it needs"
    ]
