"""A conductor's name is its own as long as it lives, and not a moment longer."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlalchemy import update

from cyborg_rr.conductor.leases import CONDUCTOR, Leases
from cyborg_rr.conductor.liveness.membership import Membership, describe_process
from cyborg_rr.db import leases
from cyborg_rr.db.clock import utc_after
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import LeaseRow
from cyborg_rr.domain.errors import Conflict


def make(database: Database, run: str, seconds: float = 60, name: str = "c") -> Membership:
    """A run of a conductor."""
    return Membership(Leases(database, run), name, seconds, "1.0")


def expire(database: Database) -> None:
    """As when all conductors slept for long."""
    with database.writing() as session:
        session.execute(update(LeaseRow).values(expires_at=utc_after(-1)))


def test_a_second_conductor_of_a_name_is_refused_as_soon_as_the_first_is_seen_to_live(
    database: Database,
) -> None:
    first, second = make(database, "one", 2), make(database, "two", 2)
    first.join()
    import threading

    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(0.2):
            first.renew()

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(Conflict, match="conductor c runs already, on node"):
            second.join()
    finally:
        stop.set()
        thread.join()


def test_conductors_of_two_names_know_of_each_other(database: Database) -> None:
    first, second = make(database, "one", name="a"), make(database, "two", name="b")
    first.join()
    second.join()
    with database.reading() as session:
        assert first.list_peers(session) == ["b"]
        assert second.list_peers(session) == ["a"]
    second.leave()
    with database.reading() as session:
        assert first.list_peers(session) == []


def test_a_name_that_was_given_back_is_had_at_once(database: Database) -> None:
    first, second = make(database, "one"), make(database, "two")
    first.join()
    first.leave()
    second.join()
    assert second.epoch == 2


def test_one_that_died_without_a_word_is_waited_for_until_its_lease_ends(
    database: Database,
) -> None:
    first, second = make(database, "one", 1), make(database, "two", 1)
    first.join()
    second.join()
    assert second.epoch == 2


def test_one_whose_process_has_ended_here_is_not_waited_for(database: Database) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        about = {"process": describe_process(process.pid), "node": "n"}
        Leases(database, "one").take(CONDUCTOR + "c", 3600, about)
        with database.reading() as session:
            seen = leases.find_lease(session, CONDUCTOR + "c")
        assert seen is not None
        assert seen.about["process"]["pid"] == process.pid
        process.kill()
        process.wait()
    second = make(database, "two", 3600)
    second.join()
    assert second.epoch == 2


def test_a_process_is_described_by_what_no_other_has() -> None:
    own = describe_process(os.getpid())
    assert own is not None
    assert set(own) == {"boot", "namespace", "pid", "start"}
    assert describe_process(os.getppid()) != own


def test_a_conductor_that_slept_takes_its_name_again_with_the_next_epoch(
    database: Database,
) -> None:
    first = make(database, "one")
    first.join()
    expire(database)
    with database.writing() as session:
        assert not first.guard(session)
    first.renew()
    assert first.epoch == 2
    with database.writing() as session:
        assert first.guard(session)


def test_a_conductor_that_finds_another_in_its_place_ends(database: Database) -> None:
    ended = []
    first = Membership(Leases(database, "one"), "c", 60, "1.0", lambda: ended.append("one"))
    second = make(database, "two")
    first.join()
    expire(database)
    second.join()
    first.renew()
    assert ended == ["one"]
    with database.writing() as session:
        assert not first.guard(session)
    first.leave()  # which must not end the other's lease
    second.renew()
    assert second.epoch == 2


def test_conductors_that_ended_long_ago_are_forgotten(database: Database) -> None:
    first, second = make(database, "one", name="a"), make(database, "two", name="b")
    first.join()
    second.join()
    Leases(database, "one").take("task:publish", 60)
    with database.writing() as session:
        old = update(LeaseRow).values(expires_at=utc_after(-8 * 86_400))
        session.execute(old.where(LeaseRow.name != CONDUCTOR + "b"))
    with database.writing() as session:
        assert leases.forget_conductors(session) == 1
    with database.reading() as session:
        assert list(leases.list_conductors(session)) == ["b"]
        assert leases.find_lease(session, "task:publish") is not None
