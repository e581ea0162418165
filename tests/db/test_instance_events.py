"""The outbox of events and what hangs on it, on every database."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from cyborg_rr.conductor.instances.events import Outbox
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import attributes, deployables
from cyborg_rr.db.instances import events, holders
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.db.tables import InstanceEventRow
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.requests import ArqState, Binding, Mandate
from tests.builders import make_snapshot
from tests.fakes.direct import DirectConductor
from tests.shipped import load

HOST = "host-1"


class Service:
    """A conductor that tells Nova, and what it stored."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.conductor = DirectConductor(database, load(), directory, events=Outbox())
        self.conductor.add_host(make_snapshot(HOST, 8))
        with database.reading() as session:
            self.parts = deployables.list_deployables(session)

    def bind(self, number: int, *, fails: bool = False) -> tuple[str, str]:
        """A request that is bound to one of the parts, or not, and its instance."""
        instance = str(uuid.uuid4())
        with self.database.writing() as session:
            profile = profiles.create_profile(session, f"p{instance}", [{"resources:PGPU": "1"}])
            (arq,) = requests.create_requests(session, profile, None)
        binding = Binding(arq.uuid, HOST, self.parts[number].provider_uuid, instance, None)
        self.conductor.agents.unreachable = {HOST} if fails else set()
        if fails:
            with pytest.raises(AgentUnavailable):
                self.conductor.bind([binding], Mandate())
        else:
            self.conductor.bind([binding], Mandate())
        return arq.uuid, instance

    def list_states(self, *states: ArqState) -> dict[str, ArqState]:
        """The requests that are shown in one of the states."""
        with self.database.reading() as session:
            found = requests.list_requests(session, states=states or None)
        return {each.uuid: each.shown_state for each in found}

    @retry_on_deadlock
    def claim(self, seconds: float = 60) -> list[events.DueEvent]:
        """As one conductor."""
        with self.database.writing() as session:
            return events.claim_events(session, utc_now() + timedelta(seconds=seconds))


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Service:
    return Service(database, tmp_path)


def test_what_failed_is_listed_as_being_bound_until_it_is_told(service: Service) -> None:
    bound, _ = service.bind(0)
    failed, _ = service.bind(1, fails=True)
    assert service.list_states() == {bound: ArqState.BOUND, failed: ArqState.BIND_STARTED}
    assert service.list_states(ArqState.BIND_STARTED) == {failed: ArqState.BIND_STARTED}
    assert service.list_states(ArqState.BIND_FAILED) == {}
    assert service.list_states(ArqState.BOUND, ArqState.BIND_FAILED) == {bound: ArqState.BOUND}
    while due := service.claim():
        with service.database.writing() as session:
            for each in due:
                events.settle(session, each)
    assert service.list_states(ArqState.BIND_FAILED) == {failed: ArqState.BIND_FAILED}


def test_of_several_who_claim_one_gets_each(service: Service) -> None:
    bound = {service.bind(number)[0] for number in range(8)}
    claimed: list[str] = []

    def claim() -> None:
        while True:
            with service.database.reading() as session:
                if not events.has_due(session):
                    return
            claimed.extend(each.event.arq_uuid for each in service.claim())

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(bound)


def test_what_was_claimed_and_not_settled_is_due_again(service: Service) -> None:
    arq, instance = service.bind(0)
    (first,) = service.claim(-1)
    (second,) = service.claim()
    assert (first.attempts, second.attempts) == (1, 2)
    with service.database.writing() as session:
        events.settle(session, first)  # too late: another one has it
        events.postpone(session, second, utc_now() - timedelta(seconds=1), "it said no")
    (third,) = service.claim()
    assert (third.event.arq_uuid, third.event.instance_uuid, third.attempts) == (arq, instance, 3)
    with service.database.writing() as session:
        assert session.query(InstanceEventRow).one().last_error == "it said no"
        events.settle(session, third)
    with service.database.reading() as session:
        assert session.query(InstanceEventRow).count() == 0


def test_what_is_too_old_is_dropped(service: Service) -> None:
    old, instance = service.bind(0, fails=True)
    with service.database.writing() as session:
        session.query(InstanceEventRow).one().created_at = utc_now() - timedelta(seconds=301)
    young, _ = service.bind(1, fails=True)
    before = utc_now() - timedelta(seconds=300)
    with service.database.writing() as session:
        ((event, error),) = events.list_older(session, before)
        events.drop_older(session, before)
    assert (event.arq_uuid, event.instance_uuid, error) == (old, instance, None)
    assert service.list_states() == {old: ArqState.BIND_FAILED, young: ArqState.BIND_STARTED}


def test_instances_come_in_order_and_only_when_all_of_theirs_is_old(service: Service) -> None:
    instances = sorted(service.bind(number)[1] for number in range(3))
    later = utc_now() + timedelta(seconds=60)
    with service.database.reading() as session:
        assert holders.list_instances(session, later, "", 2) == instances[:2]
        assert holders.list_instances(session, later, instances[1], 2) == instances[2:]
        assert holders.list_instances(session, utc_now() - timedelta(seconds=60), "", 2) == []
        assert holders.list_holding(session, [*instances[:1], "other"]) == set(instances[:1])


def test_the_network_of_a_function_is_shown_with_what_it_is_given_as(service: Service) -> None:
    """An operator's word counts before a driver's."""
    arq, _ = service.bind(0)
    part = service.parts[0]
    with service.database.writing() as session:
        attributes.create_attribute(session, part.id, "physical_network", "physnet1")
        attributes.create_attribute(session, service.parts[1].id, "physical_network", "other")
    with service.database.reading() as session:
        found = requests.find_request(session, arq)
    assert found is not None
    assert found.handle is not None
    assert found.handle.info["physical_network"] == "physnet1"
    other, _ = service.bind(2)
    with service.database.reading() as session:
        found = requests.find_request(session, other)
    assert found is not None
    assert found.handle is not None
    assert "physical_network" not in found.handle.info
