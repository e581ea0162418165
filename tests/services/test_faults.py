"""Faults at awkward moments: whatever happens, requests, handles and hosts agree afterwards."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import event

from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.service import AgentService
from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.db.hardware import devices, records
from cyborg_rr.domain.errors import AgentUnavailable, Conflict, CyborgError, NotFound
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.requests import ArqState, Binding, Mandate
from tests.builders import hash_of, make_device, make_snapshot
from tests.services.conftest import Cloud, TestDriver
from tests.services.invariants import find_faults

RACE_SECONDS = 1.5


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_binds_unbinds_and_deletes_of_one_request_may_cross(
    make_cloud: Callable[..., Cloud], database_url: str
) -> None:
    cloud = make_cloud(database_url)
    cloud.add_host("host-1", make_snapshot("host-1", 1, handles=3).devices)
    provider = cloud.deployables()[0].provider_uuid
    arqs = cloud.create(2)
    binder = cloud.conductor.use_cases.binder
    unexpected: list[str] = []
    end = time.monotonic() + RACE_SECONDS

    def play(number: int) -> None:
        while time.monotonic() < end:
            arq = arqs[number % 2]
            try:
                if number < 4:
                    binder.bind(
                        [Binding(arq, "host-1", provider, str(uuid.uuid4()), "project")],
                        Mandate("project"),
                    )
                elif number < 6:
                    cloud.conductor.use_cases.unbinder.unbind([arq], Mandate("project"))
                else:
                    time.sleep(RACE_SECONDS / 4)
                    cloud.conductor.use_cases.unbinder.delete([arq], Mandate("project"))
                    arqs[number % 2] = cloud.create(1)[0]
            except CyborgError:
                pass  # somebody else was first
            except Exception as error:  # noqa: BLE001 - whatever else happens must be seen
                unexpected.append(repr(error))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(play, range(8)))
    assert not unexpected
    assert find_faults(cloud) == []


def bindings_of(cloud: Cloud, arqs: list[str]) -> list[Binding]:
    parts = cloud.deployables()
    instance = str(uuid.uuid4())
    return [
        Binding(arq, part.name.rpartition("_")[0], part.provider_uuid, instance, "project")
        for arq, part in zip(arqs, parts, strict=False)
    ]


def test_a_request_that_is_deleted_while_it_is_claimed_takes_its_handle_along(
    make_cloud: Callable[..., Cloud], postgresql_url: str
) -> None:
    cloud = make_cloud(postgresql_url)
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    bindings = bindings_of(cloud, [arq])
    deleted = threading.Thread(
        target=cloud.conductor.use_cases.unbinder.delete, args=([arq], Mandate("project"))
    )

    def pause(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE accelerator_requests") and deleted.ident is None:
            deleted.start()
            time.sleep(0.5)  # it comes as far as it can while the claim is not committed

    event.listen(cloud.database.engine, "after_cursor_execute", pause)
    try:
        cloud.conductor.use_cases.binder.bind(bindings, Mandate("project"))
    except CyborgError:
        pass
    deleted.join(30)
    event.remove(cloud.database.engine, "after_cursor_execute", pause)
    assert find_faults(cloud) == []
    assert cloud.handle_states() == [HandleState.FREE]


def test_starting_undoes_no_bind_of_the_new_run(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    binder = cloud.conductor.use_cases.binder
    plan = binder.claimer.claim(bindings_of(cloud, [arq]), Mandate("project"))
    cloud.conductor.use_cases.healer.heal_own()
    assert cloud.get(arq).state is ArqState.BIND_STARTED
    binder.give_up(plan, "the test is over")


def test_a_claim_that_cannot_be_released_does_not_keep_a_host_from_reporting(
    cloud: Cloud,
) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 2).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    driver.release_trouble = OSError("stuck")
    cloud.client.delete_requests([arq], Mandate("project"))
    driver.devices = driver.devices[:1]
    cloud.agents["host-1"].report_all()
    with cloud.database.reading() as session:
        assert len(devices.list_devices(session)) == 1
    assert len(cloud.ledgers[0].list_claims("host-1")) == 1
    driver.release_trouble = None
    cloud.conductor.use_cases.healer.heal()
    assert find_faults(cloud) == []


def restart_agent(cloud: Cloud, name: str, driver: TestDriver) -> AgentService:
    """The agent as a new process on the same ledger, after its first look."""
    from cyborg_rr.agent.attach import Attachments

    old = cloud.agents[name]
    old._server.stop()
    old._server.wait()
    ledger = cloud.ledgers[list(cloud.agents).index(name)]
    agent = AgentService(
        name, [Host(name, [driver])], Attachments(ledger), cloud.client, cloud.transport, 3600
    )
    cloud.agents[name] = agent
    agent._server.start()
    return agent


def test_the_handle_of_a_device_that_was_pulled_out_waits_to_be_cleaned_or_given_up(
    cloud: Cloud,
) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 2).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    driver.devices = driver.devices[1:]
    agent = restart_agent(cloud, "host-1", driver)
    cloud.client.delete_requests([arq], Mandate("project"))
    assert cloud.handle_states() != [
        HandleState.FREE,
        HandleState.FREE,
    ]  # the agent has not looked yet
    agent.report_all()
    cloud.conductor.use_cases.healer.heal()
    agent.report_all()
    assert find_faults(cloud) == []
    assert cloud.handle_states() == [HandleState.FREE, HandleState.QUARANTINED]
    give_up_what_has_gone(cloud)
    agent.report_all()
    with cloud.database.reading() as session:
        assert [d.state for d in devices.list_devices(session)] == ["present"]


def give_up_what_has_gone(cloud: Cloud) -> None:
    """Say that what is not there any more need not be cleaned."""
    with cloud.database.reading() as session:
        gone = records.list_handles(session, reason_code="device_gone")
    assert gone
    for handle in gone:
        cloud.client.accept_handle(handle.uuid, "it was taken apart", "operator")


def test_a_device_that_comes_back_dirty_is_cleaned_before_it_is_free(cloud: Cloud) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    there, driver.devices = driver.devices, ()
    agent = cloud.agents["host-1"]
    agent.report_all()
    cloud.client.unbind([arq], Mandate("project"))
    assert cloud.handle_states() == [HandleState.QUARANTINED]
    assert driver.cleaned == []
    driver.devices = there
    agent.report_all()
    wait_until(lambda: len(driver.cleaned) == 1)
    agent.report_all()
    assert cloud.handle_states() == [HandleState.FREE]


def test_an_agent_whose_driver_fails_keeps_claims_of_devices_it_cannot_see(cloud: Cloud) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    driver.trouble = OSError("no answer")
    agent = restart_agent(cloud, "host-1", driver)
    agent.report_all()
    cloud.client.delete_requests([arq], Mandate("project"))
    assert len(cloud.ledgers[0].list_claims("host-1")) == 1
    driver.trouble = None
    agent.report_all()
    cloud.conductor.use_cases.healer.heal()
    assert find_faults(cloud) == []


def test_what_vanished_while_it_was_held_goes_with_the_report_after_it_was_given_up(
    cloud: Cloud,
) -> None:
    whole = make_device("host-1", 0, handles=2)
    driver = cloud.add_host("host-1", [whole, make_device("host-1", 1)])
    arqs = cloud.create(3)
    part, other = cloud.deployables()
    for arq, rp_uuid in (
        (arqs[0], part.provider_uuid),
        (arqs[1], part.provider_uuid),
        (arqs[2], other.provider_uuid),
    ):
        cloud.bind([arq], provider_uuid=rp_uuid)
    deployable = whole.deployables[0]
    shrunk = replace(whole, deployables=(replace(deployable, handles=deployable.handles[:1]),))
    driver.devices = [shrunk]  # a function of the first device and the whole second are gone
    agent = cloud.agents["host-1"]
    agent.report_all()
    assert cloud.handle_states() == [HandleState.HELD] * 3
    cloud.client.unbind(arqs, Mandate("project"))
    for _ in range(2):  # two arqs want the one function that is left
        with pytest.raises(CyborgError):
            cloud.bind(arqs[:2], provider_uuid=part.provider_uuid)
        cloud.client.unbind(arqs, Mandate("project"))
    agent.report_all()
    give_up_what_has_gone(cloud)
    agent.report_all()
    assert cloud.handle_states() == [HandleState.FREE]
    with cloud.database.reading() as session:
        assert [d.state for d in devices.list_devices(session)] == ["present"]
    assert find_faults(cloud) == []


def test_a_new_catalogue_describes_hosts_anew_that_did_not_change(cloud: Cloud) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    snapshot, _ = Host("host-1", [driver]).look()
    reporter = cloud.conductor.use_cases.reporter
    identity = cloud.agents["host-1"].identify("host-1")

    def is_known(to: Reporter) -> bool:
        return to.synchronise("host-1", "host-1", hash_of(snapshot), [], identity).known

    assert is_known(reporter)
    other = Reporter(
        cloud.database,
        replace(reporter._catalogue, content_hash="another"),
        [],
        release_grace_seconds=0,
    )
    assert not is_known(other)
    other.report("host-1", snapshot, hash_of(snapshot), identity=identity)
    assert is_known(other)


def test_a_call_that_comes_after_its_time_changes_nothing(cloud: Cloud) -> None:
    """A conductor that was stopped finds old calls when it wakes; their callers have gone on."""
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    bindings = bindings_of(cloud, [arq])
    binder: Binder = cloud.conductor.use_cases.binder
    late = time.monotonic() - 1
    with pytest.raises(AgentUnavailable, match="came too late"):
        binder.bind(bindings, Mandate("project", deadline=late))
    assert cloud.get(arq).state is ArqState.INITIAL
    binder.bind(bindings, Mandate("project", deadline=time.monotonic() + 60))
    with pytest.raises(AgentUnavailable, match="came too late"):
        cloud.conductor.use_cases.unbinder.unbind([arq], Mandate("project", deadline=late))
    with pytest.raises(AgentUnavailable, match="came too late"):
        cloud.conductor.use_cases.unbinder.delete([arq], Mandate("project", deadline=late))
    with pytest.raises(AgentUnavailable, match="came too late"):
        cloud.conductor.use_cases.unbinder.delete_of_instance(
            bindings[0].instance_uuid, Mandate("project", deadline=late)
        )
    assert cloud.get(arq).state is ArqState.BOUND
    assert find_faults(cloud) == []


def test_a_release_waits_for_the_prepare_that_is_under_way(cloud: Cloud) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    agent = cloud.agents["host-1"]
    (arq,) = cloud.create(1)
    binder = cloud.conductor.use_cases.binder
    plan = binder.claimer.claim(bindings_of(cloud, [arq]), Mandate("project"))
    claims = [item.claim for item in plan.claims]
    entered, go_on = threading.Event(), threading.Event()

    def pause() -> None:
        entered.set()
        go_on.wait(10)

    driver.on_prepare = pause
    attachments = agent._attachments
    with ThreadPoolExecutor(2) as pool:
        prepared = pool.submit(attachments.prepare, "host-1", claims)
        assert entered.wait(10)
        released = pool.submit(attachments.release, "host-1", claims)
        time.sleep(0.2)
        go_on.set()
        prepared.result(10)
        released.result(10)
    assert not driver.prepared
    assert cloud.ledgers[0].list_claims("host-1") == []
    with pytest.raises(Conflict, match="released before"):
        attachments.prepare("host-1", claims)
    binder.give_up(plan, "the test is over")
    assert find_faults(cloud) == []


def test_a_foreign_delete_leaves_everything_as_it_was(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    with pytest.raises(NotFound):
        cloud.client.delete_requests([arq], Mandate("another project"))
    assert cloud.get(arq).state is ArqState.BOUND
    assert find_faults(cloud) == []


def test_a_deadlock_at_the_last_step_of_a_release_is_tried_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oslo_db.exception import DBDeadlock

    from cyborg_rr.db.hardware import cleaning

    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    finish, troubles = cleaning.store_cleanings, [DBDeadlock(), DBDeadlock()]

    def sometimes(*arguments: object) -> int:
        if troubles:
            raise troubles.pop()
        return finish(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(cleaning, "store_cleanings", sometimes)
    cloud.client.unbind([arq], Mandate("project"))
    assert cloud.handle_states() == [HandleState.FREE]
