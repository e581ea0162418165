"""When a message came at the earliest: a process that was stopped cannot tell by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

TICK_SECONDS = 0.5

PAUSE_SECONDS = 2.0
"""A longer time between two ticks is a pause; a shorter one may be a busy machine."""

AFTERMATH_SECONDS = 5.0
"""How long after a pause messages may be read that came during it."""


class Pulse:
    """Ticks on the monotonic clock, and so sees that the process was stopped and for how long.

    What is read from the bus right after a pause may have waited in a socket for all of it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last: float | None = None
        self._pause: tuple[float, float] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="pulse", daemon=True)

    def start(self) -> None:
        """Tick in the background."""
        self.tick()
        self._thread.start()

    def stop(self) -> None:
        """Tick no longer."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            self.tick()

    def tick(self) -> None:
        """The process runs now."""
        with self._lock:
            now = self._clock()
            if self._last is not None and now - self._last > PAUSE_SECONDS:
                self._pause = (self._last, now)
            self._last = now

    def earliest(self) -> float:
        """The earliest moment, of the monotonic clock, that a message just read may have come."""
        with self._lock:
            now = self._clock()
            if self._last is None:
                return now
            if self._pause is not None and now - self._pause[1] < AFTERMATH_SECONDS:
                return self._pause[0]
            return self._last if now - self._last > PAUSE_SECONDS else now
