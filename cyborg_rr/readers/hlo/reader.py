"""The reader of XLA's HLO, as text or protobuf: what its files are recognised by."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.hlo.marks import START
from cyborg_rr.readers.hlo.proto.layers import looks_like_hlo
from cyborg_rr.readers.reading.source import Source


class HloReader:
    """Reads HLO text, HloModuleProto, and the HloProto and HloSnapshot that hold one."""

    family = "hlo"

    def recognises(self, source: Source) -> bool:
        """Whether the file begins as HLO text, or its first fields are those of a module."""
        if source.is_folder:
            return False
        head = source.head
        return START.match(head) is not None or looks_like_hlo(head, len(source.data))

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.hlo.assembling import read_source

        return read_source(source, self.family)
