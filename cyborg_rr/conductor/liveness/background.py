"""What hosts are told after the database has it: a request waits for that but a moment."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait

from oslo_log import log

from cyborg_rr.db.hardware.handles import HostClaim
from cyborg_rr.domain.hardware.hosts import AgentPlace

LOG = log.getLogger(__name__)

MAX_THREADS = 16
"""Hosts that are told something at a time."""

MAX_WAITING = 10_000
"""Handles that wait for their hosts; what comes then is left to the healing loop."""

Tell = Callable[[AgentPlace, Sequence[HostClaim]], None]
_Queued = tuple[HostClaim, Tell, Future[None]]


class Background:
    """Tells each host one thing at a time, and all that has gathered meanwhile in one call."""

    def __init__(self, threads: int = MAX_THREADS, most: int = MAX_WAITING) -> None:
        self._most_threads = threads
        self._most = most
        self._changed = threading.Condition()
        self._queues: dict[AgentPlace, list[_Queued]] = {}
        self._ready: deque[AgentPlace] = deque()
        self._busy: set[AgentPlace] = set()
        self._threads = self._idle = 0
        self._is_stopping = False

    def submit(
        self, by_host: Mapping[AgentPlace, Sequence[HostClaim]], tell: Tell
    ) -> list[Future[None]]:
        """Tell hosts of claims, soon; one future for each claim, done when its host was told."""
        futures = []
        with self._changed:
            for place, claims in by_host.items():
                if sum(map(len, self._queues.values())) + len(claims) > self._most:
                    LOG.warning("Too much waits for hosts; %s is told later", place.hostname)
                    continue
                queued: list[_Queued] = [(claim, tell, Future()) for claim in claims]
                futures += [future for *_, future in queued]
                is_new = place not in self._queues
                self._queues.setdefault(place, []).extend(queued)
                if is_new and place not in self._busy:
                    self._make_ready(place)
        return futures

    def _make_ready(self, place: AgentPlace) -> None:
        self._ready.append(place)
        if self._idle < len(self._ready) and self._threads < self._most_threads:
            self._threads += 1
            threading.Thread(target=self._work, name="tell-host", daemon=True).start()
        self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                self._changed.wait_for(lambda: self._ready or self._is_stopping)
                self._idle -= 1
                if not self._ready:
                    self._threads -= 1
                    self._changed.notify_all()
                    return
                place = self._ready.popleft()
                queued = self._queues.pop(place)
                self._busy.add(place)
            self._tell_one(place, queued)

    def _tell_one(self, place: AgentPlace, queued: Sequence[_Queued]) -> None:
        tell = queued[0][1]
        try:
            tell(place, [claim for claim, *_ in queued])
        except Exception:
            LOG.exception("Host %s could not be told; it is tried again", place.hostname)
        finally:
            for *_, future in queued:
                future.set_result(None)
            with self._changed:
                self._busy.discard(place)
                if place in self._queues:
                    self._make_ready(place)
                self._changed.notify_all()

    @staticmethod
    def wait_for(futures: Sequence[Future[None]], seconds: float) -> None:
        """Until all are done, but no longer than that."""
        wait(futures, seconds)

    def stop(self, seconds: float) -> None:
        """Finish what is there already, within so many seconds; the rest is healed later."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(
                lambda: not self._queues and not self._busy, deadline - time.monotonic()
            )
            self._is_stopping = True
            self._changed.notify_all()
