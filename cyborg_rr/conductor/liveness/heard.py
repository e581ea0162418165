"""What this conductor knows of who was heard when; in memory, for no row is worth a heartbeat."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping

SUSPECT_SECONDS = 30.0
"""How long a host that did not answer in time is asked nothing, unless it speaks before."""


class Liveness:
    """When each host was heard last, by this conductor or by another that said so.

    ``clock`` is monotonic: ages cross the bus, moments do not.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._heard: dict[str, float] = {}
        self._news: set[str] = set()
        self._suspects: dict[str, float] = {}

    def heard(self, hostname: str) -> None:
        """The host has spoken, or answered, just now."""
        with self._lock:
            self._heard[hostname] = self._clock()
            self._news.add(hostname)
            self._suspects.pop(hostname, None)

    def hear_of(self, ages: Mapping[str, float]) -> None:
        """Another conductor has heard these hosts, so many seconds ago."""
        with self._lock:
            now = self._clock()
            for hostname, age in ages.items():
                moment = now - max(0.0, age)
                if moment > self._heard.get(hostname, float("-inf")):
                    self._heard[hostname] = moment
                if moment > self._suspects.get(hostname, float("inf")):
                    del self._suspects[hostname]

    def now(self) -> float:
        """The moment, for ``suspect``."""
        return self._clock()

    def suspect(self, hostname: str, asked_at: float | None = None) -> None:
        """The host has not answered in time.

        One that has spoken since it was asked was restarted: the call is lost, the host is there.
        """
        with self._lock:
            if asked_at is None or self._heard.get(hostname, float("-inf")) < asked_at:
                self._suspects[hostname] = self._clock()

    def is_suspect(self, hostname: str) -> bool:
        """Whether the host failed to answer a short while ago and has not spoken since."""
        with self._lock:
            since = self._suspects.get(hostname)
            if since is not None and self._clock() - since >= SUSPECT_SECONDS:
                del self._suspects[hostname]
                return False
            return since is not None

    def find_silence(self, hostname: str) -> float | None:
        """Seconds since the host was heard last; None where nobody that we know of has."""
        with self._lock:
            moment = self._heard.get(hostname)
            return None if moment is None else self._clock() - moment

    def list_ages(self, hostnames: Collection[str] | None = None) -> dict[str, float]:
        """Seconds since each host was heard that was, of these or of all."""
        with self._lock:
            now = self._clock()
            names = self._heard if hostnames is None else self._heard.keys() & set(hostnames)
            return {name: now - self._heard[name] for name in names}

    def take_news(self) -> dict[str, float]:
        """Seconds since each host was heard that this conductor heard since the last such call."""
        with self._lock:
            news, self._news = self._news, set()
            now = self._clock()
            return {name: now - self._heard[name] for name in news if name in self._heard}

    def forget_others(self, hostnames: Collection[str]) -> None:
        """Keep these hosts only, since all others have been removed."""
        with self._lock:
            for name in self._heard.keys() - set(hostnames):
                del self._heard[name]
            for name in self._suspects.keys() - set(hostnames):
                del self._suspects[name]
