"""How the operands of a native operation stand in documents, as compilers tell them apart.

An operand is a text: its element type, its rank in brackets, ``const`` before it where it follows
from what the file stores alone, ``shape`` where from that and from sizes of tensors: ``f32[4]``,
``const i64[1]``, ``f16[?]`` of unknown rank, ``?`` where nothing is known, nothing where it is left
out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

CONST: Final = "const "
"""Stands before an operand that follows from what the file stores alone."""

SHAPE: Final = "shape "
"""Stands before one that follows from the sizes of tensors, and what the file stores."""

_OPEN: Final = "?"


class Operand(NamedTuple):
    """One operand or result; its type or rank is None where the file leaves it open."""

    element_type: str | None
    rank: int | None
    is_constant: bool = False
    is_shape: bool = False
    is_present: bool = True


ABSENT: Final = Operand(None, None, is_present=False)


@lru_cache(maxsize=1024)
def render_operand(element_type: str | None, rank: int | None) -> str:
    """The text of an operand that is there."""
    if element_type is None and rank is None:
        return _OPEN
    return f"{element_type or _OPEN}[{_OPEN if rank is None else rank}]"


@lru_cache(maxsize=4096)
def parse_operand(text: str) -> Operand:
    """The operand of a text; of one that is not understood nothing is known."""
    if not text:
        return ABSENT
    before, plain = _split(text)
    element_type, _, rest = plain.partition("[")
    rank = rest.removesuffix("]")
    return Operand(
        None if element_type == _OPEN else element_type,
        int(rank) if rank.isascii() and rank.isdigit() and len(rank) < 4 else None,
        before == CONST,
        before == SHAPE,
    )


def _split(text: str) -> tuple[str, str]:
    """What stands before the type, and the rest."""
    before = next((word for word in (CONST, SHAPE) if text.startswith(word)), "")
    return before, text[len(before) :]


def leave_rank_out(text: str) -> str:
    """The text without the rank."""
    return f"{text.partition('[')[0]}[{_OPEN}]" if text.endswith("]") else text


def change_type(text: str, element_type: str) -> str:
    """The text with another element type."""
    before, plain = _split(text)
    _, bracket, rank = plain.partition("[")
    return f"{before}{element_type}{bracket}{rank}"
