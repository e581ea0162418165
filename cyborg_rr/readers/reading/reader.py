"""What every reader of an intermediate representation provides.

A reader is one file here and one line under ``[project.entry-points."cyborg_rr.readers"]``. It
turns bytes into a ``Graph`` and never executes, unpickles, follows or trusts what stands in the
file.
"""

from __future__ import annotations

import mmap
from typing import Protocol

from cyborg_rr.domain.graph.graph import Graph

Buffer = bytes | mmap.mmap
"""The file's bytes; a map of the file for anything large, so that weights stay on disk."""

HEAD_BYTES = 65536
"""How much of the file ``recognises`` is given."""


class Reader(Protocol):
    """Turns one IR's bytes into a graph."""

    family: str
    """The IR family this reader yields, for example ``onnx``."""

    def recognises(self, head: bytes, size_bytes: int) -> bool:
        """Whether the first ``HEAD_BYTES`` of a file of that size look like this IR; no raising."""
        ...

    def read(self, data: Buffer, name: str) -> Graph:
        """Read the whole file.

        Raises ``UnreadableModel`` with one line that names cause and place (byte offset, line or
        node) for anything malformed, oversized or not supported.
        """
        ...
