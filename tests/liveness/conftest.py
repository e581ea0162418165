"""Conductors in the hands of tests: a clock that they move, a bus that they cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from cyborg_rr.conductor.leases import Leases
from cyborg_rr.conductor.liveness.gossip import Gossip
from cyborg_rr.conductor.liveness.heard import Liveness
from cyborg_rr.conductor.liveness.membership import Membership
from cyborg_rr.conductor.liveness.watch import Watch
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import AgentUnavailable
from tests.db.conftest import database

__all__ = ["database"]

INTERVAL = 10.0
LOST_AFTER = 180.0


@dataclass
class Clock:
    """A monotonic clock that stands still until the test moves it."""

    now: float = 1000.0

    def __call__(self) -> float:
        """The moment."""
        return self.now


@dataclass
class Bus:
    """Takes every word to every listener, in order, unless it is cut."""

    listeners: list[Gossip] = field(default_factory=list)
    is_cut: bool = False
    deaf: list[Gossip] = field(default_factory=list)

    def tell_all(self, **word: Any) -> None:
        """As ``LivenessClient.tell_all``."""
        if self.is_cut:
            raise AgentUnavailable("the message bus does not answer")
        for listener in self.listeners:
            if listener not in self.deaf:
                listener.hear(**word)


class Conductor:
    """What one conductor knows of who is alive."""

    def __init__(self, name: str, bus: Bus, clock: Clock, database: Database | None = None) -> None:
        self.name = name
        self.clock = clock
        self.liveness = Liveness(clock)
        self.gossip = Gossip(name, f"run of {name}", self.liveness, bus, INTERVAL, clock)
        self.told: list[str] = []
        self.is_beside_first_release: bool | None = False
        bus.listeners.append(self.gossip)
        if database is not None:
            self.leases = Leases(database, f"run of {name}")
            self.membership = Membership(self.leases, name, 20, "1.0")
            self.membership.join()
            self.watch = Watch(
                database,
                self.liveness,
                self.gossip,
                self.membership,
                [self],
                LOST_AFTER,
                clock,
                self.has_silent_conductor,
            )

    def has_silent_conductor(self, _times: int) -> bool:
        """As ``LivenessClient.has_silent_conductor``; with None nobody answers."""
        if self.is_beside_first_release is None:
            raise AgentUnavailable("no conductor answers")
        return self.is_beside_first_release

    def host_changed(self, hostname: str) -> None:
        """As a publisher: what it is told of."""
        self.told.append(hostname)


def pass_time(seconds: float, *conductors: Conductor) -> None:
    """Let time pass, with the rounds that these conductors make in it."""
    clock = conductors[0].clock
    end = clock.now + seconds
    while clock.now < end:
        clock.now = min(end, clock.now + INTERVAL)
        for conductor in conductors:
            conductor.gossip.tell()


@pytest.fixture
def clock() -> Clock:
    """One clock for all."""
    return Clock()


@pytest.fixture
def bus() -> Bus:
    """One bus for all."""
    return Bus()
