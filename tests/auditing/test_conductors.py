"""What the audit says of conductors, by their leases."""

from __future__ import annotations

from datetime import timedelta

from cyborg_rr.conductor.auditing.kinds import Code
from cyborg_rr.db.clock import utc_now
from tests.auditing.world import World

ENDED = timedelta(seconds=10)
ALIVE = timedelta(seconds=600)


def test_without_any_lease_nothing_is_said_of_conductors(sqlite_world: World) -> None:
    assert sqlite_world.find() == []


def test_one_that_ended_beside_another_is_no_finding_when_it_left_nothing(
    sqlite_world: World,
) -> None:
    sqlite_world.add_lease(utc_now() - ENDED, "ended")
    sqlite_world.add_lease(utc_now() + ALIVE, "alive")
    assert sqlite_world.find() == []


def test_that_none_is_alive_counts_from_the_end_of_the_last(world: World) -> None:
    world.break_no_conductor()
    (found,) = world.find()
    assert (found.code, found.key) == (Code.NO_CONDUCTOR, "last")
    assert found.since is not None
    assert ENDED <= utc_now() - found.since < 2 * ENDED
    assert found.why == "its lease has expired, the last of 2"


def test_what_an_ended_conductor_was_binding_is_told_once_and_ends_with_the_undoing(
    world: World,
) -> None:
    world.break_conductor_left_work()
    (found,) = world.find(Code.CONDUCTOR_LEFT_WORK)
    assert found.why == "binds of it that nobody has undone yet: 1"
    assert len(world.find(Code.BIND_ABANDONED)) == 1
    outcomes = world.mender.heal()
    assert {each.finding.code for each in outcomes} == {
        Code.BIND_ABANDONED,
        Code.CONDUCTOR_LEFT_WORK,
    }
    assert all(each.is_mended for each in outcomes)
    assert world.find() == []
