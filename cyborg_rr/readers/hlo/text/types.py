"""Types in HLO text, such as ``f32[2,<=3]{1,0}`` and ``(s32[], /*index=1*/f32[2])``."""

from __future__ import annotations

import re

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.bounds import Bounded
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.readers.hlo.element_types import BY_NAME
from cyborg_rr.readers.hlo.module import HloType, make_tuple
from cyborg_rr.readers.hlo.text.brackets import MAX_DEPTH
from cyborg_rr.readers.reading.limits import MAX_RANK
from cyborg_rr.readers.reading.source import Buffer

SPACE = rb"(?:[ \t\r\n]++|/\*(?:[^*]|\*(?!/))*+\*/)*+"

_ARRAY = re.compile(rb"([a-z][a-z0-9]*+)\[([^\[\]\n]*+)\](?:\{[^{}\n]*+\})?+")
_TOKEN = re.compile(
    SPACE + rb"(?:(\()|(\))|(,)|([a-z][a-z0-9]*+\[[^\[\]\n]*+\](?:\{[^{}\n]*+\})?+))"
)
_SIZE = re.compile(rb"(<=)?+([0-9]{1,19}+)")
_MAX_KEPT = 4096
"""Bytes of the text of a type that is looked for among those read before."""


class TypeReader:
    """Reads types."""

    def __init__(self) -> None:
        self._known: dict[bytes, TensorType] = {}

    def read_at(self, data: Buffer, position: int) -> tuple[HloType, int] | None:
        """The type at a position and the position after it; None where there is none."""
        match = _ARRAY.match(data, position)
        if match is not None:
            return self.read_array(match[0]), match.end()
        if data[position : position + 1] != b"(":
            return None
        return self._read_tuple(data, position)

    def read_array(self, text: bytes) -> TensorType:
        """The type of one tensor."""
        found = self._known.get(text)
        if found is None:
            found = self._parse_array(text)
            if len(text) < _MAX_KEPT:
                self._known[text] = found
        return found

    def _parse_array(self, text: bytes) -> TensorType:
        name, _, rest = text.partition(b"[")
        inside = rest.partition(b"]")[0].strip()
        element_type = BY_NAME.get(name)
        if element_type == "token":
            return TensorType("token", ())
        written = inside.split(b",") if inside else []
        if len(written) > MAX_RANK:
            raise UnreadableModel(f"a tensor has more than {MAX_RANK} dimensions")
        return TensorType(element_type, tuple(self._read_size(size.strip()) for size in written))

    def _read_size(self, text: bytes) -> Dimension:
        match = _SIZE.fullmatch(text)
        if match is None:
            if text == b"?":
                return "?"
            raise UnreadableModel(f"{ascii(text[:40])[1:]} is no size of a dimension")
        return Bounded("?", int(match[2])) if match[1] else int(match[2])

    def _read_tuple(self, data: Buffer, position: int) -> tuple[HloType, int] | None:
        """A tuple, without recursion: the file says how deep it goes."""
        waiting: list[list[HloType]] = []
        while True:
            match = _TOKEN.match(data, position)
            if match is None or len(waiting) > MAX_DEPTH:
                return None
            position = match.end()
            if match[1]:
                waiting.append([])
            elif match[4]:
                waiting[-1].append(self.read_array(match[4]))
            elif match[2]:
                whole = make_tuple(waiting.pop())
                if not waiting:
                    layout = re.compile(rb"\{[^{}\n]*+\}").match(data, position)
                    return whole, position if layout is None else layout.end()
                waiting[-1].append(whole)
