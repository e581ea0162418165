"""The reader of MLIR's other dialects: what its files are recognised by."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.mlir.telling import find_group
from cyborg_rr.readers.reading.source import Source


class MlirReader:
    """Reads text of the dialects tosa, linalg, torch, onnx and tt."""

    family = "mlir"

    def recognises(self, source: Source) -> bool:
        """Whether the file is MLIR text, and most of its operations are of these dialects."""
        return not source.is_folder and find_group(source) == "mlir"

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.mlir.assembling import read_source

        return read_source(source, self.family)
