"""Queries on accelerator requests; a state change is conditional and tells whether it hit."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import and_, case, delete, func, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.paging import Listing
from cyborg_rr.db.rows import by_key, to_request
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    AttributeRow,
    InstanceEventRow,
)
from cyborg_rr.domain.hardware.fields import PHYSICAL_NETWORK
from cyborg_rr.domain.profiles import DeviceProfile, expand_requests
from cyborg_rr.domain.requests import (
    AcceleratorRequest,
    ArqAction,
    ArqState,
    EventStatus,
    next_state,
    states_allowing,
)

_AWAITED = and_(
    InstanceEventRow.arq_uuid == AcceleratorRequestRow.uuid,
    InstanceEventRow.instance_uuid == AcceleratorRequestRow.instance_uuid,
    InstanceEventRow.status == EventStatus.FAILED.value,
    AcceleratorRequestRow.state == ArqState.BIND_FAILED.value,
)
"""Which event must reach Nova before a request has failed for others."""

_NETWORK = (
    select(AttributeRow.value)
    .where(
        AttributeRow.deployable_id == AttachHandleRow.deployable_id,
        AttributeRow.key == PHYSICAL_NETWORK,
    )
    .order_by(AttributeRow.origin.desc(), AttributeRow.id)  # an operator's before a driver's
    .limit(1)
    .correlate(AttachHandleRow)
    .scalar_subquery()
)

_SHOWN_STATE = case(
    (InstanceEventRow.id.is_not(None), ArqState.BIND_STARTED.value),
    else_=AcceleratorRequestRow.state,
)

_WITH_HANDLES = (
    select(AcceleratorRequestRow, AttachHandleRow, _SHOWN_STATE, _NETWORK)
    .outerjoin(AttachHandleRow, AttachHandleRow.arq_uuid == AcceleratorRequestRow.uuid)
    .outerjoin(InstanceEventRow, _AWAITED)
)
list_requests = Listing(
    _WITH_HANDLES,
    AcceleratorRequestRow,
    to_request,
    frozenset({"id", "uuid", "state", "created_at", "device_profile_name"}),
    {
        "uuids": AcceleratorRequestRow.uuid,
        "state": _SHOWN_STATE,
        "states": _SHOWN_STATE,
        "asked_project": AcceleratorRequestRow.project_id,
    },
).read
"""The requests whose fields have the given values, with their handles.

