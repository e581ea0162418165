"""One history: a cloud under load, of which process after process is killed."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine

from tests.fakes.nova import EVENTS
from tests.fakes.serving import serving
from tests.long.kills.book import Book, End
from tests.long.kills.cloud import (
    HOSTS,
    MOST_OTHERS,
    NAMES,
    PERIOD_SECONDS,
    Cloud,
    Failed,
    Nursery,
)
from tests.long.kills.load import PROFILES, Client, Surroundings, under_load
from tests.long.kills.looking import Nova, find_end, find_faults, look
from tests.long.kills.points import choose_points
from tests.long.rolling.load import Caller, Offer

CLIENTS = 6
KILLS_AT_A_TIME = 10
"""Kills under load, after which the load stops and everything is looked at."""


SETTLE_SECONDS = 45.0
"""Two periods, calls to those who died, and what a busy machine needs: then nothing may be under
way any more."""

NOVA_FAILS = 0.1
"""Of its answers to events."""

VICTIMS = [*NAMES, "conductor-1", "conductor-2", "agent-1", "agent-2"]
"""Those that change something are killed twice as often."""

STARTING_SHARE = 0.1
"""Of the kills, those that may hit a process while it starts."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds at most that a process has to come to its point, then it is killed wherever it is;
    and that are waited for an acknowledged bind between two kills."""

    point_seconds: float = 1.0
    work_seconds: float = 1.0


@dataclass
class Figures:
    """What a history brought."""

    kills: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    looks: int = 0
    slowest_settling: float = 0.0
    events: int = 0
    wrong: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class History:
    """A cloud from its start; what is chosen is chosen by the seed."""

    def __init__(
        self,
        directory: Path,
        nursery: Nursery,
        bus: str,
        database: str,
        seed: str,
        pace: Pace = Pace(),
    ) -> None:
        self._rng = random.Random(seed)
        self._pace = pace
        self._directory = directory
        self._nursery, self._bus, self._database = nursery, bus, database
        self._engine = create_engine(database, isolation_level="READ COMMITTED")
        self._nova = Nova()
        chance = random.Random(self._rng.random())
        self._nova.before = lambda _method, path: (
            ("503 Service Unavailable", {})
            if path.endswith(EVENTS) and chance.random() < NOVA_FAILS
            else None
        )
        self.book = Book()
        self.figures = Figures()

    def play(self, kills: int) -> Figures:
        """So many kills, with a look at everything after each few."""
        with serving(self._nova) as nova:
            cloud = Cloud(self._directory, self._nursery, self._bus, self._database, nova)
            try:
                with cloud.running():
                    clients = self._make_clients(cloud)
                    while kills > 0 and not self.book.wrong:
                        some = min(kills, KILLS_AT_A_TIME)
                        with under_load(clients, self.book):
                            for _ in range(some):
                                self._kill(cloud)
                        cloud.wait_ready()
                        self._look(cloud)
                        kills -= some
            except (Failed, AssertionError) as error:
                self.book.note(str(error))
        self._engine.dispose()
        figures, book = self.figures, self.book
        figures.events = len(self._nova.settled)
        figures.wrong, figures.done, figures.refused = book.wrong, book.done, book.refused
        return figures

    def _make_clients(self, cloud: Cloud) -> list[Client]:
        caller = Caller(cloud.urls, self._rng)
        hosts = {host for names in HOSTS.values() for host in names}

        def find() -> list[Offer]:
            parts = caller.get("/v2/deployables")["deployables"]
            found = [(part["name"].partition("_")[0], part["rp_uuid"]) for part in parts]
            return [Offer(host, provider) for host, provider in sorted(found) if host in hosts]

        _await(lambda: {offer.hostname for offer in find()} == hosts, "hosts are reported")
        for profile, count in PROFILES.items():
            groups = [{"resources:PGPU": str(count)}]
            body = [{"name": profile, "groups": groups}]
            answer = caller.ask("POST", "/v2/device_profiles", body)
            if not answer.is_ok:
                raise Failed(f"profile {profile}: {answer}")
        around = Surroundings(self.book, self._nova, find())
        return [
            Client(
                Caller(cloud.urls, random.Random(self._rng.random())),
                around,
                random.Random(self._rng.random()),
            )
            for _ in range(CLIENTS)
        ]

    def _kill(self, cloud: Cloud) -> None:
        name = self._choose(cloud)
        kind = name.partition("-")[0]
        points = choose_points(self._rng, kind)
        pause = self._rng.choice((0.0, 0.0, 0.2, 0.5))
        before = self.book.done["bind"]
        point = cloud.kill(name, points, self._pace.point_seconds)
        self.figures.kills[kind] += 1
        if point is not None:
            self.figures.points[point] += 1
        time.sleep(pause)
        if kind == "agent":
            cloud.change_devices(name, self._rng.randint(0, MOST_OTHERS))
        cloud.start(name)
        deadline = time.monotonic() + self._pace.work_seconds
        while self.book.done["bind"] == before and time.monotonic() < deadline:
            time.sleep(0.02)

    def _choose(self, cloud: Cloud) -> str:
        """One that works already, but not always: a start is a moment to die as well."""
        names = self._rng.sample(VICTIMS, len(VICTIMS))
        if self._rng.random() < STARTING_SHARE:
            return names[0]
        return next((name for name in names if cloud.is_ready(name)), names[0])

    def _look(self, cloud: Cloud) -> None:
        """Wait until nothing is under way any more; what is left then is wrong."""
        began = time.monotonic()
        time.sleep(2 * PERIOD_SECONDS)
        while True:
            seen = look(self._engine, cloud, self._nova, self.book.asks)
            faults = find_faults(seen)
            took = time.monotonic() - began
            if not faults or took > SETTLE_SECONDS:
                break
            time.sleep(0.2)
        self.figures.looks += 1
        self.figures.slowest_settling = max(self.figures.slowest_settling, took)
        for fault in faults:
            self.book.note(fault)
        if not faults:
            self._learn(lambda arq: find_end(seen, arq))

    def _learn(self, find: Callable[[str], End]) -> None:
        """Everybody knows now what became of everything."""
        book = self.book
        for ask in list(book.asks):
            ask.ends = frozenset({find(ask.arqs[0])})
            if ask.ends == {End.GONE}:
                book.asks.remove(ask)
            elif ask.ends == {End.UNBOUND}:
                book.let_go(ask)
        book.idle = list(book.asks)


def make_name() -> str:
    """Of a database and a virtual host."""
    return f"rr_{uuid.uuid4().hex}"


def _await(is_so: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)
