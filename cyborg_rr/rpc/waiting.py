"""Who waits for conductors: so few that a silent host cannot take the threads of all others."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from cyborg_rr.domain.errors import HostBusy

PATIENCE_SECONDS = 1.0
"""A call for a busy host is held back so long; where one is under way for longer, not at all.

Hosts that are well answer a burst of binds within it; one that is not costs nobody more.
"""


class Waiting:
    """Counts the calls under way: ``most`` in all, ``per_host`` for each host that they name."""

    def __init__(
        self, most: int, per_host: int, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._most = most
        self._per_host = per_host
        self._patience_seconds = patience_seconds
        self._changed = threading.Condition()
        self._count = 0
        self._began: defaultdict[str, list[float]] = defaultdict(list)

    @contextmanager
    def on(self, hosts: Collection[str] = ()) -> Iterator[None]:
        """A call that concerns those hosts; ``HostBusy`` where it would have to wait too long."""
        with self._changed:
            if self._count >= self._most:
                raise HostBusy(f"{self._count} requests wait for conductors; try again soon")
            self._count += 1
        try:
            began = self._enter(frozenset(hosts))
            try:
                yield
            finally:
                self._leave(frozenset(hosts), began)
        finally:
            with self._changed:
                self._count -= 1

    def _enter(self, hosts: Collection[str]) -> float:
        deadline = time.monotonic() + self._patience_seconds
        with self._changed:
            while (busy := self._find_busy(hosts)) is not None:
                now = time.monotonic()
                is_slow = min(self._began[busy]) < now - self._patience_seconds
                if is_slow or not self._changed.wait(max(0.0, deadline - now)):
                    raise HostBusy(
                        f"{len(self._began[busy])} requests wait for host {busy}; try again soon"
                    )
            began = time.monotonic()
            for host in hosts:
                self._began[host].append(began)
        return began

    def _find_busy(self, hosts: Collection[str]) -> str | None:
        full = (host for host in hosts if len(self._began.get(host, ())) >= self._per_host)
        return min(full, default=None)

    def _leave(self, hosts: Collection[str], began: float) -> None:
        with self._changed:
            for host in hosts:
                self._began[host].remove(began)
                if not self._began[host]:
                    del self._began[host]
            self._changed.notify_all()