``project_id`` is where the caller may look, ``asked_project`` where it wants to.
"""


def find_request(
    session: Session, uuid: str, project_id: str | None = None
) -> AcceleratorRequest | None:
    """One request, of that project when one is given."""
    statement = _WITH_HANDLES.where(AcceleratorRequestRow.uuid == uuid)
    if project_id is not None:
        statement = statement.where(AcceleratorRequestRow.project_id == project_id)
    found = session.execute(statement).first()
    return None if found is None else to_request(*found)


def count_waiting(session: Session, project_id: str | None) -> int:
    """How many requests the project has that are bound to no instance."""
    row = AcceleratorRequestRow
    waiting = (row.project_id == project_id) & row.instance_uuid.is_(None)
    return session.scalars(select(func.count()).select_from(row).where(waiting)).one()


def rename_profile(session: Session, before: str, after: str) -> None:
    """The profile that requests were made from is called otherwise now."""
    row = AcceleratorRequestRow
    named = update(row).where(row.device_profile_name == before)
    session.execute(named.values(device_profile_name=after))


def create_requests(
    session: Session, profile: DeviceProfile, project_id: str | None
) -> list[AcceleratorRequest]:
    """One request for each accelerator that the profile asks for, in group order, in one insert."""
    now = utc_now()
    requests = [
        AcceleratorRequest(
            uuid=uuidutils.generate_uuid(),
            state=ArqState.INITIAL,
            shown_state=ArqState.INITIAL,
            project_id=project_id,
            device_profile_name=profile.name,
            device_profile_group_id=group_id,
            group=group,
            created_at=now,
        )
        for group_id, group in expand_requests(profile.groups)
    ]
    if requests:
        session.execute(
            insert(AcceleratorRequestRow.__table__),  # type: ignore[arg-type]
            [
                {
                    "uuid": request.uuid,
                    "state": request.state.value,
                    "project_id": project_id,
                    "device_profile_name": request.device_profile_name,
                    "device_profile_group_id": request.device_profile_group_id,
                    "profile_group": json.dumps(dict(request.group)),
                    "created_at": now,
                }
                for request in requests
            ],
        )
    return requests


def change_state(
    session: Session,
    uuid: str,
    action: ArqAction,
    *,
    binding_id: str | None = None,
    **columns: Any,
) -> bool:
    """As ``change_states`` for one request; False when its state no longer allows it."""
    binding_ids = None if binding_id is None else [binding_id]
    changed = change_states(session, {uuid: {}}, action, binding_ids=binding_ids, **columns)
    return changed == 1


def change_states(
    session: Session,
    own_columns: Mapping[str, Mapping[str, Any]],
    action: ArqAction,
    *,
    binding_ids: Collection[str] | None = None,
    **columns: Any,
) -> int:
    """Take requests through the transition table; returns how many were in a state that allows it.

    With ``binding_ids`` a row must also still belong to one of those binds, which fences whoever
    was paused. ``columns`` are written with the new state, and so are the request's own, by its
    uuid; all name the same ones. ``new_binding_id`` is written as the binding id.
    """
    states = states_allowing(action)
    (target,) = {next_state(state, action) for state in states}
    if target is None:
        raise ValueError(f"{action} leaves no state to write")
    statement = update(AcceleratorRequestRow).where(
        AcceleratorRequestRow.uuid.in_(own_columns),
        AcceleratorRequestRow.state.in_([state.value for state in states]),
    )  # in one statement: between two, the request could step from one state into the other
    if binding_ids is not None:
        statement = statement.where(AcceleratorRequestRow.binding_id.in_(binding_ids))
    values = columns | by_key(AcceleratorRequestRow.uuid, own_columns)
    if "new_binding_id" in values:
        values["binding_id"] = values.pop("new_binding_id")
    result = session.execute(statement.values(state=target.value, updated_at=utc_now(), **values))
    return int(result.rowcount)  # type: ignore[attr-defined]


def lock_requests(
    session: Session,
    *,
    uuids: Collection[str] | None = None,
    instance_uuid: str | None = None,
) -> None:
    """Keep requests as they are until the transaction ends; what is read next stays true.

    Whoever changes a request with its handle locks the request first, in one order, so that a claim
    and a delete see each other whole and cannot wait for each other.
    """
    statement = select(AcceleratorRequestRow.id).order_by(AcceleratorRequestRow.id)
    if uuids is not None:
        statement = statement.where(AcceleratorRequestRow.uuid.in_(uuids))
    if instance_uuid is not None:
        statement = statement.where(AcceleratorRequestRow.instance_uuid == instance_uuid)
    session.execute(statement.with_for_update()).all()


def delete_requests(session: Session, uuids: Sequence[str]) -> int:
    """Delete rows; returns how many there were."""
    result = session.execute(
        delete(AcceleratorRequestRow).where(AcceleratorRequestRow.uuid.in_(uuids))
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def instances_with_requests(session: Session, instance_uuids: Collection[str]) -> set[str]:
    """Those of the instances that some request refers to already."""
    rows = session.scalars(
        select(AcceleratorRequestRow.instance_uuid)
        .where(AcceleratorRequestRow.instance_uuid.in_(instance_uuids))
        .distinct()
    )
    return {row for row in rows if row is not None}


def list_stuck_binds(
    session: Session,
    *,
    conductors: Collection[str] | None = None,
    spared: Collection[str] = (),
    started_before: datetime | None = None,
) -> list[tuple[str, str]]:
    """(request uuid, binding id) of binds begun by these conductors, or begun before a time.

    Those of conductors that are ``spared`` are left out.
    """
    statement = select(AcceleratorRequestRow.uuid, AcceleratorRequestRow.binding_id).where(
        AcceleratorRequestRow.state == ArqState.BIND_STARTED.value
    )
    if conductors is not None:
        statement = statement.where(AcceleratorRequestRow.conductor.in_(conductors))
    if spared:  # a bind without a conductor is nobody's
        is_theirs = func.coalesce(AcceleratorRequestRow.conductor, "").in_(spared)
        statement = statement.where(~is_theirs)
    if started_before is not None:
        statement = statement.where(AcceleratorRequestRow.bind_started_at < started_before)
    return [(uuid, binding_id or "") for uuid, binding_id in session.execute(statement)]
