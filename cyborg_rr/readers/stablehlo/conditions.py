"""What an export of JAX asks of its open dimensions, as the messages of its own checks state it.

``jax.export`` writes each constraint of a symbolic scope as a computed ``shape_assertion`` whose
message repeats it: https://docs.jax.dev/en/latest/export/shape_poly.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.graph.bounds import Condition
from cyborg_rr.readers.formats.mlir.structure import Function
from cyborg_rr.readers.stablehlo.targets import list_assertions

MAX_CONDITIONS: Final = 64

_SAID: Final = re.compile(
    r"symbolic shape constraint (?:([A-Za-z_]\w{0,63}) ([<>])= ([0-9]{1,15})"
    r"|mod\(([A-Za-z_]\w{0,63}), ([1-9][0-9]{0,14})\) == 0)\. "
)
_MAX_START: Final = 1024


def list_conditions(entry: Function) -> tuple[Condition, ...]:
    """The plain ones of a single symbol, at most ``MAX_CONDITIONS``; others are not told."""
    return tuple(dict.fromkeys(_list_said(entry)))[:MAX_CONDITIONS]


def _list_said(entry: Function) -> Iterator[Condition]:
    for operation in list_assertions(entry):
        message = operation.attributes.get("error_message")
        match = _SAID.search(message[:_MAX_START]) if isinstance(message, str) else None
        if match is None:
            continue
        if match[4]:
            yield Condition(match[4], "a multiple of", int(match[5]))
        else:
            yield Condition(match[1], "at least" if match[2] == ">" else "at most", int(match[3]))
