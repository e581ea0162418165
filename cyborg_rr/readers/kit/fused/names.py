"""Which operations a function of a compiled graph is made of: its name says so.

NNVM (up to 0.5) joins ``fuse`` and the names of its operations by ``_``; TVM joins ``fused`` and
the names of Relay's, whose dots become ``_`` too, and puts ``tvmgen_<module>_`` before since 0.8.
A number behind tells equal names apart, and what is longer than 80 characters is cut and ends in a
hash (``CompileEngine``, ``te_compiler_cache.cc`` of TVM). Names do not say where words end, so that
known operations are looked for, the longest first.

Relax writes the number that tells equal names apart right behind the name of an operation
(``conv2d1``, ``fused_conv2d1_add3``), and nests ``fused`` where it fuses what was fused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cyborg_rr.readers.kit.fused.parts import KERNELS, PARTS, Part, Role

MAX_OPERATIONS: Final = 512
"""Of one function; ``relay.FuseOps.max_depth`` is 256."""

_WORKING: Final[frozenset[Role]] = frozenset(
    {
        "convolution", "transposed", "dense", "batch_matmul", "product", "turned_product",
        "attention", "einsum",
    }
)  # fmt: skip
_ANCHORS: Final[frozenset[Role]] = _WORKING | {"pool", "global_pool", "reduce", "line", "norm"}
"""What a function is built around: others before it work on its data, later ones on its result.
One that multiplies is it before any other."""

_HEAD: Final = re.compile(r"(?:tvmgen_[A-Za-z0-9]+_)?(fused?)(?=_)")
_NUMBERS: Final = re.compile(r"(?:_[0-9]+)*")
_CUT: Final = re.compile(r"_[0-9a-f]{8,16}_(?:_?[0-9]+)*")
_WORD: Final = re.compile(r"_+[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Function:
    """The operations of a function in order; ``is_cut`` says that there were more."""

    parts: tuple[Part, ...]
    is_relay: bool
    is_cut: bool = False


_LONGEST: Final = max(map(len, PARTS))


@lru_cache(maxsize=4096)
def parse_function(name: str) -> Function | None:
    """The operations of a function; None for the name of what is no fused function."""
    head = _HEAD.match(name)
    if head is None:
        return None
    text, parts = name[head.end() :], list[Part]()
    is_cut = _CUT.search(text) is not None and len(name) > 80
    if is_cut:
        text = _CUT.split(text)[0]
    while text and _NUMBERS.fullmatch(text) is None and len(parts) < MAX_OPERATIONS:
        part, length = _find_part(text)
        parts.append(part)
        text = text[length:]
    if is_cut and parts and parts[-1].role == "unknown":
        parts.pop()
    return Function(tuple(parts), head[1] == "fused", is_cut) if parts else None


def _find_part(text: str) -> tuple[Part, int]:
    """The longest operation that text begins with, behind a ``_``; else one word, unknown."""
    for length in range(min(_LONGEST, len(text) - 1), 0, -1):
        part = PARTS.get(text[1 : length + 1])
        if part is not None and text[length + 1 : length + 2] in ("", "_"):
            return part, length + 1
    word = _WORD.match(text)
    end = word.end() if word else len(text)
    return Part(text[:end].lstrip("_") or text, "unknown", "unknown"), end


_OPERATIONS: Final = "|".join(sorted(map(re.escape, KERNELS), key=len, reverse=True))
_KERNEL_NAME: Final = re.compile(
    rf"_*(?:(?:fused|tir|te)_)*(?:({_OPERATIONS})"
    r"\d*(?=_|$)|([A-Za-z0-9]+))"
)


@lru_cache(maxsize=4096)
def parse_kernel(name: str) -> Function:
    """The operations of a kernel of Relax; words that are none are unknown ones."""
    parts, at = list[Part](), 0
    while len(parts) < MAX_OPERATIONS and (match := _KERNEL_NAME.match(name, at)) is not None:
        known = KERNELS.get(match[1] or "")
        parts.append(known or Part(match[2], "unknown", "unknown"))
        at = match.end()
    return Function(tuple(parts) or (Part(name, "unknown", "unknown"),), is_relay=True)


def find_anchor(parts: tuple[Part, ...]) -> int | None:
    """The place of what the function is built around."""
    for roles in (_WORKING, _ANCHORS):
        found = next((place for place, part in enumerate(parts) if part.role in roles), None)
        if found is not None:
            return found
    return None
