"""The reader of NNVM's graphs: what they are recognised by."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.nnvm.marks import find_writer
from cyborg_rr.readers.nnvm.beside import PARAMETERS, find_graph
from cyborg_rr.readers.reading.source import Source

_OTHER_FOLDERS: Final = frozenset({"config.json", "model_index.json", "saved_model.pb"})
"""What makes a folder another family's."""


class NnvmReader:
    """Reads what NNVM saved, and the graphs of TVM's graph executor (``deploy_graph.json``)."""

    family = "nnvm"

    def recognises(self, source: Source) -> bool:
        """Whether it is a graph of NNVM, parameters of TVM beside one, or a folder with one."""
        if not source.is_folder and source.data[:8] != PARAMETERS:
            return find_writer(source.data) == self.family
        if source.folder is None or not _OTHER_FOLDERS.isdisjoint(source.folder.files):
            return False
        try:
            return find_graph(source.folder) is not None
        except (OSError, UnreadableModel):
            return False

    def read(self, source: Source) -> Graph:
        """Read a whole file or folder; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.nnvm.assembling import read_source

        return read_source(source, self.family)
