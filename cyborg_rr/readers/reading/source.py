"""What a reader reads."""

from __future__ import annotations

import mmap
from dataclasses import dataclass

Buffer = bytes | mmap.mmap
"""The bytes of a file; a map of the file for anything large, so that weights stay on disk."""

HEAD_BYTES = 65536
"""How much of a file ``Reader.recognises`` is given."""


@dataclass(frozen=True, slots=True)
class Source:
    """One model file: the name that its owner gave it and its bytes.

    The two travel as one value, so that what a source may have besides (files that a model names
    as its neighbours) is a field here and no new argument of every reader. ``name`` is for people:
    it is no path, and nothing is opened by it.
    """

    name: str
    data: Buffer

    @property
    def head(self) -> bytes:
        """A copy of the first ``HEAD_BYTES``."""
        return bytes(self.data[:HEAD_BYTES])

    @property
    def size_bytes(self) -> int:
        """The length of the file."""
        return len(self.data)
