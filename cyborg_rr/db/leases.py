"""Leases: who may do something alone, until when by the database's time, and since which epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_after
from cyborg_rr.db.tables import LeaseRow

CONDUCTOR = "conductor:"
"""Before the name of a conductor: the lease that is its heartbeat."""

TASK = "task:"
"""Before the name of a task that one conductor does for the whole cloud."""

REMEMBERED_SECONDS = 7 * 24 * 3600
"""How long conductors are listed after they ended."""


@dataclass(frozen=True, slots=True)
class StoredLease:
    """A lease as it is stored; it ``is_alive`` until it expires, by the database's time.

    ``renewed_at`` is when its holder spoke last and ``about`` what that says of itself.
    """

    name: str
    holder: str
    epoch: int
    is_alive: bool
    expires_at: datetime
    renewed_at: datetime
    about: Mapping[str, Any]


def take_lease(
    session: Session,
    name: str,
    holder: str,
    seconds: float,
    about: Mapping[str, Any] | None = None,
    *,
    over: StoredLease | None = None,
) -> int | None:
    """The epoch of the lease that is the holder's from now on; None while another has it.

    Whoever has it already keeps it, with its epoch; it grows by one with each other taking.
    ``over`` is a lease that may be taken though it has not expired, as long as it is as it was
    read. Two who insert it at once: ``DBDuplicateEntry`` for the second.
    """
    if renew_lease(session, name, holder, None, seconds):
        return _find_epoch(session, name)
    said = None if about is None else json.dumps(dict(about))
    values = {"holder": holder, "expires_at": utc_after(seconds), "about": said}
    is_over: ColumnElement[bool] = LeaseRow.expires_at <= utc_after()
    if over is not None:
        is_over = is_over | (
            (LeaseRow.epoch == over.epoch) & (LeaseRow.expires_at == over.expires_at)
        )
    taken = session.execute(
        update(LeaseRow)
        .where(LeaseRow.name == name, is_over)
        .values(epoch=LeaseRow.epoch + 1, updated_at=utc_after(), **values)
    )
    if taken.rowcount:  # type: ignore[attr-defined]
        return _find_epoch(session, name)
    if _find_epoch(session, name) is not None:
        return None
    session.execute(insert(LeaseRow).values(name=name, epoch=1, created_at=utc_after(), **values))
    return 1


def _find_epoch(session: Session, name: str) -> int | None:
    found: int | None = session.scalars(
        select(LeaseRow.epoch).where(LeaseRow.name == name)
    ).one_or_none()
    return found


def renew_lease(
    session: Session, name: str, holder: str, epoch: int | None, seconds: float
) -> bool:
    """Whether the holder still has the lease (of that epoch), now for so many seconds more.

    One that has expired is not renewed: what it guards may have been done by others already.
    """
    condition = _is_held(name, holder)
    if epoch is not None:
        condition = and_(condition, LeaseRow.epoch == epoch)
    renewed = session.execute(
        update(LeaseRow)
        .where(condition)
        .values(expires_at=utc_after(seconds), updated_at=utc_after())
    )
    return bool(renewed.rowcount)  # type: ignore[attr-defined]


def _is_held(name: str, holder: str) -> ColumnElement[bool]:
    return and_(LeaseRow.name == name, LeaseRow.holder == holder, LeaseRow.expires_at > utc_after())


def holds_lease(session: Session, name: str, holder: str, epoch: int) -> bool:
    """Whether the lease is the holder's now; it stays so until the transaction ends.

    For writes that only its holder may do, in their own transaction.
    """
    statement = select(LeaseRow.id).where(_is_held(name, holder), LeaseRow.epoch == epoch)
    return session.scalars(statement.with_for_update()).first() is not None


def release_lease(session: Session, name: str, holder: str) -> None:
    """Give a lease back; its epoch is kept, so that the next holder's is greater."""
    session.execute(update(LeaseRow).where(_is_held(name, holder)).values(expires_at=utc_after()))


def find_lease(session: Session, name: str) -> StoredLease | None:
    """One lease, whether it has expired or not."""
    found = session.execute(_SELECTED.where(LeaseRow.name == name)).first()
    return None if found is None else _to_lease(*found)


def list_leases(session: Session, prefix: str) -> list[StoredLease]:
    """The leases whose names begin so, by name."""
    selected = _SELECTED.where(LeaseRow.name.startswith(prefix, autoescape=True))
    return [_to_lease(*found) for found in session.execute(selected.order_by(LeaseRow.name))]


def list_conductors(session: Session) -> dict[str, StoredLease]:
    """The lease of each conductor by its name, also of those that have ended."""
    return {lease.name.removeprefix(CONDUCTOR): lease for lease in list_leases(session, CONDUCTOR)}


def forget_conductors(session: Session) -> int:
    """Drop the leases of conductors that ended long ago; returns how many there were."""
    is_old = LeaseRow.expires_at < utc_after(-REMEMBERED_SECONDS)
    is_conductor = LeaseRow.name.startswith(CONDUCTOR, autoescape=True)
    gone = session.execute(delete(LeaseRow).where(is_old, is_conductor))
    return int(gone.rowcount)  # type: ignore[attr-defined]


_SELECTED = select(LeaseRow, case((LeaseRow.expires_at > utc_after(), 1), else_=0))


def _to_lease(row: LeaseRow, is_alive: int) -> StoredLease:
    return StoredLease(
        name=row.name,
        holder=row.holder,
        epoch=row.epoch,
        is_alive=bool(is_alive),
        expires_at=row.expires_at,
        renewed_at=row.updated_at or row.created_at,
        about={} if row.about is None else json.loads(row.about),
    )
