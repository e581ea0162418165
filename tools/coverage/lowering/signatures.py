"""What of a lowered function decides whether code can be made of it."""

from __future__ import annotations

import hashlib
import re

_OPERATION = re.compile(r'(?:= |^ *)"?([a-z_]+\.[a-z_0-9.]+)"?( [a-z]+(?=,))?')
"""The name, and how values are compared, for which targets have different code: ``ult``."""

_TENSOR = re.compile(r"(?:tensor|vector)<([^<>]*(?:<[^<>]*>)?[^<>]*)>")
_SCALAR = re.compile(r"\b(?:f|bf|tf|i|ui|si)[0-9][A-Za-z0-9]*|\bindex\b|complex<\w+>")
_LENGTH = 8


def list_parts(lowered: str, *, by_type: bool = False) -> str:
    """Its operations with the element types on their lines, each once, as short keys.

    Shapes do not count, nor, where values only come in and go out, whether integers have a sign.
    By type: what is on several types at once, as a conversion, is an operation on each of them.
    """
    found = set()
    for line in lowered.splitlines():
        operation = _OPERATION.search(line)
        if operation is None:
            continue
        types = set(_SCALAR.findall(_TENSOR.sub(_drop_sizes, line)))
        if operation[1].startswith("hal."):
            types = {re.sub(r"^[us]i", "i", each) for each in types}
        listed = sorted(types) if by_type and types else [" ".join(sorted(types))]
        for each in listed:
            part = f"{operation[1]}{operation[2] or ''} {each}"
            found.add(hashlib.sha256(part.encode()).hexdigest()[:_LENGTH])
    return " ".join(sorted(found))


def _drop_sizes(found: re.Match[str]) -> str:
    """A tensor by its element type."""
    return " " + re.sub(r"^(?:[0-9?]+x)*", "", found[1].split(",")[0]) + " "
