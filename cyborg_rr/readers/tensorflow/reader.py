"""The reader of TensorFlow graphs and SavedModels: what these are recognised by."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tensorflow.recognising import SAVED_MODEL, find_form, find_text_form


class TensorflowReader:
    """Reads GraphDef, MetaGraphDef and SavedModel, binary and text, without TensorFlow."""

    family = "graphdef"

    def recognises(self, source: Source) -> bool:
        """Whether it is a SavedModel's folder, or a file whose fields are a graph's."""
        if source.is_folder:
            return any(name in source.files for name in SAVED_MODEL)
        return find_text_form(source.head) is not None or find_form(source) is not None

    def read(self, source: Source) -> Graph:
        """Read a whole file or folder; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.tensorflow.assembling import read_source

        return read_source(source, self.family)
