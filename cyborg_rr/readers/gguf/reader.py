"""The GGUF reader: what its files are recognised by."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.gguf.marks import SUFFIX, looks_like_gguf
from cyborg_rr.readers.reading.source import Source

_OTHER_WEIGHTS = ".safetensors"


class GgufReader:
    """Reads GGUF of versions 2 and 3, whose weights stay where they are.

    The format states tensors and figures of the architecture, and no operations: the graph is that
    of the architecture where all tensors have their place in it, else it has parameters only.
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
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.gguf.assembling import read_source

        return read_source(source, self.family)
