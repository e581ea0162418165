"""The reader of compiled artifacts: what they are recognised by."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.artifact.marks import find_kind
from cyborg_rr.readers.reading.source import Source


class ArtifactReader:
    """Reads what programs for one kind of device say of themselves."""

    family = "artifact"

    def recognises(self, source: Source) -> bool:
        """Whether the file has the marks of one of the kinds; see ``Reader.recognises``."""
        return not source.is_folder and find_kind(source.data) is not None

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.artifact.assembling import read_source

        return read_source(source, self.family)
