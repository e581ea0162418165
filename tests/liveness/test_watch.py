"""Who is declared lost, by whom, and what is written of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from cyborg_rr.conductor.liveness.watch import LOOKS
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.db.clock import utc_after
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import HostRow, LeaseRow
from cyborg_rr.domain.hardware.hosts import AgentWord, HostIdentity
from cyborg_rr.domain.hardware.life import Cleanings
from tests.builders import hash_of, make_snapshot
from tests.liveness.conftest import LOST_AFTER, Bus, Clock, Conductor, pass_time
from tests.migrated import lay_out
from tests.shipped import load
from tests.statements import counted

CATALOGUE = load()


def speak(conductor: Conductor, database: Database, name: str, interval: int = 60) -> None:
    """A period of a host, at that conductor."""
    reporter = Reporter(database, CATALOGUE, [conductor], 60, conductor.liveness)
    snapshot = make_snapshot(name, 1)
    identity = HostIdentity(f"id of {name}", "m", name, "run", None, 1)
    word = AgentWord("1.0", interval)
    told = reporter.synchronise(
        name, name, hash_of(snapshot), [], identity, Cleanings(), None, word
    )
    if not told.known:
        reporter.report(name, snapshot, hash_of(snapshot), None, identity, word=word)


def list_lost(database: Database) -> list[str]:
    """The names of lost hosts."""
    with database.reading() as session:
        return list(session.scalars(select(HostRow.name).where(HostRow.lost_at.is_not(None))))


def test_a_silent_host_is_lost_and_its_next_word_finds_it(
    database: Database, bus: Bus, clock: Clock
) -> None:
    first = Conductor("a", bus, clock, database)
    speak(first, database, "host")
    pass_time(LOST_AFTER - 10, first)
    first.watch.look()
    assert list_lost(database) == []
    first.told.clear()
    pass_time(50, first)
    first.watch.look()
    assert list_lost(database) == ["host"]
    assert first.told == ["host"]
    speak(first, database, "host")
    assert list_lost(database) == []
    assert first.told == ["host", "host"]


@pytest.mark.parametrize("answer", [True, None], ids=["it is there", "nobody answers"])
def test_beside_a_conductor_of_the_first_release_no_host_is_lost(
    database: Database, bus: Bus, clock: Clock, answer: bool | None
) -> None:
    first = Conductor("a", bus, clock, database)
    speak(first, database, "host")
    first.is_beside_first_release = answer
    pass_time(LOST_AFTER + 50, first)
    first.watch.look()
    assert list_lost(database) == []
    first.is_beside_first_release = False
    pass_time(50, first)
    first.watch.look()
    assert list_lost(database) == ([] if answer else ["host"])
    pass_time(LOST_AFTER, first)
    first.watch.look()
    assert list_lost(database) == ["host"]


def test_a_host_that_is_heard_costs_no_write(database: Database, bus: Bus, clock: Clock) -> None:
    first = Conductor("a", bus, clock, database)
    speak(first, database, "host")
    pass_time(LOST_AFTER - 10, first)
    with counted(database.engine) as statements:
        speak(first, database, "host")
    pass_time(60, first)
    with counted(database.engine) as more:
        first.watch.look()
    assert len(statements) == 1
    written = [s for s in (*statements, *more) if not s.lstrip().upper().startswith("SELECT")]
    assert written == []


def test_a_host_that_speaks_rarely_may_miss_three_reports(
    database: Database, bus: Bus, clock: Clock
) -> None:
    first = Conductor("a", bus, clock, database)
    speak(first, database, "host", interval=600)
    pass_time(1790, first)
    first.watch.look()
    assert list_lost(database) == []
    pass_time(50, first)
    first.watch.look()
    assert list_lost(database) == ["host"]


def test_a_host_that_another_conductor_hears_is_not_lost(
    database: Database, bus: Bus, clock: Clock
) -> None:
    first, second = Conductor("a", bus, clock, database), Conductor("b", bus, clock, database)
    speak(first, database, "host")
    for _ in range(10):
        pass_time(50, first, second)
        speak(second, database, "host")
    first.watch.look()
    second.watch.look()
    assert list_lost(database) == []


def test_a_host_that_came_back_to_another_conductor_is_not_lost_again(
    database: Database, bus: Bus, clock: Clock
) -> None:
    first, second = Conductor("a", bus, clock, database), Conductor("b", bus, clock, database)
    speak(first, database, "host")
    for _ in range(2):
        pass_time(LOST_AFTER + 50, first, second)
        first.watch.look()
        assert list_lost(database) == ["host"]
        speak(second, database, "host")
        clock.now += LOST_AFTER / LOOKS  # its word is not told to the first yet
        first.watch.look()
        assert list_lost(database) == []


def test_a_fresh_conductor_counts_from_its_start(
    database: Database, bus: Bus, clock: Clock
) -> None:
    first = Conductor("a", bus, clock, database)
    speak(first, database, "host")
    first.membership.leave()
    clock.now += 86_400
    second = Conductor("b", bus, clock, database)
    pass_time(LOST_AFTER - 10, second)
    second.watch.look()
    assert list_lost(database) == []
    pass_time(50, second)
    second.watch.look()
    assert list_lost(database) == ["host"]


def test_a_conductor_that_is_cut_off_declares_nobody_lost(
    database: Database, bus: Bus, clock: Clock
) -> None:
    first = Conductor("a", bus, clock, database)
    speak(first, database, "host")
    pass_time(100, first)
    bus.is_cut = True
    pass_time(600, first)
    first.watch.look()
    assert list_lost(database) == []
    bus.is_cut = False  # what it missed meanwhile it does not hold against anybody
    pass_time(100, first)
    first.watch.look()
    assert list_lost(database) == []


def test_nobody_is_lost_while_a_conductor_that_lives_is_not_heard(
    database: Database, bus: Bus, clock: Clock
) -> None:
    first, second = Conductor("a", bus, clock, database), Conductor("b", bus, clock, database)
    speak(first, database, "host")
    pass_time(600, first)  # the other keeps its lease and says nothing
    first.watch.look()
    assert list_lost(database) == []
    second.membership.leave()
    pass_time(60, first)
    first.watch.look()
    assert list_lost(database) == ["host"]


def test_a_conductor_whose_lease_ended_declares_nobody_lost(
    database: Database, bus: Bus, clock: Clock
) -> None:
    first = Conductor("a", bus, clock, database)
    speak(first, database, "host")
    pass_time(600, first)
    with database.writing() as session:
        session.execute(update(LeaseRow).values(expires_at=utc_after(-1)))
    first.watch.look()
    assert list_lost(database) == []


def test_each_simulated_host_is_a_host(database: Database, bus: Bus, clock: Clock) -> None:
    first = Conductor("a", bus, clock, database)
    for name in ("sim-1", "sim-2"):
        speak(first, database, name)
    pass_time(100, first)
    speak(first, database, "sim-2")
    pass_time(100, first)
    first.watch.look()
    assert list_lost(database) == ["sim-1"]


def test_ten_thousand_silent_hosts_cost_few_statements(
    sqlite_url: str, bus: Bus, clock: Clock
) -> None:
    from cyborg_rr.conf.opts import make_config
    from cyborg_rr.db.clock import utc_now

    database = Database(make_config([], files=[], database__connection=sqlite_url).database)
    lay_out(database)
    with database.writing() as session:
        session.add_all(
            HostRow(name=f"h{n}", agent="a", created_at=utc_now()) for n in range(10_000)
        )
    first = Conductor("a", bus, clock, database)
    pass_time(600, first)
    with counted(database.engine) as statements:
        first.watch.look()
    assert len(list_lost(database)) == 10_000
    assert len(statements) <= 2 + 20 * 3
    database.close()
