"""A conductor that sleeps at any moment changes nothing when it wakes: others have gone on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from cyborg_rr.conductor.liveness.watch import Watch
from cyborg_rr.db import leases
from cyborg_rr.db.clock import utc_after
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.tables import AcceleratorRequestRow, LeaseRow
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.requests import ArqState, Mandate
from tests.builders import make_snapshot
from tests.services.conftest import Cloud, TestDriver, stop_server
from tests.services.processes import Process
from tests.services.test_dead_hosts import wait_for

HOST = "host-1"
MOMENTS = 4
"""More commits than a bind, an unbind or a delete makes."""


def pause_after(
    database: Database, moment: int, meanwhile: Callable[[], None]
) -> Callable[[], bool]:
    """Let others act after that commit of this database's user; gives what tells if it came."""
    writing = database.writing
    done: list[int] = []
    lock = threading.Lock()

    @contextmanager
    def pausing() -> Iterator[Session]:
        with writing() as session:
            yield session
        with lock:
            done.append(1)
            is_moment = len(done) == moment
        if is_moment:
            meanwhile()

    database.writing = pausing  # type: ignore[method-assign]
    return lambda: len(done) >= moment


@pytest.fixture
def pair(make_cloud: Callable[..., Cloud], sqlite_url: str) -> tuple[Cloud, Cloud]:
    """Two conductors on one database."""
    return make_cloud(sqlite_url, name="sleeper"), make_cloud(sqlite_url, name="other")


def take_over(other: Cloud) -> None:
    """What the other conductor does once the sleeper's lease has ended."""
    with other.database.writing() as session:
        ended = update(LeaseRow).where(LeaseRow.name == "conductor:sleeper")
        session.execute(ended.values(expires_at=utc_after(-1)))
    other.conductor.use_cases.healer.take_over()
    other.conductor.use_cases.healer.heal()


def settle(cloud: Cloud, other: Cloud) -> None:
    """What periods do that pass now."""
    for _ in range(2):
        cloud.agents[HOST].report_all()
        other.conductor.use_cases.healer.heal()


@pytest.mark.parametrize("moment", range(1, MOMENTS + 1))
@pytest.mark.parametrize("act", ["bind", "unbind", "delete"])
def test_whoever_sleeps_after_a_commit_changes_nothing_that_others_did(
    pair: tuple[Cloud, Cloud], act: str, moment: int
) -> None:
    sleeper, other = pair
    driver = sleeper.add_host(HOST, make_snapshot(HOST, 1).devices)
    cases = sleeper.conductor.use_cases
    (arq,) = sleeper.create(1)
    (rival,) = sleeper.create(1)
    acts: dict[str, Callable[[], None]] = {
        "bind": lambda: bind_directly(sleeper, arq),
        "unbind": lambda: cases.unbinder.unbind([arq], Mandate("project")),
        "delete": lambda: cases.unbinder.delete([arq], Mandate("project")),
    }
    if act != "bind":
        acts["bind"]()

    def go_on() -> None:
        take_over(other)
        if find_state(other, arq) is not ArqState.BOUND:
            bind_directly(other, rival)

    has_slept = pause_after(sleeper.database, moment, go_on)
    try:
        acts[act]()
        was_done = True
    except CyborgError:
        was_done = False
    wait_for(lambda: "releasing" not in other.handle_states() or settle(sleeper, other) is not None)
    settle(sleeper, other)
    state, rival_state = find_state(other, arq), find_state(other, rival)
    bound = [state, rival_state].count(ArqState.BOUND)
    assert bound <= 1
    assert other.handle_states() == (["held"] if bound else ["free"])
    assert len(driver.prepared) == bound
    if act == "bind" and moment == 1:
        assert has_slept()
        assert not was_done
        assert (state, rival_state) == (ArqState.UNBOUND, ArqState.BOUND)
    if was_done and act == "bind":
        assert state is ArqState.BOUND


def find_state(cloud: Cloud, arq: str) -> ArqState | None:
    """The state of a request that may be gone."""
    with cloud.database.reading() as session:
        row = session.query(AcceleratorRequestRow).filter_by(uuid=arq).one_or_none()
        return None if row is None else ArqState(row.state)


def bind_directly(cloud: Cloud, arq: str) -> None:
    """Bind at this conductor, whoever else takes calls from the bus."""
    import uuid

    from cyborg_rr.domain.requests import Binding

    (part,) = cloud.deployables()
    binding = Binding(arq, HOST, part.provider_uuid, str(uuid.uuid4()), "project")
    cloud.conductor.use_cases.binder.bind([binding], Mandate("project"))


def test_a_bind_of_a_conductor_that_lives_is_not_undone_by_anothers_clock(
    pair: tuple[Cloud, Cloud],
) -> None:
    binder, other = pair
    driver = binder.add_host(HOST, make_snapshot(HOST, 1).devices)
    (arq,) = binder.create(1)
    gate, begun = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert gate.wait(60)

    driver.on_prepare = hold
    bind = threading.Thread(target=bind_directly, args=(binder, arq))
    bind.start()
    assert begun.wait(60)
    with other.database.writing() as session:  # as a clock has it that is an hour ahead
        session.execute(update(AcceleratorRequestRow).values(bind_started_at=utc_after(-3600)))
    other.conductor.use_cases.healer.heal()
    assert find_state(other, arq) is ArqState.BIND_STARTED
    gate.set()
    bind.join(60)
    assert find_state(other, arq) is ArqState.BOUND


