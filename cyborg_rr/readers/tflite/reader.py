"""The reader of TFLite flatbuffers: what they are recognised by."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tflite.schema import IDENTIFIER


class TfliteReader:
    """Reads ``.tflite`` files."""

    family = "tflite"

    def recognises(self, source: Source) -> bool:
        """Whether the file has the identifier; see ``Reader.recognises``."""
        return not source.is_folder and source.data[4:8] == IDENTIFIER

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.tflite.assembling import read_source

        return read_source(source, self.family)
