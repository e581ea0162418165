"""Which instances have accelerator requests."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cyborg_rr.db.tables import AcceleratorRequestRow


def list_instances(session: Session, bound_before: datetime, after: str, limit: int) -> list[str]:
    """The next instances after one, in order, whose requests were all bound before a time."""
    began = AcceleratorRequestRow.bind_started_at
    later = select(AcceleratorRequestRow.instance_uuid).where(
        AcceleratorRequestRow.instance_uuid.is_not(None), began >= bound_before
    )
    statement = (
        select(AcceleratorRequestRow.instance_uuid)
        .where(
            AcceleratorRequestRow.instance_uuid > after,
            AcceleratorRequestRow.instance_uuid.not_in(later),
            or_(began < bound_before, began.is_(None)),
        )
        .distinct()
        .order_by(AcceleratorRequestRow.instance_uuid)
        .limit(limit)
    )
    return [uuid for uuid in session.scalars(statement) if uuid is not None]


def list_holding(session: Session, instances: Collection[str]) -> set[str]:
    """Those of the instances that still have a request."""
    statement = select(AcceleratorRequestRow.instance_uuid).where(
        AcceleratorRequestRow.instance_uuid.in_(instances)
    )
    return {uuid for uuid in session.scalars(statement.distinct()) if uuid is not None}


def list_requests_of(session: Session, instance: str) -> list[str]:
    """The requests of an instance."""
    statement = select(AcceleratorRequestRow.uuid)
    return list(session.scalars(statement.where(AcceleratorRequestRow.instance_uuid == instance)))
