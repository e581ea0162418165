"""What tells text of DLVM, and its generations from each other.

The last syntax is that of ``Sources/DLParse`` of dlvm-team/dlvm-core in 2018; tensor types were
written ``$[4x4 x f32]`` before it and ``|<4x4.f32>|`` at first, when names of modules had no
quotes.
"""

from __future__ import annotations

import re
from typing import Final

_SPACE: Final = rb"\A(?:\s++|//[^\n]*+(?:\n|\Z))*+"
_LAST: Final = re.compile(_SPACE + rb'module\s+"[^"\n]*"\s*\n\s*stage\s+[a-z]+\s')
_QUOTED: Final = re.compile(_SPACE + rb'module\s+"[^"\n]*"\s*\n')
_PLAIN: Final = re.compile(_SPACE + rb"module\s+[A-Za-z_][A-Za-z0-9_.]*[ \t]*\r?\n")
_PARTS: Final = re.compile(
    rb"(?m)^[ \t]*(?:stage\s+[a-z]+\s|func\s+@|declare\s|var\s+@|global\s|struct\s+[$#])"
)
_FIRST_TENSOR: Final = re.compile(rb"(?m)^[^/\n]*\|<")
_MIDDLE_TENSOR: Final = re.compile(rb"(?m)^[^/\n]*\$\[")


def is_dlvm(head: bytes) -> bool:
    """Whether a module of any generation begins."""
    if _LAST.match(head) is not None:
        return True
    begins = _QUOTED.match(head) or _PLAIN.match(head)
    return begins is not None and _PARTS.search(head, begins.end()) is not None


def find_older(head: bytes) -> str | None:
    """How the older generation that a module is of writes itself; None for the last one."""
    if _FIRST_TENSOR.search(head) is not None:
        return "tensors written |<4x4.f32>|"
    if _MIDDLE_TENSOR.search(head) is not None:
        return "tensors written $[4x4 x f32]"
    if _PLAIN.match(head) is not None:
        return "the name of its module without quotes"
    return None
