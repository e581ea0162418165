"""The outbox of events for Nova: written with what they tell of, gone when nobody needs them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import AcceleratorRequestRow, InstanceEventRow
from cyborg_rr.domain.requests import EVENT_OF, ArqState, EventStatus, InstanceEvent


@dataclass(frozen=True, slots=True)
class DueEvent:
    """An event that whoever claimed it must send now; this is the ``attempts``-th try."""

    row_id: int
    event: InstanceEvent
    attempts: int


def put_events(session: Session, bindings: Mapping[str, str]) -> None:
    """Let Nova be told of those of the binds that have ended, in place of what ended before.

    ``bindings`` has the binding by the uuid of its request.
    """
    ended = session.execute(
        select(
            AcceleratorRequestRow.uuid,
            AcceleratorRequestRow.instance_uuid,
            AcceleratorRequestRow.state,
        )
        .where(
            AcceleratorRequestRow.uuid.in_(bindings),
            AcceleratorRequestRow.binding_id.in_(bindings.values()),
            AcceleratorRequestRow.instance_uuid.is_not(None),
            AcceleratorRequestRow.state.in_([state.value for state in EVENT_OF]),
        )
        .order_by(AcceleratorRequestRow.id)
    ).all()
    if not ended:
        return
    session.execute(
        delete(InstanceEventRow).where(InstanceEventRow.arq_uuid.in_([row.uuid for row in ended]))
    )
    now = utc_now()
    session.execute(
        insert(InstanceEventRow.__table__),  # type: ignore[arg-type]
        [
            {
                "arq_uuid": row.uuid,
                "instance_uuid": row.instance_uuid,
                "status": EVENT_OF[ArqState(row.state)].value,
                "attempts": 0,
                "next_attempt_at": now,
                "created_at": now,
            }
            for row in ended
        ],
    )


def has_due(session: Session) -> bool:
    """Whether an event is to be sent now."""
    due = select(InstanceEventRow.id).where(InstanceEventRow.next_attempt_at <= utc_now())
    return session.scalars(due.limit(1)).first() is not None


def claim_events(session: Session, until: datetime) -> list[DueEvent]:
    """All due events of one instance; nobody else sends them before the given time.

    Those whose requests are no longer as they tell are dropped. None are left to whoever came
    second.
    """
    now = utc_now()
    is_due = InstanceEventRow.next_attempt_at <= now
    first = select(InstanceEventRow.instance_uuid).where(is_due)
    instance = session.scalars(
        first.order_by(InstanceEventRow.next_attempt_at, InstanceEventRow.id).limit(1)
    ).first()
    found = select(InstanceEventRow.id).where(is_due, InstanceEventRow.instance_uuid == instance)
    row_ids = sorted(session.scalars(found))
    rows = session.scalars(
        select(InstanceEventRow)
        .where(InstanceEventRow.id.in_(row_ids), is_due)
        .order_by(InstanceEventRow.id)
        .with_for_update()
    ).all()
    events = {row.id: _to_event(row) for row in rows}
    true = _find_true(session, events.values())
    stale = [row_id for row_id, event in events.items() if event not in true]
    session.execute(
        delete(InstanceEventRow)
        .where(InstanceEventRow.id.in_(stale))
        .execution_options(synchronize_session=False)
    )
    due = [
        DueEvent(row.id, events[row.id], row.attempts + 1) for row in rows if events[row.id] in true
    ]
    session.execute(
        update(InstanceEventRow)
        .where(InstanceEventRow.id.in_([each.row_id for each in due]))
        .values(next_attempt_at=until, attempts=InstanceEventRow.attempts + 1, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    return due


def _find_true(session: Session, events: Collection[InstanceEvent]) -> set[InstanceEvent]:
    """Those that tell what still is so."""
    rows = session.execute(
        select(
            AcceleratorRequestRow.uuid,
            AcceleratorRequestRow.instance_uuid,
            AcceleratorRequestRow.state,
        ).where(AcceleratorRequestRow.uuid.in_([event.arq_uuid for event in events]))
    )
    return {
        InstanceEvent(uuid, instance, EVENT_OF[ArqState(state)])
        for uuid, instance, state in rows
        if instance is not None and ArqState(state) in EVENT_OF
    }


def _to_event(row: InstanceEventRow) -> InstanceEvent:
    return InstanceEvent(row.arq_uuid, row.instance_uuid, EventStatus(row.status))


def settle(session: Session, due: DueEvent) -> None:
    """Nobody needs to be told of this any more, unless the row tells something else by now."""
    session.execute(delete(InstanceEventRow).where(*_is_still(due)))


def postpone(session: Session, due: DueEvent, until: datetime, error: str) -> None:
    """Let this be sent again later, unless somebody else sent it, or it tells something else."""
    session.execute(
        update(InstanceEventRow)
        .where(*_is_still(due))
        .values(next_attempt_at=until, last_error=error, updated_at=utc_now())
    )


def _is_still(due: DueEvent) -> tuple[ColumnElement[bool], ...]:
    return InstanceEventRow.id == due.row_id, InstanceEventRow.attempts == due.attempts


def list_older(session: Session, before: datetime) -> list[tuple[InstanceEvent, str | None]]:
    """The events that were written before a time, with the error of their last attempt."""
    rows = session.scalars(select(InstanceEventRow).where(InstanceEventRow.created_at < before))
    return [(_to_event(row), row.last_error) for row in rows]


def drop_older(session: Session, before: datetime) -> None:
    """Tell nobody of what was written before a time."""
    session.execute(delete(InstanceEventRow).where(InstanceEventRow.created_at < before))
