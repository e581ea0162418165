"""The reader of nGraph's JSON: what it is recognised by."""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source

_BEGIN: Final = re.compile(rb'\A\s*\[\s*\{\s*"(?:name|ops|parameters|result|result_[a-z]+)"\s*:')
_PARTS: Final = (b'"ops"', b'"op"', b'"outputs"')
_NODES: Final = re.compile(rb'"op"\s*:\s*"(?:Parameter|Constant)"')


class NgraphReader:
    """Reads lists of functions as ``ngraph::serialize`` wrote them."""

    family = "ngraph"

    def recognises(self, source: Source) -> bool:
        """Whether a list of functions begins; see ``Reader.recognises``."""
        if source.is_folder:
            return False
        head = source.head
        if _BEGIN.match(head) is None or not all(part in head for part in _PARTS):
            return False
        return _NODES.search(head) is not None

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.ngraph.assembling import read_source

        return read_source(source, self.family)
