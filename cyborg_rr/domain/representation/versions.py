"""Versions of IRs and operation sets, and the ranges of them that a toolchain takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cyborg_rr.domain.graph.naming import native_operation

_NUMBER = re.compile(r"\d{1,9}")


def parse_version(text: str) -> tuple[int, ...]:
    """The numbers in a version: ``v1.13.1`` and ``StableHLO_v1.13.1`` both give (1, 13, 1)."""
    return tuple(int(number) for number in _NUMBER.findall(text))


@dataclass(frozen=True, slots=True)
class VersionRange:
    """Lowest and highest version taken, both inclusive; None leaves that end open.

    ``changed_above`` names the operations that mean something else above ``max``; a model without
    them can be written down to ``max``. None: nobody said which those are.
    """

    min: str | None = None
    max: str | None = None
    changed_above: tuple[str, ...] | None = None

    def refuse(self, version: str) -> str | None:
        """What the range asks for when the version is outside it, else None."""
        numbers = parse_version(version)
        if self.is_above(version):
            return f">= {self.min}"
        if self.max is not None and _cut(numbers, self.max) > parse_version(self.max):
            return f"<= {self.max}"
        return None

    def is_above(self, version: str) -> bool:
        """Whether a version is lower than all that are taken."""
        return self.min is not None and parse_version(version) < parse_version(self.min)

    def refuse_conversion(self, version: str, operations: Iterable[str]) -> tuple[str, ...] | None:
        """The operations that keep a model of a higher version from being written down to ``max``.

        Empty: it can be; None: it cannot, or nobody knows.
        """
        if self.changed_above is None or self.max is None:
            return None
        if _cut(parse_version(version), self.max) <= parse_version(self.max):
            return None
        names = dict.fromkeys(native_operation(name) for name in operations)
        return tuple(name for name in names if name in self.changed_above)


def _cut(numbers: tuple[int, ...], limit: str) -> tuple[int, ...]:
    """A limit of 1.13 lets every 1.13.x in, so only as many numbers as it has are compared."""
    return numbers[: len(parse_version(limit))]
