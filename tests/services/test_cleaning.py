"""From release to the next holder: nobody gets what is not clean, and what is stuck says why."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.cleaning import cleaner
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.service import AgentService
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.hardware import records
from cyborg_rr.domain.errors import Conflict, CyborgError, HandleInUse, InvalidState, NotFound
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.hardware.stored import HandleRecord, HandleState
from cyborg_rr.domain.requests import ArqState, Claim, Mandate
from cyborg_rr.drivers.driver import CleanFailed, NoCleanMethod
from cyborg_rr.drivers.gpu.nvidia.idle import StillInUse
from cyborg_rr.processes.options import read_cleaning
from tests.builders import make_snapshot
from tests.services.conftest import Cloud, TestDriver
from tests.services.invariants import find_faults
from tests.statements import counted

HOST = "host-1"
MINE = Mandate("project")


class Dirt:
    """A clean that lasts until it is told how to end."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Event()
        self.trouble: Exception | None = None

    def __call__(self) -> None:
        self.begun.set()
        self.go_on.wait(30)
        if self.trouble is not None:
            raise self.trouble


@pytest.fixture(autouse=True)
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases wait for cleans long enough for those that take no time, and no longer."""
    monkeypatch.setattr(cleaner, "SECONDS_TO_CLEAN", 0.5)


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def hold(cloud: Cloud, on_clean: Callable[[], object] = lambda: None) -> tuple[str, TestDriver]:
    """A host with one device that a request holds."""
    driver = cloud.add_host(HOST, make_snapshot(HOST, 1).devices)
    driver.on_clean = on_clean
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    return arq, driver


def the_handle(cloud: Cloud) -> HandleRecord:
    with cloud.database.reading() as session:
        (record,) = records.list_handles(session)
    return record


def test_a_clean_that_takes_no_time_leaves_the_handle_free_with_the_unbind(
    make_cloud: Callable[..., Cloud], database_url: str
) -> None:
    cloud = make_cloud(database_url)
    arq, driver = hold(cloud)
    cloud.client.unbind([arq], MINE)
    assert len(driver.cleaned) == 1
    record = the_handle(cloud)
    assert (record.state, record.clean_method) == (HandleState.FREE, "test")
    assert record.cleaned_at is not None
    cloud.agents[HOST].report_all()
    assert cloud.agents[HOST]._attachments.cleaner.list_state(HOST)[1] == Cleanings()
    assert find_faults(cloud) == []


def test_a_handle_is_nobodys_until_its_long_clean_has_ended(
    make_cloud: Callable[..., Cloud], database_url: str
) -> None:
    cloud = make_cloud(database_url)
    dirt = Dirt()
    arq, _ = hold(cloud, dirt)
    cloud.client.unbind([arq], MINE)
    assert cloud.get(arq).state is ArqState.UNBOUND
    assert the_handle(cloud).state is HandleState.DIRTY
    with pytest.raises(CyborgError, match="attach handle"):
        cloud.bind([arq])
    part = cloud.agents[HOST]._attachments
    claim = Claim("late", arq, cloud.deployables()[0].name, the_handle(cloud).handle)
    with pytest.raises(HandleInUse, match="not cleaned"):
        part.prepare(HOST, [claim])  # the host refuses on its own
    cloud.agents[HOST].report_all()
    cloud.conductor.use_cases.healer.heal()
    assert the_handle(cloud).state is HandleState.DIRTY
    dirt.go_on.set()
    wait_until(lambda: not part.cleaner._workers.is_busy_with(claim.binding_id))
    wait_until(lambda: bool(part.cleaner.list_state(HOST)[1].cleaned))
    cloud.agents[HOST].report_all()
    assert the_handle(cloud).state is HandleState.FREE
    cloud.bind([arq])
    assert cloud.get(arq).state is ArqState.BOUND


def test_the_end_of_a_long_clean_is_told_at_once(cloud: Cloud) -> None:
    dirt = Dirt()
    arq, _ = hold(cloud, dirt)
    told: list[str] = []
    agent = cloud.agents[HOST]
    agent._attachments.cleaner.call_on_news(told.append)
    cloud.client.unbind([arq], MINE)
    assert told == []
    dirt.go_on.set()
    wait_until(lambda: told == [HOST])


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (CleanFailed("scratched", "the glass is scratched"), "scratched"),
        (NoCleanMethod("there is no rag"), "no_clean_method"),
        (OSError("Input/output error"), "driver_failed"),
    ],
)
def test_what_cannot_be_cleaned_stays_out_with_its_reason_and_is_cleaned_when_asked(
    cloud: Cloud, trouble: Exception, code: str
) -> None:
    dirt = Dirt()
    dirt.go_on.set()
    dirt.trouble = trouble
    arq, driver = hold(cloud, dirt)
    cloud.client.unbind([arq], MINE)
    record = the_handle(cloud)
    assert (record.state, record.reason_code) == (HandleState.QUARANTINED, code)
    assert record.reason
    for _ in range(2):  # it is not tried again by itself
        cloud.agents[HOST].report_all()
        cloud.conductor.use_cases.healer.heal()
    assert the_handle(cloud).state is HandleState.QUARANTINED
    assert driver.cleaned == []
    with pytest.raises(CyborgError):
        cloud.bind([arq])
    cloud.client.retry_clean(record.uuid, "operator")
    assert the_handle(cloud).state is HandleState.QUARANTINED
    dirt.trouble = None
    cloud.client.retry_clean(record.uuid, "operator")
    assert the_handle(cloud).state is HandleState.FREE
    cloud.bind([arq])


def test_what_nothing_can_clean_is_handed_out_again_where_the_operator_wants_it_so(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    conf = make_config([])
    conf.set_override("without_method", "release", "cleaning")
    driver = cloud.add_host(HOST, make_snapshot(HOST, 1).devices, read_cleaning(conf))
    arq, other = cloud.create(2)
    cloud.bind([arq])
    dirt = Dirt()
    dirt.go_on.set()
    dirt.trouble = NoCleanMethod("there is no rag")
    driver.on_clean = dirt
    cloud.client.unbind([arq], MINE)
    record = the_handle(cloud)
    assert (record.state, record.clean_method) == (HandleState.FREE, "none")
    warnings = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    assert [line for line in warnings if "without having been cleaned" in line] == [
        f"{cloud.deployables()[0].name} on {HOST} is handed out again without having been cleaned,"
        " as [cleaning] without_method says"
    ]
    cloud.bind([other])
    assert cloud.get(other).state is ArqState.BOUND
    dirt.trouble = CleanFailed("scratched", "the glass is scratched")
    cloud.client.unbind([other], MINE)
    assert the_handle(cloud).state is HandleState.QUARANTINED, "it tried, and that failed"


def test_an_operator_can_quarantine_retry_and_vouch_but_not_take_what_is_held(
    make_cloud: Callable[..., Cloud], database_url: str
) -> None:
    cloud = make_cloud(database_url)
    arq, driver = hold(cloud)
    uuid = the_handle(cloud).uuid
    for word in (
        lambda: cloud.client.quarantine_handle(uuid, "it smells", "operator"),
        lambda: cloud.client.retry_clean(uuid, "operator"),
        lambda: cloud.client.accept_handle(uuid, "aired", "operator"),
    ):
        with pytest.raises(InvalidState, match="that is held"):
            word()
    cloud.client.unbind([arq], MINE)
    cloud.client.quarantine_handle(uuid, "it smells", "operator")
    cloud.agents[HOST].report_all()
    with pytest.raises(CyborgError):
        cloud.bind([arq])
    assert (the_handle(cloud).reason_code, the_handle(cloud).reason) == ("operator", "it smells")
    cleaned = len(driver.cleaned)
    cloud.client.retry_clean(uuid, "operator")
    assert the_handle(cloud).state is HandleState.FREE
    assert len(driver.cleaned) == cleaned + 1
    cloud.client.quarantine_handle(uuid, "it smells", "operator")
    cloud.client.accept_handle(uuid, "aired", "operator")
    assert the_handle(cloud).clean_method == "operator"
    cloud.bind([arq])
    with pytest.raises(NotFound):
        cloud.client.quarantine_handle(arq, "no such handle", "operator")


def test_the_hosts_ledger_lets_go_of_what_an_operator_vouches_for(cloud: Cloud) -> None:
    dirt = Dirt()
    dirt.go_on.set()
    dirt.trouble = CleanFailed("scratched", "the glass is scratched")
    arq, _ = hold(cloud, dirt)
    cloud.client.unbind([arq], MINE)
    cloud.client.accept_handle(the_handle(cloud).uuid, "polished", "operator")
    assert the_handle(cloud).state is HandleState.FREE
    cloud.agents[HOST].report_all()
    assert the_handle(cloud).state is HandleState.FREE
    cloud.bind([arq])


def test_nobody_vouches_for_what_is_being_cleaned(cloud: Cloud) -> None:
    dirt = Dirt()
    arq, _ = hold(cloud, dirt)
    cloud.client.unbind([arq], MINE)
    uuid = the_handle(cloud).uuid
    with pytest.raises(InvalidState):
        cloud.client.accept_handle(uuid, "polished", "operator")
    cloud.client.quarantine_handle(uuid, "I want to look", "operator")
    with pytest.raises(Conflict, match="is cleaning it now"):
        cloud.client.accept_handle(uuid, "polished", "operator")
    dirt.go_on.set()
    part = cloud.agents[HOST]._attachments.cleaner
    wait_until(lambda: bool(part.list_state(HOST)[1].cleaned))
    cloud.agents[HOST].report_all()
    assert the_handle(cloud).state is HandleState.QUARANTINED  # a clean ends no quarantine
    cloud.client.accept_handle(uuid, "polished", "operator")
    assert the_handle(cloud).state is HandleState.FREE


def restart(cloud: Cloud, driver: TestDriver) -> AgentService:
    """A second agent process over the same ledger; the first was killed and says no more."""
    old = cloud.agents[HOST]
    old._server.stop()
    old._server.wait()
    cloud.ledgers[0].close()
    ledger = Ledger(cloud.directory / f"{HOST}.sqlite")
    cloud.ledgers[0] = ledger
    agent = AgentService(
        HOST, [Host(HOST, [driver])], Attachments(ledger), cloud.client, cloud.transport, 3600
    )
    cloud.agents[HOST] = agent
    agent._server.start()
    return agent


def test_a_clean_that_died_with_its_agent_is_begun_again(cloud: Cloud) -> None:
    dirt = Dirt()
    arq, driver = hold(cloud, dirt)
    cloud.client.unbind([arq], MINE)
    assert dirt.begun.wait(10)
    second = Dirt()
    driver.on_clean = second
    agent = restart(cloud, driver)
    cloud.conductor.use_cases.healer.heal()
    assert the_handle(cloud).state is HandleState.DIRTY
    agent.report_all()
    assert second.begun.wait(10)
    assert the_handle(cloud).state is HandleState.DIRTY
    second.go_on.set()
    wait_until(lambda: bool(agent._attachments.cleaner.list_state(HOST)[1].cleaned))
    agent.report_all()
    assert the_handle(cloud).state is HandleState.FREE
    dirt.go_on.set()


def test_a_conductor_that_dies_after_the_hosts_answer_learns_it_from_the_next_report(
    make_cloud: Callable[..., Cloud], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = make_cloud(database_url)
    arq, driver = hold(cloud)
    releaser = cloud.conductor.use_cases.unbinder._releaser
    monkeypatch.setattr(releaser._cleaning, "take", lambda *_: None)
    cloud.client.unbind([arq], MINE)
    assert the_handle(cloud).state is HandleState.RELEASING
    assert len(driver.cleaned) == 1
    cloud.agents[HOST].report_all()
    assert the_handle(cloud).state is HandleState.FREE
    assert len(driver.cleaned) == 1


def test_a_retry_whose_call_never_came_is_made_good_by_healing(cloud: Cloud) -> None:
    arq, driver = hold(cloud)
    cloud.client.unbind([arq], MINE)
    uuid = the_handle(cloud).uuid
    cloud.client.quarantine_handle(uuid, "it smells", "operator")
    states = cloud.conductor.use_cases.handles
    drive, states._releaser.drive = states._releaser.drive, lambda _items: None  # type: ignore[method-assign, assignment]
    cloud.client.retry_clean(uuid, "operator")
    states._releaser.drive = drive  # type: ignore[method-assign]
    cloud.agents[HOST].report_all()
    assert the_handle(cloud).state is HandleState.DIRTY  # the host's silence proves nothing
    cloud.conductor.use_cases.healer.heal()
    assert the_handle(cloud).state is HandleState.FREE
    assert len(driver.cleaned) == 2


def test_a_late_word_on_an_earlier_clean_frees_nothing(cloud: Cloud) -> None:
    dirt = Dirt()
    arq, _ = hold(cloud, dirt)
    cloud.client.unbind([arq], MINE)
    part = cloud.agents[HOST]._attachments.cleaner
    dirt.go_on.set()
    wait_until(lambda: bool(part.list_state(HOST)[1].cleaned))
    late = part.list_state(HOST)[1]
    uuid = the_handle(cloud).uuid
    cloud.client.quarantine_handle(uuid, "not yet", "operator")
    dirt.go_on.clear()
    cloud.client.retry_clean(uuid, "operator")
    assert the_handle(cloud).state is HandleState.DIRTY
    reporter = cloud.conductor.use_cases.reporter
    with cloud.database.engine.begin() as connection:  # as an agent of the first release
        connection.exec_driver_sql("UPDATE hosts SET host_id = NULL")
    reporter.synchronise(HOST, HOST, "hash", [], None, late)
    assert the_handle(cloud).state is HandleState.DIRTY
    dirt.go_on.set()


def test_a_database_that_lost_a_quarantine_learns_it_again(cloud: Cloud) -> None:
    dirt = Dirt()
    dirt.go_on.set()
    dirt.trouble = CleanFailed("scratched", "the glass is scratched")
    arq, _ = hold(cloud, dirt)
    cloud.client.unbind([arq], MINE)
    with cloud.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE attach_handles SET state = 'free', binding_id = NULL, reason = NULL,"
            " reason_code = NULL, state_since = NULL"
        )
    cloud.agents[HOST].report_all()
    record = the_handle(cloud)
    assert (record.state, record.reason_code) == (HandleState.QUARANTINED, "scratched")


def test_an_unchanged_host_with_unclean_handles_costs_no_write(cloud: Cloud) -> None:
    dirt = Dirt()
    dirt.go_on.set()
    dirt.trouble = CleanFailed("scratched", "the glass is scratched")
    arq, _ = hold(cloud, dirt)
    cloud.client.unbind([arq], MINE)
    cloud.agents[HOST].report_all()
    with counted(cloud.database.engine) as statements:
        assert cloud.agents[HOST].report_all()
    assert len(statements) <= 3
    assert all(statement.lstrip().startswith("SELECT") for statement in statements)


def test_what_an_agent_of_the_first_release_lets_go_of_is_free_at_once_and_said_once(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    arq, _ = hold(cloud)
    releaser = cloud.conductor.use_cases.unbinder._releaser
    release = releaser._agents.release

    def answer_nothing(*arguments: object) -> None:
        release(*arguments)  # type: ignore[arg-type]

    releaser._agents.release = answer_nothing  # type: ignore[method-assign, assignment]
    for _ in range(2):
        cloud.client.unbind([arq], MINE)
        assert the_handle(cloud).state is HandleState.FREE
        assert the_handle(cloud).clean_method is None
        cloud.bind([arq])
    assert sum("first release" in record.message for record in caplog.records) == 1


def test_a_release_of_a_binding_that_the_ledger_lost_is_cleaned_too(cloud: Cloud) -> None:
    arq, driver = hold(cloud)
    with cloud.ledgers[0].changing(HOST) as (connection, _):
        connection.execute("DELETE FROM claims")
    driver.prepared.clear()
    cloud.client.unbind([arq], MINE)
    assert the_handle(cloud).state is HandleState.FREE
    assert len(driver.cleaned) == 1


def test_a_bind_that_the_host_refused_cleans_nothing_of_its_holder(cloud: Cloud) -> None:
    arq, driver = hold(cloud)
    other = Claim("other", "other-arq", cloud.deployables()[0].name, the_handle(cloud).handle)
    attachments = cloud.agents[HOST]._attachments
    with pytest.raises(HandleInUse):
        attachments.prepare(HOST, [other])
    told = attachments.release(HOST, [other])
    assert [item.binding_id for item in told.cleaned] == ["other"]
    assert driver.cleaned == []
    assert cloud.get(arq).state is ArqState.BOUND


def test_one_device_is_cleaned_one_after_the_other_and_others_do_not_wait(tmp_path: Path) -> None:
    from cyborg_rr.agent.cleaning.worker import Job, Workers

    at_work: list[str] = []
    most: dict[str, int] = {}
    lock = threading.Lock()

    def do(job: Job) -> None:
        with lock:
            at_work.append(job.device)
            for device in (job.device, "any"):
                count = len(at_work) if device == "any" else at_work.count(device)
                most[device] = max(most.get(device, 0), count)
        time.sleep(0.02)
        with lock:
            at_work.remove(job.device)

    workers = Workers(do, 3)
    for number in range(24):
        workers.add(Job("h", f"device-{number % 4}", str(number)))
    assert workers.wait_for([str(number) for number in range(24)], 30)
    assert {device: count for device, count in most.items() if device != "any"} == {
        f"device-{number}": 1 for number in range(4)
    }
    assert 1 < most["any"] <= 3


def test_a_handle_key_is_not_a_place() -> None:
    """Two handles of one device without places are told apart by their addresses."""
    from cyborg_rr.agent.ledger.unclean import is_same_handle

    one, other = (
        Claim("a", "a", "p", AttachHandle("PCI", {"function": str(n)}), "device") for n in range(2)
    )
    assert not is_same_handle(one, other)
    assert is_same_handle(one, one)


def test_what_a_process_still_uses_is_not_let_go_of_and_says_why(cloud: Cloud) -> None:
    arq, driver = hold(cloud)
    driver.release_trouble = StillInUse("used by process 4242 of the host")
    cloud.client.unbind([arq], MINE)
    record = the_handle(cloud)
    assert (record.state, record.reason_code) == (HandleState.RELEASING, "release_failed")
    assert "used by process 4242 of the host" in (record.reason or "")
    assert len(cloud.agents[HOST]._attachments.list_claims(HOST)) == 1
    assert driver.cleaned == []
    cloud.conductor.use_cases.healer.heal()
    assert the_handle(cloud).state is HandleState.RELEASING
    driver.release_trouble = None
    cloud.conductor.use_cases.healer.heal()
    record = the_handle(cloud)
    assert (record.state, record.reason_code, record.reason) == (HandleState.FREE, None, None)
    assert len(driver.cleaned) == 1
