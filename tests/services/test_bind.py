"""Binding through conductor, bus and agent: all or none, exclusive, repeatable, healed."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import update

from cyborg_rr.agent.ledger.ledger import Judge
from cyborg_rr.conductor.heal import Healer
from cyborg_rr.db.hardware import devices, records
from cyborg_rr.db.tables import DeviceRow
from cyborg_rr.domain.errors import (
    AgentUnavailable,
    Conflict,
    Forbidden,
    HandleInUse,
    InvalidInput,
    InvalidState,
    NoFreeHandle,
    NotFound,
)
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.hardware.stored import HandleState, StatusNote
from cyborg_rr.domain.requests import ArqState, Binding, Claim, Mandate
from cyborg_rr.drivers.driver import HandleUnusable
from tests.builders import make_device, make_snapshot
from tests.services.conftest import Cloud


def test_a_bound_request_shows_its_handle_and_the_host_knows(cloud: Cloud) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    bound = cloud.get(arq)
    assert bound.state is ArqState.BOUND
    assert bound.handle is not None
    assert bound.handle.type == "TEST_PCI"
    assert bound.handle.info["domain"] == "0000"
    assert len(driver.prepared) == 1
    assert len(cloud.ledgers[0].list_claims("host-1")) == 1


def test_unbinding_frees_the_handle_here_and_there(cloud: Cloud) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    cloud.client.unbind([arq], Mandate("project"))
    assert cloud.get(arq).state is ArqState.UNBOUND
    assert cloud.get(arq).instance_uuid is None
    assert cloud.handle_states() == [HandleState.FREE]
    assert not driver.prepared
    assert cloud.ledgers[0].list_claims("host-1") == []
    cloud.client.unbind([arq], Mandate("project"))
    cloud.bind([arq])
    assert cloud.get(arq).state is ArqState.BOUND


def test_repeating_a_bind_changes_nothing(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 2).devices)
    (arq,) = cloud.create(1)
    instance = str(uuid.uuid4())
    cloud.bind([arq], instance_uuid=instance)
    before = cloud.get(arq)
    cloud.bind([arq], instance_uuid=instance)
    assert cloud.get(arq) == before
    with pytest.raises((InvalidState, InvalidInput)):
        cloud.bind([arq])


def test_all_requests_of_a_call_are_bound_or_none(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 2).devices)
    first = cloud.create(3)
    with pytest.raises(NoFreeHandle, match="every attach handle of host-1_0000:00:00"):
        cloud.bind(first)
    assert {cloud.get(arq).state for arq in first} == {ArqState.INITIAL}
    assert cloud.handle_states() == [HandleState.FREE, HandleState.FREE]
    cloud.bind(first[:2])
    assert cloud.handle_states() == [HandleState.HELD, HandleState.HELD]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"provider_uuid": str(uuid.uuid4())}, NotFound, "deployable of resource provider"),
        ({"hostname": "host-9"}, InvalidInput, "on host host-1, not on host-9"),
        ({"arq_uuid": str(uuid.uuid4())}, NotFound, "accelerator request"),
    ],
)
def test_a_bind_that_makes_no_sense_is_refused_before_anything_changes(
    cloud: Cloud, changes: dict[str, str], error: type[Exception], words: str
) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    with pytest.raises(error, match=words):
        cloud.bind([arq], **changes)
    assert cloud.get(arq).state is ArqState.INITIAL
    assert cloud.handle_states() == [HandleState.FREE]


def test_a_request_binds_only_to_what_its_profile_asks_for(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1, {"trait:CUSTOM_OTHER": "required"})
    with pytest.raises(InvalidInput, match="lacks the trait CUSTOM_OTHER"):
        cloud.bind([arq])


def test_a_request_of_another_project_is_not_found(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    with pytest.raises(NotFound):
        cloud.client.unbind([arq], Mandate("another project"))
    with pytest.raises(NotFound):
        cloud.client.delete_requests([arq], Mandate("another project"))
    assert cloud.get(arq).state is ArqState.INITIAL


def test_an_instance_gets_its_requests_in_one_call(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 2).devices)
    first, second = cloud.create(2)
    instance = str(uuid.uuid4())
    cloud.bind([first], instance_uuid=instance)
    with pytest.raises(InvalidInput, match=f"instance {instance} has accelerator requests"):
        cloud.bind([second], instance_uuid=instance)


def test_a_device_in_maintenance_is_not_bound(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    with cloud.database.reading() as session:
        device = devices.list_devices(session)[0].uuid
    cloud.client.set_device_status(device, "maintaining", StatusNote("me", "a fan"))
    with pytest.raises(Conflict, match="maintenance"):
        cloud.bind([arq])
    cloud.client.set_device_status(device, "enabled", StatusNote())
    cloud.bind([arq])


def test_a_device_in_trouble_is_not_bound(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    with cloud.database.writing() as session:
        session.execute(update(DeviceRow).values(trouble_code="xid", trouble_text="Xid 79"))
    with pytest.raises(Conflict, match="cannot be used now: Xid 79"):
        cloud.bind([arq])
    with cloud.database.reading() as session:
        assert devices.list_selected(session, [{"resources:PGPU": "1"}]) == []


def test_the_host_refuses_a_handle_that_it_has_given_out(cloud: Cloud) -> None:
    device = make_device("host-1", 0)
    driver = cloud.add_host("host-1", [device])
    part = device.deployables[0]
    other = Claim("other", "other-arq", part.name, part.handles[0])
    cloud.ledgers[0].claim("host-1", [other])
    (arq,) = cloud.create(1)
    with pytest.raises(HandleInUse, match="host host-1 has given out what is left of") as refusal:
        cloud.bind([arq])
    assert cloud.get(arq).state is ArqState.BIND_FAILED
    assert cloud.get(arq).reason == str(refusal.value)
    assert "other-arq" not in str(refusal.value)  # it may be another project's
    assert cloud.handle_states() == [HandleState.FREE]
    assert not driver.prepared


def occupy(cloud: Cloud, device: Device, *numbers: int) -> None:
    """Let the host's ledger have claims on those handles that the database does not know."""
    part = device.deployables[0]
    for number in numbers:
        other = Claim(f"other-{number}", "other-arq", part.name, part.handles[number])
        cloud.ledgers[0].claim("host-1", [other])


