"""The reader of DLVM's text: what it is recognised by."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.dlvm.marks import is_dlvm
from cyborg_rr.readers.reading.source import Source


class DlvmReader:
    """Reads modules of DLVM (``.dl``)."""

    family = "dlvm"

    def recognises(self, source: Source) -> bool:
        """Whether a module begins; see ``Reader.recognises``."""
        return not source.is_folder and is_dlvm(source.head)

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.dlvm.assembling import read_source

        return read_source(source, self.family)
