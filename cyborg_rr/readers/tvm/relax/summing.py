"""What an einsum of a lowered module sums: the one thing that a kernel's name does not tell.

``topi.einsum`` makes one block, ``T_einsum``, which says what it reads and writes by the names of
its loops: ``T.reads(a[v_i, v_k], b[v_k, v_j])``, ``T.writes(T_einsum[v_i, v_j])``. That is its
equation. Nothing else of a kernel is looked at.
"""

from __future__ import annotations

import re
from string import ascii_letters
from typing import Final

from cyborg_rr.readers.kit.fused.calls import Summing

_PARAMETER: Final = re.compile(r"[(,]\s*+(\w++)\s*+:\s*+T\.(?:Buffer|handle)\b")
_MATCHED: Final = re.compile(r"^\s*+(\w++) = T\.match_buffer\((\w++),", re.MULTILINE)
_BLOCK: Final = re.compile(
    r'T\.s?block\("(?:T_)?einsum\w*+"\):[^\n]*+\n'
    r"(?:\s*+[\w, ]++= T\.axis[^\n]*+\n)*+"
    r"\s*+T\.reads\(([^()\n]*+)\)\s*+T\.writes\(([^()\n]*+)\)"
)
_READ: Final = re.compile(r"\s*+(\w++)\[((?:[A-Za-z_]\w*+(?:,\s*+)?)*+)\]\s*+(?:,|$)")


def find_summing(text: str) -> Summing | None:
    """The equation of the kernel whose signature and body are given; None where it has none."""
    block = _BLOCK.search(text)
    if block is None:
        return None
    reads, writes = _list_accesses(block[1]), _list_accesses(block[2])
    if not reads or writes is None or len(writes) != 1:
        return None
    handles = {handle: buffer for buffer, handle in _MATCHED.findall(text)}
    line = text[: text.find("\n")]
    names = [handles.get(name, name) for name in _PARAMETER.findall(line)]
    places = {name: place for place, name in enumerate(names)}
    loops = list(dict.fromkeys(index for _, indices in (*reads, *writes) for index in indices))
    if len(loops) > len(ascii_letters) or any(name not in places for name, _ in reads):
        return None
    letters = dict(zip(loops, ascii_letters, strict=False))
    terms = ["".join(letters[index] for index in indices) for _, indices in (*reads, *writes)]
    equation = f"{','.join(terms[:-1])}->{terms[-1]}"
    return Summing(equation, tuple(places[name] for name, _ in reads))


def _list_accesses(text: str) -> list[tuple[str, list[str]]] | None:
    """Buffers with the loops that index them; None where anything but a loop does."""
    found, at = [], 0
    while at < len(text):
        match = _READ.match(text, at)
        if match is None:
            return None
        found.append((match[1], [each for each in re.split(r",\s*", match[2]) if each]))
        at = match.end()
    return found
