"""Rolls the first release to this one under load: ``python -m tests.long.rolling``.

For each order of kinds, on MariaDB or PostgreSQL, a cloud of release 0.0.1 gets its database
migrated and then one process after the other replaced by this release's, while a client binds,
unbinds and deletes. The exit status is 0 when nothing was wrong, 1 when something was, 2 when the
first release cannot be had here.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.long.rolling.cloud import DEVICES, HOSTS, KINDS, Cloud, Failed
from tests.long.rolling.load import (
    REQUESTS,
    Book,
    Caller,
    Offer,
    Worker,
    bind_document,
    key_of,
    under_load,
)
from tests.long.rolling.releases import Missing, Release, build_first, find_this
from tests.servers.mariadb import MariaDb
from tests.servers.postgresql import PostgreSql
from tests.servers.rabbitmq import RabbitMq
from tests.servers.server import ServerMissing, address_of, close_run, open_run

ORDERS = {
    "agent-first": ["agent-1", "agent-2", "conductor-1", "conductor-2", "api-1", "api-2"],
    "conductor-first": ["conductor-1", "conductor-2", "agent-1", "agent-2", "api-1", "api-2"],
    "api-first": ["api-1", "api-2", "conductor-1", "conductor-2", "agent-1", "agent-2"],
    "by-node": ["conductor-1", "agent-1", "api-1", "api-2", "agent-2", "conductor-2"],
}
DATABASES = (MariaDb(), PostgreSql())
PROFILE = "rolling"
WORKERS = 4
KEPT = 2
"""Requests on each host that stay bound from the first step to the last."""

BINDS_TO_BE_BACK = 2
"""On each host, after which a process that was exchanged counts as in service."""

BACK_SECONDS = 90.0
QUIET_SECONDS = 5.0
"""Load after each step, in which nothing may be refused any more."""


def main(arguments: Sequence[str]) -> int:
    """Play each order, and print what each step brought."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.rolling", description=__doc__)
    parser.add_argument("--order", choices=ORDERS, action="append", help="one of all")
    names = [each.name for each in DATABASES]
    parser.add_argument("--database", choices=names, help="for all orders, not each in turn")
    parser.add_argument(
        "--restart", action="store_true", help="begin with this release too: nothing is migrated"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--logs", type=Path, help="keep what the processes said here")
    options = parser.parse_args(arguments)
    run = open_run()
    try:
        first = find_this() if options.restart else build_first(run / "first")
        orders = options.order or list(ORDERS)
        played = [
            _play(run, first, order, database, options)
            for number, order in enumerate(orders)
            for database in _choose(options.database, number)
        ]
    except (Missing, ServerMissing) as error:
        print(f"NOT RUN: {error}", file=sys.stderr)
        return 2
    finally:
        close_run(run)
    return 0 if all(played) else 1


def _choose(name: str | None, number: int) -> list[MariaDb | PostgreSql]:
    """The database that was asked for, or one and the other in turn."""
    if name is None:
        return [DATABASES[number % len(DATABASES)]]
    return [each for each in DATABASES if each.name == name]


def _play(
    run: Path,
    first: Release,
    order: str,
    database: MariaDb | PostgreSql,
    options: argparse.Namespace,
) -> bool:
    name = f"rr_{uuid.uuid4().hex}"
    bus = RabbitMq()
    directory = run / f"{order}-{database.name}"
    cloud = Cloud(
        directory,
        bus.create(address_of(bus), name),
        database.create(address_of(database), name),
    )
    print(f"{order}, {database.name}, seed {options.seed}", flush=True)
    rolling = Rolling(cloud, first, find_this(), random.Random(options.seed))
    with cloud.running():
        try:
            rolling.play(ORDERS[order])
        except (Failed, AssertionError) as error:
            rolling.book.note(str(error))
    if options.logs is not None:
        for log in cloud.list_logs():
            target = options.logs / directory.name / f"{log.parent.name}.log"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(log, target)
    for wrong in rolling.book.wrong:
        print(f"  WRONG: {wrong}")
    return not rolling.book.wrong


class Rolling:
    """One order, played from the first release's cloud to this one's."""

    def __init__(self, cloud: Cloud, first: Release, this: Release, rng: random.Random) -> None:
        self._cloud = cloud
        self._first = first
        self._this = this
        self._rng = rng
        self._caller = Caller(cloud.urls, rng)
        self.book = Book()

    def play(self, order: Sequence[str]) -> None:
        """All steps; what is wrong is noted in the book."""
        self._cloud.migrate(self._first)
        for kind in KINDS:
            for number in (1, 2):
                self._cloud.start(self._first, f"{kind}-{number}")
        offers = self._wait_for_offers()
        made = self._caller.ask(
            "POST",
            "/v2/device_profiles",
            [{"name": PROFILE, "groups": [{"resources:PGPU": "1"}]}],
        )
        assert made.is_ok, made
        kept = self._bind_what_stays(offers)
        before = self._look(kept)
        workers = [
            Worker(
                Caller(self._cloud.urls, random.Random(self._rng.random())),
                self.book,
                offers,
                PROFILE,
                random.Random(self._rng.random()),
            )
            for _ in range(WORKERS)
        ]
        with under_load(workers, self.book):
            with self._step("the database"):
                self._cloud.migrate(self._this)
            self._compare(before, kept)
            for name in order:
                with self._step(name):
                    self._cloud.end(name)
                    self._cloud.start(self._this, name)
                self._compare(before, kept)
        self._end(kept)

    def _wait_for_offers(self) -> list[Offer]:
        def find() -> list[Offer]:
            return [
                Offer(part["name"].partition("_")[0], part["rp_uuid"])
                for part in self._caller.get("/v2/deployables")["deployables"]
                if part["name"].partition("_")[0] in HOSTS
            ]

        return _await(find, lambda found: len(found) == DEVICES * len(HOSTS), "all devices")

    def _bind_what_stays(self, offers: Sequence[Offer]) -> list[str]:
        kept = []
        for hostname in HOSTS:
            for offer in [offer for offer in offers if offer.hostname == hostname][:KEPT]:
                made = self._caller.ask("POST", REQUESTS, {"device_profile_name": PROFILE})
                assert made.is_ok, made
                arq = json.loads(made.text)["arqs"][0]["uuid"]
                document = bind_document(arq, offer, str(uuid.uuid4()))
                answer = self._caller.ask("PATCH", REQUESTS, document)
                assert answer.is_ok, answer
                kept.append(arq)
                self.book.take(key_of(self._caller.get(f"{REQUESTS}/{arq}")), arq)
        return kept

    def _look(self, kept: Sequence[str]) -> dict[str, Any]:
        """What no step may change."""
        requests = [self._caller.get(f"{REQUESTS}/{arq}") for arq in kept]
        devices = self._caller.get("/v2/devices")["devices"]
        parts = self._caller.get("/v2/deployables")["deployables"]
        return {
            "requests": [
                {key: value for key, value in each.items() if key not in ("links", "updated_at")}
                for each in requests
            ],
            "devices": sorted((each["uuid"], each["hostname"], each["model"]) for each in devices),
            "parts": sorted((each["uuid"], each["name"], each["rp_uuid"]) for each in parts),
        }

    def _compare(self, before: dict[str, Any], kept: Sequence[str]) -> None:
        now = self._look(kept)
        for what, was in before.items():
            if now[what] != was:
                self.book.note(f"{what} were {was}, and are {now[what]}")

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        """Exchange something, wait until all hosts are bound on again, then let nothing fail."""
        book = self.book
        found = len(book.wrong)
        with book.lock:
            book.done.clear()
            book.refused.clear()
            book.is_exchanging = True
            book.exchanges += 1
        began = time.monotonic()
        yield
        exchanged = time.monotonic() - began
        with book.lock:
            known = book.done.copy()
        _await(
            lambda: [book.done[f"bind on {host}"] - known[f"bind on {host}"] for host in HOSTS],
            lambda binds: min(binds) >= BINDS_TO_BE_BACK,
            f"binds on all hosts after {name}",
        )
        back = time.monotonic() - began
        time.sleep(1.0)  # what was begun before ends
        with book.lock:
            book.is_exchanging = False
        time.sleep(QUIET_SECONDS)
        with book.lock:
            binds = sum(book.done[f"bind on {host}"] for host in HOSTS)
            refused = dict(book.refused)
        verdict = "ok" if len(book.wrong) == found else "WRONG"
        print(
            f"  {name:12} {verdict:6} exchanged in {exchanged:4.1f} s, binds everywhere after"
            f" {back:4.1f} s; {binds} binds, refused {refused}",
            flush=True,
        )

    def _end(self, kept: Sequence[str]) -> None:
        for arq in kept:
            answer = self._caller.ask("DELETE", f"{REQUESTS}?arqs={arq}")
            if not answer.is_ok:
                self.book.note(f"delete of {arq}, bound all the time: {answer}")
        left = self._caller.get(REQUESTS)["arqs"]
        if left:
            self.book.note(f"requests are left: {left}")
        time.sleep(QUIET_SECONDS)
        status, said = self._cloud.run(self._this, "manage", "audit", "--patience", "0")
        if status:
            self.book.note(f"the audit found:\n{said}")


def _await(find: Callable[[], Any], is_it: Callable[[Any], bool], what: str) -> Any:
    deadline = time.monotonic() + BACK_SECONDS
    while True:
        found = find()
        if is_it(found):
            return found
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {BACK_SECONDS:.0f} s, only {found}")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
