"""No request waits for conductors that are known to be gone; those without a lease are believed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cyborg_rr.api import attendance
from cyborg_rr.api.attendance import ANSWERED_SECONDS, FRESH_SECONDS, SILENT_SECONDS, Attendance
from cyborg_rr.conductor.liveness.membership import BEATS
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.db.leases import CONDUCTOR, release_lease, take_lease
from cyborg_rr.domain.errors import AgentUnavailable, NoConductor
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.processes.api import find_silence_seconds
from cyborg_rr.rpc import bounded, liveness_client
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.liveness_client import LivenessClient
from cyborg_rr.rpc.transport import CONDUCTOR_TOPIC, TARGET, make_server
from tests.memory_bus import make_memory_bus
from tests.migrated import lay_out
from tests.patience import without_waiting
from tests.statements import counted


@dataclass
class Bus:
    """What is heard there, and how often it was asked; a clock that tests move."""

    is_any_there: bool | Exception = False
    asked: int = 0
    now: float = 1000.0
    done: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> bool:
        """As ``LivenessClient.is_any_there``."""
        self.asked += 1
        self.done.set()
        if isinstance(self.is_any_there, Exception):
            raise self.is_any_there
        return self.is_any_there


@pytest.fixture
def bus() -> Bus:
    """Nobody is on it."""
    return Bus()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty one."""
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    database = Database(make_config([], files=[], database__connection=url).database)
    lay_out(database)
    yield database
    database.close()


@pytest.fixture
def attending(database: Database, bus: Bus) -> Attendance:
    """What an API process knows of conductors."""
    return Attendance(database, bus.ask, lambda: bus.now)


def take(database: Database, name: str) -> None:
    with database.writing() as session:
        assert take_lease(session, f"{CONDUCTOR}{name}", name, 600)


def end(database: Database, name: str) -> None:
    with database.writing() as session:
        release_lease(session, f"{CONDUCTOR}{name}", name)


def find(attending: Attendance, bus: Bus, later: float = FRESH_SECONDS) -> str | None:
    """What is known after a while, and after what was asked meanwhile has been answered."""
    bus.now += later
    for _ in range(2):
        try:
            attending.check()
        except NoConductor as error:
            return str(error)
        for thread in threading.enumerate():
            if thread.name == "attendance":
                thread.join(10)
    return None


def test_that_all_leases_have_ended_and_nobody_answers_is_known(
    database: Database, bus: Bus, attending: Attendance
) -> None:
    for name in ("one", "two"):
        take(database, name)
    end(database, "one")
    assert find(attending, bus) is None
    end(database, "two")
    assert bus.asked == 0
    told = find(attending, bus)
    assert told is not None
    assert told.startswith("no conductor is alive; the last was seen at 20")
    take(database, "three")
    assert find(attending, bus) is None


def test_without_any_lease_conductors_are_believed_to_be_there(
    bus: Bus, attending: Attendance
) -> None:
    assert find(attending, bus) is None
    assert bus.asked == 0


def test_one_that_has_no_lease_and_answers_is_there_and_is_not_asked_often(
    database: Database, bus: Bus, attending: Attendance
) -> None:
    take(database, "newer")
    end(database, "newer")
    bus.is_any_there = True
    for _ in range(5):
        assert find(attending, bus) is None
    assert bus.asked == 1
    bus.is_any_there = False
    assert find(attending, bus, ANSWERED_SECONDS) is not None
    bus.is_any_there = True  # it is started again
    find(attending, bus, SILENT_SECONDS)
    assert find(attending, bus) is None


def test_a_bus_or_a_database_that_is_away_says_nothing_of_conductors(
    database: Database, bus: Bus, attending: Attendance
) -> None:
    take(database, "one")
    end(database, "one")
    bus.is_any_there = AgentUnavailable("the message bus does not take calls")
    assert find(attending, bus) is None
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE leases")
    assert find(attending, bus) is None


def test_a_thousand_who_wait_look_once(database: Database, bus: Bus, attending: Attendance) -> None:
    take(database, "one")
    with counted(database.engine) as statements:
        for _ in range(1000):
            attending.check()
    assert len(statements) == 1


class Waits:
    """A conductor that answers nothing for as long as the test likes."""

    target = TARGET

    def __init__(self) -> None:
        self.called = threading.Event()
        self.gate = threading.Event()

    def unbind(self, _context: object, **_arguments: object) -> dict[str, object]:
        self.called.set()
        self.gate.wait(60)
        return {"answer": None}


def test_a_call_that_waits_ends_when_the_last_conductor_has(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(attendance, "FRESH_SECONDS", 0.1)
    monkeypatch.setattr(liveness_client, "SECONDS", 0.5)
    transport = make_memory_bus(make_config([], files=[]))
    endpoint = Waits()
    server = make_server(transport, CONDUCTOR_TOPIC, "one", [endpoint])
    server.start()
    take(database, "one")
    attending = Attendance(database, LivenessClient(transport).is_any_there)
    client = ConductorClient(transport, 60, None, attending)
    outcome: list[str] = []

    def unbind() -> None:
        with without_waiting(60), pytest.raises(NoConductor) as caught:
            client.unbind(["arq"], Mandate())
        outcome.append(caught.value.code)

    caller = threading.Thread(target=unbind)
    caller.start()
    assert endpoint.called.wait(10)
    server.stop()  # it takes no calls any more, as one that has died
    end(database, "one")
    caller.join(60)
    assert outcome == ["no_conductor"]
    for ask in (lambda: client.unbind(["arq"], Mandate()), lambda: client.list_last_seen(["h"])):
        with without_waiting(60), pytest.raises(NoConductor):
            _call(ask)
    endpoint.gate.set()
    server.wait()


def _call(ask: Callable[[], object]) -> None:
    ask()


@pytest.mark.parametrize("lease_seconds", [4, 5, 20, 21, 600])
def test_no_pause_that_a_lease_outlives_ends_a_call(lease_seconds: int) -> None:
    """A conductor that works on a call says so twice in the time that it may be silent."""
    outlived = lease_seconds * (1 - 1 / BEATS)
    assert find_silence_seconds(lease_seconds) / 2 >= max(outlived, 5)
