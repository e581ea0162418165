"""The reader of Relax in TVMScript: what its files are recognised by."""

from __future__ import annotations

import re

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source

_MODULE = re.compile(rb"^@(?:I|T|tvm\.script)\.ir_module\b|^@R\.function\b", re.MULTILINE)
_START = re.compile(
    rb"[\s\xef\xbb\xbf]*+(?:#|from tvm\b|import tvm\b|metadata\s*=|@|[A-Za-z_]\w*\s*=\s*TypeVar)"
)


class RelaxReader:
    """Reads modules of Relax as ``mod.script()`` prints them; nothing of them is run."""

    family = "relax"

    def recognises(self, source: Source) -> bool:
        """Whether a line of the file's beginning, or of its end, makes a module of TVM's."""
        if source.is_folder:
            return False
        head = source.head
        if b"\0" in head[:4096] or _START.match(head) is None:
            return False
        return _MODULE.search(head) is not None or (
            head.lstrip().startswith(b"metadata") and b"tvm" in head[:200]
        )

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.tvm.relax.assembling import read_source

        return read_source(source, self.family)
