"""A handle is claimed by one request at a time, whoever races for it."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from oslo_db.exception import DBDuplicateEntry
from sqlalchemy import select, update

from cyborg_rr.db import profiles, requests
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.hardware import handles
from cyborg_rr.db.hardware.claiming import Wanted, claim_handles, lock_devices
from cyborg_rr.db.tables import AttachHandleRow, DeviceRow
from cyborg_rr.domain.errors import NoFreeHandle
from cyborg_rr.domain.hardware.choosing import Wish
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.requests import ArqAction, ArqState
from tests.builders import make_snapshot
from tests.db.test_inventory import store
from tests.statements import counted

CLIENTS = 16
HANDLES = 8


def make_requests(database: Database, count: int) -> list[str]:
    """Requests of a new profile."""
    with database.writing() as session:
        profile = profiles.create_profile(session, "many", [{"resources:PGPU": str(count)}])
        return [arq.uuid for arq in requests.create_requests(session, profile, "project")]


def provider_of(database: Database) -> handles.Provider:
    """The only deployable."""
    with database.reading() as session:
        from cyborg_rr.db.hardware.deployables import list_deployables

        provider_uuid = list_deployables(session)[0].provider_uuid
        return handles.find_providers(session, [provider_uuid])[provider_uuid]


def claim(
    session: Session, provider: handles.Provider, arq: str, binding_id: str
) -> handles.HostClaim:
    """Claim one handle, for an instance of its own."""
    wish = Wish(provider.deployable_id, f"instance of {arq}", arq)
    device_ids = lock_devices(session, [provider])
    (made,) = claim_handles(session, [Wanted(wish, provider, binding_id)], device_ids)
    return made


def test_sixteen_who_race_for_eight_handles_get_eight(database: Database) -> None:
    store(database, make_snapshot("host-1", 1, handles=HANDLES))
    arqs = make_requests(database, CLIENTS)
    provider = provider_of(database)
    barrier = threading.Barrier(CLIENTS)
    outcome: Counter[str] = Counter()
    failures: list[Exception] = []

    def race(arq: str) -> None:
        barrier.wait()
        try:
            with database.writing() as session:
                claim(session, provider, arq, f"binding-{arq[:20]}")
            outcome["won"] += 1
        except NoFreeHandle:
            outcome["lost"] += 1
        except Exception as error:  # noqa: BLE001 - a thread must hand its failure over
            failures.append(error)

    threads = [threading.Thread(target=race, args=(arq,)) for arq in arqs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert outcome == {"won": HANDLES, "lost": CLIENTS - HANDLES}
    with database.reading() as session:
        rows = session.scalars(select(AttachHandleRow)).all()
        assert len({row.arq_uuid for row in rows}) == HANDLES
        assert {row.state for row in rows} == {HandleState.HELD}


def test_a_released_handle_is_free_only_after_the_host_confirmed(database: Database) -> None:
    store(database, make_snapshot("host-1", 1))
    (arq,) = make_requests(database, 1)
    provider = provider_of(database)
    with database.writing() as session:
        assert claim(session, provider, arq, "binding-1").claim.binding_id == "binding-1"
    with database.writing() as session:
        (released,) = handles.start_release(session, [arq], "test")
    assert released.claim.binding_id == "binding-1"
    assert states(database) == [HandleState.RELEASING]
    with pytest.raises(NoFreeHandle, match="1 being released"), database.writing() as session:
        claim(session, provider, arq, "binding-2")
    with database.writing() as session:
        assert handles.finish_release(session, ["binding-1"]) == 1
    assert states(database) == [HandleState.FREE]


def states(database: Database) -> list[str]:
    """The states of all handles."""
    with database.reading() as session:
        return list(session.scalars(select(AttachHandleRow.state).order_by(AttachHandleRow.id)))


def test_a_handle_whose_request_is_gone_is_released(database: Database) -> None:
    store(database, make_snapshot("host-1", 1))
    provider = provider_of(database)
    with database.writing() as session:
        claim(session, provider, "no-such-request", "binding-1")
        assert handles.release_ownerless(session) == 1
    assert states(database) == [HandleState.RELEASING]


def test_a_state_changes_only_from_where_the_table_allows(database: Database) -> None:
    (arq,) = make_requests(database, 1)
    with database.writing() as session:
        assert not requests.change_state(session, arq, ArqAction.FINISH_BIND)
        assert requests.change_state(session, arq, ArqAction.START_BIND, new_binding_id="binding-1")
        assert not requests.change_state(session, arq, ArqAction.START_BIND)
        assert not requests.change_state(
            session, arq, ArqAction.FINISH_BIND, binding_id="binding-0"
        )
        assert requests.change_state(session, arq, ArqAction.FINISH_BIND, binding_id="binding-1")
    with database.reading() as session:
        found = requests.find_request(session, arq)
    assert found is not None
    assert found.state is ArqState.BOUND


def test_listing_requests_costs_one_statement_for_any_number(database: Database) -> None:
    make_requests(database, 80)
    with database.reading() as session, counted(database.engine) as statements:
        found = requests.list_requests(session)
    assert len(found) == 80
    assert len(statements) == 1


def test_creating_many_requests_costs_one_statement(database: Database) -> None:
    with database.writing() as session:
        profile = profiles.create_profile(session, "many", [{"resources:PGPU": "300"}])
        with counted(database.engine) as statements:
            created = requests.create_requests(session, profile, None)
    assert [arq.device_profile_group_id for arq in created] == [0] * 300
    assert len(statements) == 1


def test_two_calls_for_one_instance_cannot_both_bind(database: Database) -> None:
    first, second = make_requests(database, 2)
    columns: dict[str, Any] = {"instance_uuid": "instance-1", "instance_slot": 0}
    with database.writing() as session:
        assert requests.change_state(session, first, ArqAction.START_BIND, **columns)
    with pytest.raises(DBDuplicateEntry), database.writing() as session:
        requests.change_state(session, second, ArqAction.START_BIND, **columns)


def test_a_device_is_looked_at_anew_when_it_is_locked(database: Database) -> None:
    store(database, make_snapshot("host-1", 1))
    provider = provider_of(database)
    with database.writing() as session:
        handles.find_providers(session, [provider.provider_uuid])
        devices: Any = DeviceRow.__table__
        session.execute(update(devices).values(status="maintaining"))
        (found,) = handles.find_providers(session, [provider.provider_uuid]).values()
    assert found.status == "maintaining"
