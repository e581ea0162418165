"""One pass over the database: what may be wrong, streamed, one statement for each kind of thing.

What is as it should be and can be told so by the database is left there. Each statement sees one
moment, so that a thing and what it is judged with are of the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from cyborg_rr.db.auditing.facts import (
    ConductorFacts,
    EventFacts,
    HandleFacts,
    HeldFacts,
    HostFacts,
    ProviderFacts,
    RequestFacts,
    StrayFacts,
)
from cyborg_rr.db.clock import utc_after
from cyborg_rr.db.leases import CONDUCTOR
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    DeviceRow,
    HostRow,
    InstanceEventRow,
    LeaseRow,
)
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState
from cyborg_rr.domain.requests import ArqState

ROWS_AT_A_TIME = 1000
_UNSETTLED = (ArqState.BIND_STARTED, ArqState.BOUND, ArqState.BIND_FAILED)
_OWNING = (ArqState.BIND_STARTED.value, ArqState.BOUND.value)


def _stream(session: Session, statement: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """Rows as they come; they must all be read before the session's next statement."""
    yield from session.execute(statement.execution_options(yield_per=ROWS_AT_A_TIME))


def read_hosts(session: Session) -> dict[str, HostFacts]:
    """All hosts by name."""
    rows = _stream(
        session,
        select(
            HostRow.name,
            HostRow.content_hash.is_not(None),
            func.coalesce(HostRow.updated_at, HostRow.created_at),
            HostRow.refused_at,
            HostRow.refused_reason,
            HostRow.lost_at,
            HostRow.lost_reason,
        ).order_by(HostRow.name),
    )
    return {name: HostFacts(name, bool(settled), *rest) for name, settled, *rest in rows}


def read_conductors(session: Session) -> dict[str, ConductorFacts]:
    """The leases of conductors by their names."""
    is_alive = case((LeaseRow.expires_at > utc_after(), 1), else_=0)
    rows = session.execute(
        select(LeaseRow.name, is_alive, LeaseRow.expires_at).where(
            LeaseRow.name.startswith(CONDUCTOR, autoescape=True)
        )
    )
    found = (
        ConductorFacts(name.removeprefix(CONDUCTOR), bool(alive), expires_at)
        for name, alive, expires_at in rows
    )
    return {each.name: each for each in found}


def stream_requests(session: Session) -> Iterator[RequestFacts]:
    """Requests that are being bound, are bound or failed to be."""
    request, handle, device = AcceleratorRequestRow, AttachHandleRow, DeviceRow
    own = (
        request.uuid,
        request.state,
        request.hostname,
        request.provider_uuid,
        request.instance_uuid,
        request.binding_id,
        request.conductor,
        request.bind_started_at,
        func.coalesce(request.updated_at, request.created_at),
        request.reason,
        request.trouble,
        request.trouble_since,
    )
    of_handle = (
        handle.uuid,
        handle.binding_id,
        DeployableRow.provider_uuid,
        device.hostname,
        device.uuid,
        device.state,
        func.coalesce(device.updated_at, device.created_at),
        device.trouble_code,
        device.trouble_text,
        device.trouble_since,
    )
    statement = (
        select(*own, *of_handle)
        .outerjoin(handle, handle.arq_uuid == request.uuid)
        .outerjoin(DeployableRow, DeployableRow.id == handle.deployable_id)
        .outerjoin(device, device.id == DeployableRow.device_id)
        .where(request.state.in_([state.value for state in _UNSETTLED]))
        .order_by(request.id)
    )
    for row in _stream(session, statement):
        values: list[Any] = [*row]
        uuid, state, *told = values[: len(own)]
        facts: list[Any] = [uuid, ArqState(state), *told, _to_held(values[len(own) :])]
        yield RequestFacts(*facts)


def _to_held(row: list[Any]) -> HeldFacts | None:
    uuid, binding_id, provider, hostname, device, state, *rest = row
    if uuid is None:
        return None
    return HeldFacts(uuid, binding_id, provider, hostname, device, DeviceState(state), *rest)


def stream_handles(session: Session) -> Iterator[HandleFacts]:
    """Handles that are neither free nor held by a request that is bound or being bound."""
    handle, request = AttachHandleRow, AcceleratorRequestRow
    is_owned = request.state.in_(_OWNING)
    statement = (
        select(
            handle.uuid,
            handle.state,
            handle.state_since,
            handle.reason_code,
            handle.reason,
            handle.binding_id,
            handle.arq_uuid,
            request.state,
            DeployableRow.name,
            DeviceRow.hostname,
        )
        .join(DeployableRow, DeployableRow.id == handle.deployable_id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .outerjoin(request, request.uuid == handle.arq_uuid)
        .where(
            handle.state != HandleState.FREE.value,
            or_(handle.state != HandleState.HELD.value, request.id.is_(None), ~is_owned),
        )
        .order_by(handle.id)
    )
    for uuid, state, since, code, reason, binding, arq, owner, name, host in _stream(
        session, statement
    ):
        owner_state = None if owner is None else ArqState(owner)
        yield HandleFacts(
            uuid, HandleState(state), since, code, reason, binding, arq, owner_state, name, host
        )


def stream_withheld(session: Session) -> Iterator[ProviderFacts]:
    """Deployables whose providers are not outside as they should be."""
    statement = (
        select(
            DeployableRow.provider_uuid,
            DeployableRow.name,
            DeviceRow.hostname,
            DeployableRow.withheld_code,
            DeployableRow.withheld_reason,
            DeployableRow.withheld_since,
        )
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(DeployableRow.withheld_code.is_not(None))
        .order_by(DeployableRow.id)
    )
    for row in _stream(session, statement):
        yield ProviderFacts(*row)


def list_strays(session: Session) -> list[StrayFacts]:
    """Hosts that have devices and are not known."""
    rows = session.execute(
        select(
            DeviceRow.hostname,
            func.count(DeviceRow.id),
            func.min(func.coalesce(DeviceRow.updated_at, DeviceRow.created_at)),
        )
        .outerjoin(HostRow, HostRow.name == DeviceRow.hostname)
        .where(HostRow.id.is_(None))
        .group_by(DeviceRow.hostname)
        .order_by(DeviceRow.hostname)
    )
    return [StrayFacts(*row) for row in rows]


def list_late_events(session: Session, before: datetime) -> list[EventFacts]:
    """Ends of binds that have waited since before a time to be taken by the compute service."""
    event = InstanceEventRow
    rows = session.execute(
        select(
            event.arq_uuid, event.instance_uuid, event.attempts, event.last_error, event.created_at
        )
        .where(event.created_at < before)
        .order_by(event.id)
    )
    return [EventFacts(*row) for row in rows]
