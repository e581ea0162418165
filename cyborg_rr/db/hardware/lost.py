"""Hosts that are not heard: written when one falls silent and when it speaks again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import HostRow


@dataclass(frozen=True, slots=True)
class Voice:
    """A host, how often it means to speak (seconds; None: it does not say), and if it is lost."""

    name: str
    report_interval: int | None
    is_lost: bool


def list_voices(session: Session) -> list[Voice]:
    """All hosts, in one statement."""
    rows = session.execute(select(HostRow.name, HostRow.report_interval, HostRow.lost_at))
    return [Voice(name, interval, lost_at is not None) for name, interval, lost_at in rows]


def mark_lost(session: Session, names: Sequence[str], reason: str) -> list[str]:
    """Hosts that were not heard for too long; returns those that were not lost before."""
    changed = _lock(session, names, is_lost=False)
    if changed:
        session.execute(
            update(HostRow)
            .where(HostRow.name.in_(changed), HostRow.lost_at.is_(None))
            .values(lost_at=utc_now(), lost_reason=reason)
        )
    return changed


def mark_found(session: Session, names: Sequence[str]) -> list[str]:
    """Hosts that were heard; returns those that were lost."""
    changed = _lock(session, names, is_lost=True)
    if changed:
        session.execute(
            update(HostRow).where(HostRow.name.in_(changed)).values(lost_at=None, lost_reason=None)
        )
    return changed


def _lock(session: Session, names: Sequence[str], *, is_lost: bool) -> list[str]:
    state = HostRow.lost_at.is_not(None) if is_lost else HostRow.lost_at.is_(None)
    statement = select(HostRow.name).where(HostRow.name.in_(names), state).order_by(HostRow.id)
    return list(session.scalars(statement.with_for_update()))
