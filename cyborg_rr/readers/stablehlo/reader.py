"""The reader of StableHLO (also MHLO, CHLO and VHLO): what its files are recognised by."""

from __future__ import annotations

import re

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.mlir.bytecode.header import MAGIC
from cyborg_rr.readers.reading.source import HEAD_BYTES, Source
from cyborg_rr.readers.stablehlo.exported import holds_export

_START = re.compile(
    rb"(?:[ \t\r\n\xef\xbb\xbf]++|//[^\n]*+\n)*+"
    rb'(?:(?:builtin\.)?module\s*+(?:@|attributes\b|\{)|"builtin\.module"|"?func\.func\b|func\s++(?:private\s++|public\s++)?+@'
    rb"|[#!][A-Za-z_][A-Za-z0-9_.]*+\s*+=|ml_program\.global\b|sdy\.mesh\b)"
)

_OPERATION = re.compile(rb'(?:=|[\n{])[ \t\r\n]*+"?([a-z_]+)\.[a-z_]')

_OURS = frozenset({b"stablehlo", b"mhlo", b"chlo", b"vhlo"})

_NEUTRAL = frozenset({b"func", b"builtin", b"sdy", b"shape", b"ml_program", b"jax", b"sym_name"})


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
        if _START.match(head) is None or b"\0" in head[:4096]:
            return False
        dialects = {match[1] for match in _OPERATION.finditer(head)} - _NEUTRAL
        if dialects & _OURS:
            return True
        return not dialects and (
            b"module" in head or b"func" in head or source.size_bytes > HEAD_BYTES
        )

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.stablehlo.assembling import read_source

        return read_source(source, self.family)


def _names_stablehlo(source: Source) -> bool:
    from cyborg_rr.readers.stablehlo.loading import names_stablehlo

    return names_stablehlo(source.data)
