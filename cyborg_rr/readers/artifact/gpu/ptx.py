"""PTX, assembly text that NVIDIA's driver compiles when it is loaded (PTX ISA, 11.1)."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.readers.artifact.found import Found
from cyborg_rr.readers.artifact.marks import PTX
from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer

MAX_CHECKED_BYTES: Final = 64 << 20
_BRACES: Final = re.compile(rb"//[^\n]*|/\*.*?\*/|\"[^\"\n]*\"|[{}();]", re.DOTALL)


def read(data: Buffer) -> Found:
    """What the directives at the beginning say."""
    version, target = parse_directives(bytes(data[:HEAD_BYTES]))
    _check_whole(data)
    return Found(
        kind="ptx",
        what="PTX",
        targets=(target,),
        version=version,
        encoding="text",
        lacks=(f"whether the driver takes PTX ISA {version} is not judged: it has to be as new",),
    )


def _check_whole(data: Buffer) -> None:
    """Refuse a text that ends within a function, its parameters, or in front of any."""
    marks = (match[0] for match in _BRACES.finditer(data, 0, MAX_CHECKED_BYTES))
    counted = Counter(mark for mark in marks if len(mark) == 1)
    if counted[b"{"] > counted[b"}"]:
        raise UnreadableModel("the text is cut off: a function does not end")
    if counted[b"("] > counted[b")"]:
        raise UnreadableModel("the text is cut off: the parameters of a function do not end")
    if counted[b"}"] + counted[b";"] == 0:
        raise UnreadableModel("the text is cut off: nothing stands in it but its head")


def parse_directives(text: bytes) -> tuple[str, Target]:
    """Version of the ISA and target, of a text that begins with them."""
    match = PTX.match(text)
    if match is None:
        raise UnreadableModel("the text does not begin with .version and .target of PTX")
    return match[1].decode(), Target("ptx", match[2].decode())
