"""The reader of OpenVINO IR: what it is recognised by."""

from __future__ import annotations

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.openvino.marks import find_xml, looks_like_network
from cyborg_rr.readers.reading.source import Source


class OpenVinoReader:
    """Reads ``.xml`` files, and folders of one with its ``.bin``."""

    family = "openvino"

    def recognises(self, source: Source) -> bool:
        """Whether the root element is a network; see ``Reader.recognises``."""
        if not source.is_folder:
            return looks_like_network(source.head)
        name = None if source.folder is None else find_xml(source.folder)
        if name is None or source.folder is None:
            return False
        try:
            return looks_like_network(bytes(source.folder.open(name)[:4096]))
        except (OSError, UnreadableModel):
            return False

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.openvino.assembling import read_source

        return read_source(source, self.family)
