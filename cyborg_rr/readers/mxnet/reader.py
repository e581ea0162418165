"""The reader of MXNet's symbols: what they are recognised by."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.nnvm.marks import find_writer
from cyborg_rr.readers.mxnet.beside import find_symbol, is_parameters
from cyborg_rr.readers.reading.source import Source

_OTHER_FOLDERS: Final = frozenset({"config.json", "model_index.json", "saved_model.pb"})
"""What makes a folder another family's."""


class MxnetReader:
    """Reads symbol JSON of MXNet 0.8 to 2.0; ``.params`` beside it give shapes."""

    family = "mxnet"

    def recognises(self, source: Source) -> bool:
        """Whether it is a symbol of MXNet, parameters beside one, or a folder with one."""
        if not source.is_folder and not is_parameters(source.data):
            return find_writer(source.data) == self.family
        if source.folder is None or not _OTHER_FOLDERS.isdisjoint(source.folder.files):
            return False
        try:
            return find_symbol(source) is not None
        except (OSError, UnreadableModel):
            return False

    def read(self, source: Source) -> Graph:
        """Read a whole file or folder; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.mxnet.assembling import read_source

        return read_source(source, self.family)
