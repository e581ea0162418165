"""Calls to hosts, so limited that no host can keep others waiting."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from cyborg_rr.conductor.agents import Agents
from cyborg_rr.conductor.liveness.heard import Liveness
from cyborg_rr.domain.errors import HostBusy, HostLost
from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.requests import Claim
from cyborg_rr.rpc.agent_client import NoAnswer

Answer = TypeVar("Answer")


class HostCalls:
    """Counts who waits for which host.

    ``in_flight`` calls may be on their way to one host at a time; more of them wait. Of the
    ``workers`` that may wait for hosts at all, a host may have as many as are left to the others:
    one host half of them, two a third each, so that it takes many silent hosts at once to leave
    none. A host that did not answer in time frees all who wait for it.
    """

    def __init__(self, liveness: Liveness, in_flight: int, workers: int) -> None:
        self._liveness = liveness
        self._most_in_flight = in_flight
        self._workers = workers
        self._changed = threading.Condition()
        self._waiting: Counter[str] = Counter()
        self._in_flight: Counter[str] = Counter()

    def check(self, hostname: str) -> None:
        """``HostLost`` or ``HostBusy`` where a call to the host would be refused at once."""
        if self._liveness.is_suspect(hostname):
            raise HostLost(f"host {hostname} did not answer a short while ago; it is not asked now")
        with self._changed:
            self._check_room(hostname)

    def _check_room(self, hostname: str) -> None:
        if self._waiting[hostname] >= self._workers - self._waiting.total():
            raise HostBusy(f"{self._waiting[hostname]} calls wait for host {hostname} already")

    @contextmanager
    def slot(self, hostname: str, seconds: float) -> Iterator[None]:
        """One call to the host, begun within so many seconds; ``HostLost``, ``HostBusy`` if not."""
        self.check(hostname)
        with self._changed:
            self._check_room(hostname)
            self._waiting[hostname] += 1
        try:
            self._await_turn(hostname, time.monotonic() + seconds)
            try:
                yield
            finally:
                self._count_down(self._in_flight, hostname)
        finally:
            self._count_down(self._waiting, hostname)

    def _await_turn(self, hostname: str, deadline: float) -> None:
        with self._changed:
            while self._in_flight[hostname] >= self._most_in_flight:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise HostBusy(f"host {hostname} is busy with other calls")
                if self._liveness.is_suspect(hostname):
                    raise HostLost(f"host {hostname} did not answer the calls before this one")
            self._in_flight[hostname] += 1

    def _count_down(self, counter: Counter[str], hostname: str) -> None:
        with self._changed:
            counter[hostname] -= 1
            if not counter[hostname]:
                del counter[hostname]
            self._changed.notify_all()


class LimitedAgents:
    """The agents of all hosts: none is asked that is lost or busy, and who is silent is noted."""

    def __init__(
        self, agents: Agents, liveness: Liveness, calls: HostCalls, wait_seconds: float
    ) -> None:
        self._agents = agents
        self._liveness = liveness
        self._calls = calls
        self._wait_seconds = wait_seconds

    def prepare(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """Claim and prepare all the handles on the host, or none; ``HandleInUse`` when refused."""
        self._call(self._agents.prepare, place, claims)

    def release(self, place: AgentPlace, claims: Sequence[Claim]) -> Cleanings | None:
        """Release the handles; one that is not claimed by that binding is no error."""
        return self._call(self._agents.release, place, claims)

    def clean(self, place: AgentPlace, claims: Sequence[Claim]) -> Cleanings | None:
        """Clean handles under these bindings, unless the host has begun to, or has done so."""
        return self._call(self._agents.clean, place, claims)

    def declare_clean(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """Take the operator's word that quarantined handles are clean; ``Conflict`` if not now."""
        self._call(self._agents.declare_clean, place, claims)

    def _call(
        self,
        ask: Callable[[AgentPlace, Sequence[Claim]], Answer],
        place: AgentPlace,
        claims: Sequence[Claim],
    ) -> Answer:
        if place.is_lost:
            raise HostLost(f"host {place.hostname} is lost: it has not been heard for too long")
        with self._calls.slot(place.hostname, self._wait_seconds):
            asked_at = self._liveness.now()
            try:
                answer = ask(place, claims)
            except NoAnswer:
                self._liveness.suspect(place.hostname, asked_at)
                raise
        self._liveness.heard(place.hostname)
        return answer
