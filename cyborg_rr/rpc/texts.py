"""Texts in messages: one that not every database can hold is refused before anything is done."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cyborg_rr.domain.errors import InvalidInput

_UNFIT = re.compile("[\x00\ud800-\udfff]")
"""NUL, which PostgreSQL refuses, and halves of surrogate pairs, which have no UTF-8."""


def check_texts(message: object, what: str) -> None:
    """``InvalidInput`` for a text or key with such a character, however deep in a message."""
    waiting = [message]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if _UNFIT.search(value):
                raise InvalidInput(
                    f"{what} has a text with a character that cannot be stored: {value[:40]!a}"
                )
        elif isinstance(value, Mapping):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
