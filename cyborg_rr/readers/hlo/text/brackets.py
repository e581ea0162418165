"""Where a bracket of HLO text is closed: found in one pass, text in quotes passed over."""

from __future__ import annotations

import re

from cyborg_rr.readers.reading.source import Buffer

MAX_DEPTH = 64

_TOKEN = re.compile(rb'[()\[\]{}]|"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_CLOSING = {b"(": b")", b"[": b"]", b"{": b"}"}


def find_close(data: Buffer, start: int) -> int | None:
    """The position after the bracket that closes the one at ``start``; None where there is none."""
    expected: list[bytes] = []
    for match in _TOKEN.finditer(data, start):
        token = match[0]
        closing = _CLOSING.get(token)
        if closing is not None:
            expected.append(closing)
            if len(expected) > MAX_DEPTH:
                return None
        elif len(token) == 1 and token != b'"':
            if expected.pop() != token:
                return None
            if not expected:
                return match.end()
        elif token == b'"' or token[-1:] != b'"':
            return None  # the text ends within quotes
    return None
