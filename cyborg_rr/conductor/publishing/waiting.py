"""Hosts that wait to be published: each once, not before its time, by one worker at a time."""

from __future__ import annotations

import heapq
import threading
import time

IDLE_SECONDS = 3600.0


class WaitingHosts:
    """A queue in which a host that comes again is one, and is kept while somebody works on it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[str, float] = {}
        self._order: list[tuple[float, str]] = []  # of those that nobody works on; old times too
        self._busy: set[str] = set()
        self._paused_until = 0.0
        self._is_closed = False

    def put(self, hostname: str, delay_seconds: float = 0.0) -> None:
        """Let a host wait so long; one that waits already keeps the earlier time."""
        due = time.monotonic() + delay_seconds
        with self._changed:
            if due >= self._due.get(hostname, float("inf")):
                return
            self._due[hostname] = due
            if hostname not in self._busy:
                heapq.heappush(self._order, (due, hostname))
                self._changed.notify()

    def take(self, *, waits: bool = True) -> str | None:
        """The host that has been due for longest; None when closed, or when there is none."""
        with self._changed:
            while not self._is_closed:
                left = self._find_wait()
                if left <= 0:
                    _, hostname = heapq.heappop(self._order)
                    del self._due[hostname]
                    self._busy.add(hostname)
                    return hostname
                if not waits:
                    return None
                self._changed.wait(left)
        return None

    def _find_wait(self) -> float:
        """The seconds until the first one is due."""
        while self._order and self._due.get(self._order[0][1]) != self._order[0][0]:
            heapq.heappop(self._order)  # it was taken, or came again with an earlier time
        now = time.monotonic()
        if not self._order:
            return IDLE_SECONDS
        return max(self._order[0][0], self._paused_until) - now

    def done(self, hostname: str) -> None:
        """Nobody works on the host any more."""
        with self._changed:
            self._busy.discard(hostname)
            if hostname in self._due:
                heapq.heappush(self._order, (self._due[hostname], hostname))
            self._changed.notify()

    def pause(self, seconds: float) -> None:
        """Give nobody out for so long: what they wait for is not there."""
        with self._changed:
            self._paused_until = time.monotonic() + seconds

    def resume(self) -> None:
        """Give out again what is due."""
        with self._changed:
            self._paused_until = 0.0
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        with self._changed:
            return len(self._due.keys() | self._busy)