def test_a_bind_that_nobody_finished_is_undone_by_whoever_began_it_and_for_whoever_is_unknown(
    pair: tuple[Cloud, Cloud],
) -> None:
    binder, other = pair
    binder.add_host(HOST, make_snapshot(HOST, 2).devices)
    arqs = binder.create(1) + binder.create(1)
    late = {"state": "BindStarted", "bind_started_at": utc_after(-3600), "binding_id": "b"}
    for arq, conductor in zip(arqs, ("sleeper", "of the first release"), strict=True):
        with other.database.writing() as session:
            row = AcceleratorRequestRow
            session.execute(update(row).where(row.uuid == arq).values(conductor=conductor, **late))
    other.conductor.use_cases.healer.heal()
    assert [find_state(other, arq) for arq in arqs] == [ArqState.BIND_STARTED, ArqState.UNBOUND]
    binder.conductor.use_cases.healer.heal()
    assert find_state(other, arqs[0]) is ArqState.UNBOUND


def test_a_sleeper_declares_no_host_lost(pair: tuple[Cloud, Cloud]) -> None:
    sleeper, other = pair
    sleeper.add_host(HOST, make_snapshot(HOST, 1).devices)
    take_over(other)
    watch: Watch = sleeper.conductor.standing.watch
    assert watch._mark_lost([HOST], "it slept") == []


CONFIG = """
[DEFAULT]
transport_url = {bus}
host = {name}
state_path = {directory}
[database]
connection = {database}
[conductor]
agent_timeout = 30
lease_seconds = 4
"""


def test_a_stopped_process_finds_its_bind_undone_and_leaves_it_so(
    make_cloud: Callable[..., Cloud], mariadb_url: str, rabbit_url: str, tmp_path: Path
) -> None:
    cloud = make_cloud(mariadb_url, rabbit_url, "observer")
    stop_server(cloud.conductor._server)  # it takes no calls, so that a process has to
    gate, begun = threading.Event(), threading.Event()
    driver = TestDriver(make_snapshot(HOST, 1).devices)
    processes = {name: start(name, mariadb_url, rabbit_url, tmp_path) for name in ("one", "two")}
    try:
        for process in processes.values():
            process.wait_for("takes calls")
        cloud.add_host(HOST, driver)

        def hold() -> None:
            begun.set()
            assert gate.wait(60)

        driver.on_prepare = hold
        (arq,) = cloud.create(1)
        outcome: list[Exception | None] = []
        thread = threading.Thread(target=lambda: outcome.append(attempt(cloud, arq)))
        thread.start()
        assert begun.wait(60)
        with cloud.database.reading() as session:
            name = session.query(AcceleratorRequestRow).filter_by(uuid=arq).one().conductor
        assert name is not None
        sleeper = processes[name].process
        sleeper.send_signal(signal.SIGSTOP)
        wait_for(lambda: cloud.get(arq).state is ArqState.UNBOUND)
        with cloud.database.reading() as session:
            assert not leases.list_conductors(session)[name].is_alive
        gate.set()
        sleeper.send_signal(signal.SIGCONT)
        wait_for(lambda: is_alive(cloud, name, epoch=2))
        thread.join(90)
        assert isinstance(outcome[0], CyborgError), outcome
        assert cloud.get(arq).state is ArqState.UNBOUND
        cloud.agents[HOST].report_all()
        cloud.conductor.use_cases.healer.heal()
        wait_for(lambda: cloud.handle_states() == ["free"])
        assert not driver.prepared
        processes[name].wait_for("lease had expired")
    finally:
        for process in processes.values():
            process.process.send_signal(signal.SIGCONT)
            print(process.output.read_text()[-3000:])
            process.terminate()


def start(name: str, database: str, bus: str, directory: Path, suffix: str = "") -> Process:
    """A conductor of its own."""
    config = directory / f"{name}.conf"
    config.write_text(
        CONFIG.format(bus=bus, name=name, directory=directory, database=database.replace("%", "%%"))
    )
    arguments = ["--config-file", str(config)]
    return Process("cyborg-rr-conductor", arguments, directory / f"{name}{suffix}.log")


def attempt(cloud: Cloud, arq: str) -> Exception | None:
    """A bind, and how it ended."""
    try:
        cloud.bind([arq])
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error
    return None


def is_alive(cloud: Cloud, name: str, epoch: int) -> bool:
    """Whether a conductor has its lease, since that epoch."""
    with cloud.database.reading() as session:
        lease = leases.list_conductors(session)[name]
    return lease.is_alive and lease.epoch == epoch


def test_two_processes_of_one_name(
    make_cloud: Callable[..., Cloud], postgresql_url: str, rabbit_url: str, tmp_path: Path
) -> None:
    cloud = make_cloud(postgresql_url, rabbit_url, "observer")
    first = start("one", postgresql_url, rabbit_url, tmp_path)
    first.wait_for("takes calls")
    second = start("one", postgresql_url, rabbit_url, tmp_path, "-again")
    assert second.process.wait(60) == 2
    (line,) = [line for line in second.output.read_text().splitlines() if "runs already" in line]
    assert line.startswith("cyborg-rr-conductor: option [DEFAULT] host: conductor one runs already")
    assert "Traceback" not in second.output.read_text()
    first.kill()
    third = start("one", postgresql_url, rabbit_url, tmp_path, "-third")
    third.wait_for("takes calls")  # the first has ended, which can be seen on its machine
    assert is_alive(cloud, "one", epoch=2)
    assert third.terminate() == 0
    assert not is_alive(cloud, "one", epoch=2)  # it gave its name back
