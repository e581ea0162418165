"""Leases: one holder at a time by the database's time, and an epoch that only grows."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select, update

from cyborg_rr.conductor.leases import Leases, Turn
from cyborg_rr.db import leases
from cyborg_rr.db.clock import utc_after, utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import LeaseRow

NAME = "task:publish"


def expire(database: Database, name: str = NAME) -> None:
    """As when its time has passed."""
    with database.writing() as session:
        session.execute(
            update(LeaseRow).where(LeaseRow.name == name).values(expires_at=utc_after(-1))
        )


def test_the_time_of_the_database_is_utc_and_has_fractions(database: Database) -> None:
    with database.reading() as session:
        now, later = session.execute(select(utc_after(), utc_after(90.5))).one()
    assert abs(now - utc_now()) < timedelta(seconds=30)
    assert timedelta(seconds=90) < later - now < timedelta(seconds=91)


def test_a_lease_has_one_holder_until_it_expires(database: Database) -> None:
    first, second = Leases(database, "first"), Leases(database, "second")
    assert first.take(NAME, 60) == 1
    assert second.take(NAME, 60) is None
    expire(database)
    assert second.take(NAME, 60) == 2
    assert first.take(NAME, 60) is None


def test_a_holder_that_takes_its_lease_again_keeps_the_epoch(database: Database) -> None:
    first = Leases(database, "first")
    assert [first.take(NAME, 60), first.take(NAME, 60)] == [1, 1]


def test_a_lease_that_is_given_back_is_anybodys_at_once_with_the_next_epoch(
    database: Database,
) -> None:
    first, second = Leases(database, "first"), Leases(database, "second")
    first.take(NAME, 60)
    first.release(NAME)
    assert second.take(NAME, 60) == 2
    first.release(NAME)
    assert first.take(NAME, 60) is None


def test_only_the_holder_renews_and_only_while_the_lease_lives(database: Database) -> None:
    first, second = Leases(database, "first"), Leases(database, "second")
    epoch = first.take(NAME, 60)
    assert epoch == 1
    assert first.renew(NAME, epoch, 60)
    assert not second.renew(NAME, epoch, 60)
    expire(database)
    assert not first.renew(NAME, epoch, 60)


def test_a_lease_expires_without_anybodys_doing(database: Database) -> None:
    first, second = Leases(database, "first"), Leases(database, "second")
    assert first.take(NAME, 0.2) == 1
    time.sleep(0.3)
    assert second.take(NAME, 60) == 2


def test_whoever_was_paused_is_told_in_the_transaction_of_its_write(database: Database) -> None:
    first, second = Leases(database, "first"), Leases(database, "second")
    epoch = first.take(NAME, 60)
    assert epoch == 1
    with database.writing() as session:
        assert first.guard(session, NAME, epoch)
    expire(database)  # it sleeps
    second.take(NAME, 60)
    with database.writing() as session:
        assert not first.guard(session, NAME, epoch)


def test_of_many_that_want_a_lease_at_once_one_gets_it(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: Leases(database, f"h{n}").take(NAME, 60), range(8)))
    assert [epoch for epoch in taken if epoch is not None] == [1]
    expire(database)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: Leases(database, f"i{n}").take(NAME, 60), range(8)))
    assert [epoch for epoch in taken if epoch is not None] == [2]


def test_a_lease_may_be_taken_over_as_it_was_read_and_not_after_it_was_renewed(
    database: Database,
) -> None:
    first, second = Leases(database, "first"), Leases(database, "second")
    first.take(NAME, 60)
    seen = second.find(NAME)
    first.renew(NAME, 1, 90)
    assert second.take(NAME, 60, over=seen) is None
    assert second.take(NAME, 60, over=second.find(NAME)) == 2


def test_leases_are_listed_by_their_prefix_with_what_their_holders_say(database: Database) -> None:
    first = Leases(database, "first")
    first.take("conductor:b", 60, {"node": "n"})
    first.take("conductor:a", 60)
    first.take("conductors", 60)
    expire(database, "conductor:a")
    with database.reading() as session:
        found = leases.list_leases(session, "conductor:")
    assert [(lease.name, lease.is_alive, lease.about) for lease in found] == [
        ("conductor:a", False, {}),
        ("conductor:b", True, {"node": "n"}),
    ]
    assert abs(found[1].renewed_at - utc_now()) < timedelta(seconds=30)


def test_a_task_of_the_cloud_is_one_conductors_until_its_time_is_over(database: Database) -> None:
    first, second = (Turn(Leases(database, name), name, "publish", 60) for name in ("a", "b"))
    assert [first.is_ours(), second.is_ours(), first.is_ours()] == [True, False, True]
    expire(database)
    assert [second.is_ours(), first.is_ours()] == [True, False]


def test_a_conductor_that_was_restarted_goes_on_with_its_task_at_once(database: Database) -> None:
    before, after = (Turn(Leases(database, run), "a", "publish", 60) for run in ("run-1", "run-2"))
    assert before.is_ours()
    assert [after.is_ours(), after.is_ours()] == [True, True]
    with database.reading() as session:
        lease = leases.find_lease(session, NAME)
    assert lease is not None
    assert (lease.holder, lease.epoch) == ("run-2", 2)
