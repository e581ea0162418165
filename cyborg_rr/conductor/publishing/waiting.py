"""Hosts that wait to be published: each once, not before its time, by one worker at a time."""

from __future__ import annotations

import threading
import time


class WaitingHosts:
    """A queue in which a host that comes again is one, and is kept while somebody works on it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[str, float] = {}
        self._busy: set[str] = set()
        self._paused_until = 0.0
        self._is_closed = False

    def put(self, hostname: str, delay_seconds: float = 0.0) -> None:
        """Let a host wait so long; one that waits already keeps the earlier time."""
        due = time.monotonic() + delay_seconds
        with self._changed:
            self._due[hostname] = min(due, self._due.get(hostname, due))
            self._changed.notify()

    def take(self, *, waits: bool = True) -> str | None:
        """The host that has been due for longest; None when closed, or when there is none."""
        with self._changed:
            while not self._is_closed:
                now = time.monotonic()
                ready = [(due, host) for host, due in self._due.items() if host not in self._busy]
                due, host = min(ready, default=(now + 3600, ""))
                left = max(due, self._paused_until) - now
                if ready and left <= 0:
                    del self._due[host]
                    self._busy.add(host)
                    return host
                if not waits:
                    return None
                self._changed.wait(left)
        return None

    def done(self, hostname: str) -> None:
        """Nobody works on the host any more."""
        with self._changed:
            self._busy.discard(hostname)
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
