"""A service that does not answer: told of once, and asked again less and less often."""

from __future__ import annotations

import threading

FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 300.0
"""The waits between tries: each twice the one before."""


class Outage:
    """Whether a dependency does not answer, since how many tries, and what was told of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tries = 0
        self._told: tuple[object, ...] | None = None

    def begin(self) -> int:
        """One more try failed; how many did."""
        with self._lock:
            self._tries += 1
            return self._tries

    def is_news(self, trouble: Exception) -> bool:
        """Whether this kind of trouble has not been told yet."""
        kind = (type(trouble), getattr(trouble, "code", None))
        with self._lock:
            is_new = self._told != kind
            self._told = kind
            return is_new

    def end(self) -> bool:
        """A try succeeded; whether others had failed before."""
        with self._lock:
            ended = self._told is not None
            self._tries, self._told = 0, None
            return ended


def back_off(tries: int, last_seconds: float = LAST_RETRY_SECONDS) -> float:
    """The seconds to wait after so many tries that failed."""
    return min(FIRST_RETRY_SECONDS * 2.0 ** min(tries - 1, 20), last_seconds)
