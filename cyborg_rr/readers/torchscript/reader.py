"""The TorchScript reader: what its files are recognised by."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.torchscript.marks import MOBILE

_MARK: Final = b"constants.pkl"
_OTHER_MARKS: Final = (b"archive_format", b"serialized_exported_program", b"models/model.json")
"""Members of torch.export packages, which may hold constants too."""

_OLD_MARK: Final = b"/model.json"


class TorchScriptReader:
    """Reads what torch.jit.save writes, since PyTorch 1.4; nothing in it is unpickled or run."""

    family = "torchscript"

    def recognises(self, source: Source) -> bool:
        """Whether the archive's directory names the constants of a program."""
        if source.is_folder:
            return False
        head = source.head
        if head[4:8] == MOBILE:
            return True
        if not head.startswith(b"PK\x03\x04"):
            return False
        from cyborg_rr.readers.formats.zip import read_directory_ends

        parts = read_directory_ends(source.data)
        if any(mark in part for mark in _OTHER_MARKS for part in parts):
            return False
        return any(mark in part for mark in (_MARK, _OLD_MARK) for part in parts)

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.torchscript.assembling import read_source

        return read_source(source, self.family)