def speak_old(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ledger refuse as an agent of the first release does, without a binding id."""
    claim = cloud.ledgers[0].claim

    def refuse(hostname: str, claims: Sequence[Claim], *judge: Judge) -> list[Claim]:
        try:
            return claim(hostname, claims, *judge)
        except HandleInUse as error:
            raise HandleInUse(str(error)) from error

    monkeypatch.setattr(cloud.ledgers[0], "claim", refuse)


def test_a_bind_goes_on_until_a_handle_is_not_refused(cloud: Cloud) -> None:
    device = make_device("host-1", 0, handles=5)
    driver = cloud.add_host("host-1", [device])
    occupy(cloud, device, 0, 1, 3)
    arqs = cloud.create(2)
    cloud.bind(arqs)
    given = {(cloud.get(arq).handle or device.deployables[0].handles[0]).key for arq in arqs}
    assert given == {device.deployables[0].handles[number].key for number in (2, 4)}
    assert driver.prepared == given
    assert cloud.handle_states() == [HandleState.FREE] * 3 + [HandleState.HELD] * 2


def test_when_every_handle_is_refused_the_bind_fails_and_leaves_nothing(cloud: Cloud) -> None:
    device = make_device("host-1", 0, handles=4)
    driver = cloud.add_host("host-1", [device])
    occupy(cloud, device, 0, 1, 3)
    arqs = cloud.create(2)
    with pytest.raises(HandleInUse, match="host host-1 has given out what is left of"):
        cloud.bind(arqs)
    assert {cloud.get(arq).state for arq in arqs} == {ArqState.BIND_FAILED}
    assert cloud.handle_states() == [HandleState.FREE] * 4
    assert not driver.prepared
    assert {claim.arq_uuid for claim in cloud.ledgers[0].list_claims("host-1")} == {"other-arq"}


@pytest.mark.parametrize(("occupied", "outcome"), [((0,), "bound"), ((0, 1), "refused")])
def test_a_host_that_does_not_say_what_it_refuses_is_tried_once_more(
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    occupied: tuple[int, ...],
    outcome: str,
) -> None:
    device = make_device("host-1", 0, handles=4)
    cloud.add_host("host-1", [device])
    speak_old(cloud, monkeypatch)
    occupy(cloud, device, *occupied)
    (arq,) = cloud.create(1)
    if outcome == "bound":
        cloud.bind([arq])
        assert cloud.get(arq).state is ArqState.BOUND
    else:
        with pytest.raises(HandleInUse):
            cloud.bind([arq])
        assert cloud.get(arq).state is ArqState.BIND_FAILED


def test_a_request_that_is_deleted_while_its_host_refuses_leaves_nothing(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = make_device("host-1", 0, handles=3)
    cloud.add_host("host-1", [device])
    (arq,) = cloud.create(1)

    def refuse(hostname: str, claims: Sequence[Claim], *judge: Judge) -> list[Claim]:
        cloud.conductor.use_cases.unbinder._start_delete([arq], Mandate("project"))
        raise HandleInUse("no", claims[0].binding_id)

    monkeypatch.setattr(cloud.ledgers[0], "claim", refuse)
    with pytest.raises(NotFound):
        cloud.bind([arq])
    cloud.conductor.use_cases.healer.heal()
    assert cloud.handle_states() == [HandleState.FREE] * 3


def test_a_crash_after_a_refusal_leaves_what_healing_finds(cloud: Cloud) -> None:
    device = make_device("host-1", 0, handles=3)
    cloud.add_host("host-1", [device])
    (arq,) = cloud.create(1)
    (part,) = cloud.deployables()
    binder = cloud.conductor.use_cases.binder
    binding = Binding(arq, "host-1", part.provider_uuid, str(uuid.uuid4()), "project")
    attempt = binder.claimer.claim([binding], Mandate("project"))
    attempt = binder.claimer.claim_next(attempt, attempt.claims, "test", Mandate("project"))
    assert cloud.get(arq).state is ArqState.BIND_STARTED
    assert cloud.handle_states() == [HandleState.FREE, HandleState.HELD, HandleState.RELEASING]
    healer = Healer(
        cloud.database, cloud.conductor.use_cases.unbinder, binder._releaser, "conductor", 60
    )
    healer.heal_own()  # and the process dies here
    healer.heal()
    assert cloud.get(arq).state is ArqState.UNBOUND
    assert cloud.handle_states() == [HandleState.FREE] * 3
    with pytest.raises(InvalidState):
        binder.claimer.finish(attempt)


def test_what_a_host_could_not_prepare_is_undone_on_every_host(cloud: Cloud) -> None:
    first = cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    second = cloud.add_host("host-2", make_snapshot("host-2", 1).devices)
    second.trouble = HandleUnusable("no such device")
    arqs = cloud.create(2)
    with pytest.raises(AgentUnavailable, match="no such device"):
        cloud.bind(arqs)
    assert {cloud.get(arq).state for arq in arqs} == {ArqState.BIND_FAILED}
    assert not first.prepared
    assert cloud.handle_states() == [HandleState.FREE, HandleState.FREE]


def test_a_handle_stays_reserved_until_a_silent_host_confirms(cloud: Cloud) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    driver.trouble = OSError("bus is gone")
    cloud.client.delete_requests([arq], Mandate("project"))
    assert cloud.handle_states() == [HandleState.RELEASING]
    driver.trouble = None
    cloud.conductor.use_cases.healer.heal()
    assert cloud.handle_states() == [HandleState.FREE]
    assert not driver.prepared


def test_deleting_removes_what_exists_and_then_names_what_did_not(cloud: Cloud) -> None:
    (arq,) = cloud.create(1)
    missing = str(uuid.uuid4())
    with pytest.raises(NotFound, match=missing):
        cloud.client.delete_requests([missing, arq], Mandate("project"))
    with pytest.raises(NotFound, match=arq):
        cloud.client.delete_requests([arq], Mandate("project"))
    cloud.client.delete_requests_of_instance(str(uuid.uuid4()), Mandate("project"))


def test_a_bound_request_is_deleted_only_by_those_who_may(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    bound, other = cloud.create(2)
    cloud.bind([bound])
    with pytest.raises(Forbidden, match="requires a service token"):
        cloud.client.delete_requests([other, bound], Mandate("project", may_be_bound=False))
    assert cloud.get(other).state is ArqState.INITIAL
    cloud.client.delete_requests([other], Mandate("project", may_be_bound=False))
    cloud.client.delete_requests([bound], Mandate("project"))
    assert cloud.handle_states() == [HandleState.FREE]


def test_sixteen_clients_race_for_eight_handles(
    make_cloud: Callable[..., Cloud], database_url: str
) -> None:
    cloud = make_cloud(database_url)
    driver = cloud.add_host("host-1", make_snapshot("host-1", 1, handles=8).devices)
    arqs = cloud.create(16)
    outcome: Counter[str] = Counter()
    barrier = threading.Barrier(len(arqs))

    def race(arq: str) -> None:
        barrier.wait()
        try:
            cloud.bind([arq])
        except NoFreeHandle:
            outcome["lost"] += 1
        except Exception as error:  # noqa: BLE001 - whatever else happens must be seen
            outcome[repr(error)] += 1
        else:
            outcome["won"] += 1

    threads = [threading.Thread(target=race, args=(arq,)) for arq in arqs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcome == {"won": 8, "lost": 8}
    assert cloud.handle_states() == [HandleState.HELD] * 8
    bound = [cloud.get(arq) for arq in arqs if cloud.get(arq).state is ArqState.BOUND]
    assert len({arq.handle_uuid for arq in bound}) == 8
    assert len(driver.prepared) == 8


def test_a_bind_that_a_crash_interrupted_is_undone(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 2).devices)
    first, second = cloud.create(2)
    parts = cloud.deployables()
    bindings = [
        Binding(arq, "host-1", part.provider_uuid, str(uuid.uuid4()), "project")
        for arq, part in zip((first, second), parts, strict=True)
    ]
    binder = cloud.conductor.use_cases.binder
    mandate = Mandate("project")
    binder.claimer.claim(bindings[:1], mandate)  # as if the process died before it told the host
    plan = binder.claimer.claim(bindings[1:], mandate)
    claim = plan.claims[0]
    binder._agents.prepare(AgentPlace("host-1", "host-1"), [claim.claim])  # ... and after
    restarted = Healer(
        cloud.database, cloud.conductor.use_cases.unbinder, binder._releaser, "conductor", 60
    )
    restarted.heal_own()
    assert f"The bind of accelerator request {first} is undone" in caplog.text
    assert cloud.get(first).state is ArqState.UNBOUND
    assert cloud.get(second).state is ArqState.UNBOUND
    assert cloud.handle_states() == [HandleState.FREE, HandleState.FREE]
    assert not driver.prepared
    with pytest.raises(HandleInUse, match="released before"):
        binder._agents.prepare(
            AgentPlace("host-1", "host-1"), [claim.claim]
        )  # a late message changes nothing
    with pytest.raises(InvalidState):
        binder.claimer.finish(plan)  # nor does a conductor that wakes late
    cloud.bind([first, second])


def test_a_claim_that_only_the_host_knows_is_released_with_the_next_report(cloud: Cloud) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    part = driver.devices[0].deployables[0]
    lost = Claim("lost", "gone", part.name, part.handles[0])
    cloud.ledgers[0].claim("host-1", [lost])
    cloud.agents["host-1"].report_all()
    assert cloud.ledgers[0].list_claims("host-1") == []


def test_a_release_that_the_host_has_done_already_is_finished_by_asking_again(cloud: Cloud) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    driver.trouble = OSError("bus is gone")
    cloud.client.delete_requests([arq], Mandate("project"))
    driver.trouble = None
    cloud.ledgers[0].release([claim.binding_id for claim in cloud.ledgers[0].list_claims("host-1")])
    cloud.agents["host-1"].report_all()
    assert cloud.handle_states() == [HandleState.RELEASING]  # that it knows of none proves nothing
    cloud.conductor.use_cases.healer.heal()
    assert cloud.handle_states() == [HandleState.FREE]


def test_a_held_device_that_vanishes_stays_until_an_operator_lets_it_go(cloud: Cloud) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 2).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    driver.devices = driver.devices[1:]
    cloud.agents["host-1"].report_all()
    with cloud.database.reading() as session:
        assert [d.state for d in devices.list_devices(session)] == ["missing", "present"]
    cloud.client.unbind([arq], Mandate("project"))
    (other,) = cloud.create(1)
    with pytest.raises(Conflict, match="missing from its host"):
        cloud.bind([other])
    driver.devices = [
        replace(driver.devices[0], fields=replace(driver.devices[0].fields, model="touched"))
    ]
    cloud.agents["host-1"].report_all()  # it is not clean, and could come back
    with cloud.database.reading() as session:
        (gone,) = records.list_handles(session, state="quarantined")
        assert gone.reason_code == "device_gone"
    cloud.client.accept_handle(gone.uuid, "it is in the shredder", "operator")
    cloud.agents["host-1"].report_all()
    with cloud.database.reading() as session:
        assert [d.fields.model for d in devices.list_devices(session)] == ["touched"]
