"""The reader of Relay: what its files are recognised by."""

from __future__ import annotations

import re

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source

_VERSION = re.compile(
    rb"[\s\xef\xbb\xbf]*+(?:Relay module function:\s*)?"
    rb'(?:#\[version = "v?0\.[0-9.]+"\]|v0\.0\.[0-9])\s'
)
_DEFINITION = re.compile(
    rb"(?:\s++|//[^\n]*+\n)*+(?:def\s+@[\w.]+\s*[(\[<]|fn\s*\(\s*%|free_var\s+%)"
)
_JSON = re.compile(rb'\A\s*\{\s*"root"\s*:\s*[0-9]+\s*,\s*"nodes"\s*:\s*\[\s*\{\s*"type_key"')
_OURS = re.compile(rb'"type_key"\s*:\s*"(?:relay\.|IRModule|GlobalVar)')


class RelayReader:
    """Reads Relay as text and as JSON, alone or with its parameters beside it."""

    family = "relay"

    def recognises(self, source: Source) -> bool:
        """Whether the file states a version of Relay's text, or begins as its text or JSON do."""
        if source.is_folder:
            return False
        head = source.head
        if _JSON.match(head) is not None:
            return _OURS.search(head) is not None
        return _VERSION.match(head) is not None or _DEFINITION.match(head) is not None

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.tvm.relay.assembling import read_source

        return read_source(source, self.family)
