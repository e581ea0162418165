"""Conductors tell each other whom they heard, so that each knows of every host."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from oslo_log import log

from cyborg_rr.conductor.liveness.heard import Liveness
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.rpc.refusals import answers_errors
from cyborg_rr.rpc.transport import TARGET

LOG = log.getLogger(__name__)

MAX_MISSED = 3
"""Rounds after which a conductor that is not heard, be it this one itself, counts as not there."""


class Caster(Protocol):
    """Reaches every conductor."""

    def tell_all(self, **word: Any) -> None:
        """Tell every conductor, this one too; ``AgentUnavailable`` where the bus takes nothing."""
        ...


class Gossip:
    """Tells what this conductor heard, and takes what others tell; ``run`` is of this process.

    Whoever does not hear its own word is cut off, or was stopped: it can say nothing of others
    until it has heard itself again, and then counts their silence from there.
    """

    def __init__(
        self,
        name: str,
        run: str,
        liveness: Liveness,
        caster: Caster,
        interval_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.interval_seconds = interval_seconds
        self._name = name
        self._run = run
        self._liveness = liveness
        self._caster = caster
        self._clock = clock
        self._lock = threading.Lock()
        self._sent: dict[int, float] = {}
        self._number = 0
        self._heard_self: float | None = None
        self._listening_since: float | None = None
        self._peers: dict[str, float] = {}
        self._tell_everything = False

    @property
    def _patience(self) -> float:
        return MAX_MISSED * self.interval_seconds

    def tell(self) -> None:
        """One round: say what is news; what could not be said is said the next time."""
        with self._lock:
            self._number += 1
            number, now = self._number, self._clock()
            self._sent = {n: at for n, at in self._sent.items() if now - at < self._patience}
            self._sent[number] = now
            is_everything, self._tell_everything = self._tell_everything, False
            is_new = self._listening_since is None
        news = self._liveness.take_news()
        try:
            self._caster.tell_all(
                conductor=self._name,
                run=self._run,
                number=number,
                hosts=self._liveness.list_ages() if is_everything else news,
                asks=is_new,
            )
        except AgentUnavailable as error:
            with self._lock:
                self._tell_everything = True
            LOG.warning("The other conductors could not be told who was heard: %s", error)

    def hear(
        self, conductor: str, run: str, number: int, hosts: Mapping[str, float], asks: bool
    ) -> None:
        """A conductor's word: another's, or this one's own that has come back."""
        if run == self._run:
            self._hear_self(number)
            return
        with self._lock:
            self._peers[conductor] = self._clock()
            self._tell_everything = self._tell_everything or asks
        self._liveness.hear_of(hosts)

    def _hear_self(self, number: int) -> None:
        with self._lock:
            sent_at = self._sent.get(number)
            if sent_at is None:
                return  # it took so long that it says nothing of now
            is_gap = self._heard_self is None or sent_at - self._heard_self > self._patience
            if self._listening_since is None or is_gap:
                self._listening_since = sent_at
            self._heard_self = sent_at

    def find_listening_since(self) -> float | None:
        """Since when, on the clock, nothing was missed; None while this conductor is cut off."""
        with self._lock:
            if self._heard_self is None or self._clock() - self._heard_self > self._patience:
                return None
            return self._listening_since

    def is_heard(self, conductor: str) -> bool:
        """Whether another conductor has told lately whom it heard."""
        with self._lock:
            moment = self._peers.get(conductor)
            return moment is not None and self._clock() - moment <= self._patience


class LivenessEndpoint:
    """What conductors offer each other, and the API."""

    target = TARGET

    def __init__(self, gossip: Gossip, liveness: Liveness) -> None:
        self._gossip = gossip
        self._liveness = liveness

    def hear(
        self,
        _context: Any,
        conductor: str,
        run: str,
        number: int,
        hosts: Mapping[str, float],
        asks: bool = False,
        **_later: Any,
    ) -> None:
        """See ``Gossip.hear``; what is no age is dropped."""
        ages = {name: age for name, age in hosts.items() if _is_age(age)}
        self._gossip.hear(conductor, run, number, ages, asks)

    @answers_errors
    def list_last_seen(self, _context: Any, hosts: list[str]) -> dict[str, float]:
        """See ``Liveness.list_ages``."""
        return self._liveness.list_ages(hosts)


def _is_age(age: object) -> bool:
    return isinstance(age, int | float) and math.isfinite(age) and age >= 0
