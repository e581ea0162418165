"""The reader of StableHLO (also MHLO, CHLO and VHLO): what its files are recognised by."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.mlir.bytecode.header import MAGIC
from cyborg_rr.readers.formats.mlir.telling import find_group
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.exported import holds_export


class StablehloReader:
    """Reads StableHLO as text, as bytecode, as a portable artifact and in exports of JAX."""

    family = "stablehlo"

    def recognises(self, source: Source) -> bool:
        """Whether the file is MLIR whose operations are StableHLO's, MHLO's or CHLO's."""
        head = source.head
        if head.startswith(MAGIC):
            return _names_stablehlo(source)
        if holds_export(source.data):
            return True
        return find_group(source) == "stablehlo"

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.stablehlo.assembling import read_source

        return read_source(source, self.family)


def _names_stablehlo(source: Source) -> bool:
    from cyborg_rr.readers.stablehlo.loading import names_stablehlo

    return names_stablehlo(source.data)
