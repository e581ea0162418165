"""Answers of three values: what a file leaves open is neither yes nor no."""

from __future__ import annotations

from collections.abc import Iterable

Answer = bool | None
"""None: it cannot be told."""


def all_of(answers: Iterable[Answer]) -> Answer:
    """No if any is no, else unknown if any is."""
    result: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result
