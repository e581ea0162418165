"""The reader of torch.export packages: what they are recognised by."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.torchexport.marks import BEFORE

_MARKS: Final = (b"archive_format", BEFORE.encode(), b"data/weights/weight_0", b"models/model.json")


class TorchExportReader:
    """Reads what torch.export.save writes, since 2.1; nothing in it is unpickled."""

    family = "pt2"

    def recognises(self, source: Source) -> bool:
        """Whether the archive's directory, at its end, names the parts of a package.

        Of a file that was cut off the names of its first members have to do.
        """
        if source.is_folder or not source.head.startswith(b"PK\x03\x04"):
            return False
        from cyborg_rr.readers.formats.zip import read_directory_ends

        ends = read_directory_ends(source.data)
        marks = _MARKS if len(ends) == 1 else _MARKS[:2]
        return any(mark in part for mark in marks for part in ends)

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.torchexport.assembling import read_source

        return read_source(source, self.family)
