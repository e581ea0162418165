"""The gate that every external call passes: it counts them, and lets some fail."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Answer = TypeVar("Answer")

READ = "database read"
"""A call without an effect: that its answer is lost is the same as that it was not made."""


class Side(StrEnum):
    """When a call fails: it was never made, or it was and its answer is lost."""

    BEFORE = "b"
    AFTER = "a"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """The call of that number (the first is 1) fails."""

    number: int
    side: Side

    def __str__(self) -> str:
        return f"{self.number}{self.side}"


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Faults as they are printed, such as ``12b+15a``; ``ValueError`` for anything else."""
    found = [re.fullmatch(r"([1-9][0-9]{0,5})([ab])", part) for part in text.split("+")]
    if not all(found):
        raise ValueError(f"{text!r} is not like 12b or 12b+15a")
    return tuple(sorted(Fault(int(one[1]), Side(one[2])) for one in found if one))


class Gate:
    """While it is closed each call has a number; ``names`` are those that were made, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[int, Side] = {}
        self._is_open = True
        self.names: list[str] = []
        self.struck: list[str] = []

    def arm(self, faults: Iterable[Fault]) -> None:
        """Count from the beginning, and let these fail once the gate is closed."""
        self._faults = {fault.number: fault.side for fault in faults}
        self._is_open = True
        self.names, self.struck = [], []

    def close(self) -> None:
        """Count and strike from now on."""
        self._is_open = False

    def open(self) -> None:
        """Let everything pass uncounted."""
        self._is_open = True

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Let everything in the block pass uncounted: it is a look of the test's own."""
        was_open, self._is_open = self._is_open, True
        try:
            yield
        finally:
            self._is_open = was_open

    def has_struck(self, name: str) -> bool:
        """Whether a call whose name begins so was let fail."""
        return any(struck.startswith(name) for struck in self.struck)

    def let_through(
        self, name: str, call: Callable[[], Answer], make_trouble: Callable[[], Exception]
    ) -> Answer:
        """What the call gives, or the trouble that its maker would see."""
        side = self._count(name)
        if side is Side.BEFORE:
            raise make_trouble()
        answer = call()
        if side is Side.AFTER:
            raise make_trouble()
        return answer

    def _count(self, name: str) -> Side | None:
        with self._lock:
            if self._is_open:
                return None
            self.names.append(name)
            side = self._faults.get(len(self.names))
            if side is not None:
                self.struck.append(f"{name} ({side.name.lower()} its effect)")
            return side
