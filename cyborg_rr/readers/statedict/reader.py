"""The reader of PyTorch checkpoints: what they are recognised by."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.checkpoint.marks import LEGACY_MAGIC, PICKLE
from cyborg_rr.readers.reading.source import Source

_OTHER_MARKS: Final = (
    b"constants.pkl", b"archive_format", b"serialized_exported_program", b"models/model.json",
)  # fmt: skip
"""Members of TorchScript programs and of torch.export packages."""


class StateDictReader:
    """Reads what torch.save writes, since its first version but for the tar files of before."""

    family = "statedict"

    def recognises(self, source: Source) -> bool:
        """Whether the archive's directory names a pickle and nothing of a program."""
        if source.is_folder:
            return False
        head = source.head
        if head.startswith(LEGACY_MAGIC):
            return True
        if not head.startswith(b"PK\x03\x04"):
            return False
        from cyborg_rr.readers.formats.zip import read_directory_ends

        parts = read_directory_ends(source.data)
        found = any(PICKLE.encode() in part for part in parts)
        return found and not any(mark in part for mark in _OTHER_MARKS for part in parts)

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.statedict.assembling import read_source

        return read_source(source, self.family)
