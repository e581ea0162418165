"""Hosts: which agent speaks for one, and the hash of what it said last."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import HostRow
from cyborg_rr.domain.errors import Forbidden


@dataclass(frozen=True, slots=True)
class StoredHost:
    """Which agent speaks for a host, and the hash of what it said last."""

    agent: str
    content_hash: str | None


def find_host(session: Session, name: str) -> StoredHost | None:
    """The host as it is stored."""
    row = session.scalars(select(HostRow).where(HostRow.name == name)).first()
    return None if row is None else StoredHost(row.agent, row.content_hash)


def take_host(session: Session, name: str, agent: str, content_hash: str) -> None:
    """Note the new content of a host and keep other reports of it waiting until the commit.

    The first agent that reports a host owns it; another is ``Forbidden``.
    """
    host = session.scalars(select(HostRow).where(HostRow.name == name).with_for_update()).first()
    now = utc_now()
    if host is None:
        session.execute(
            insert(HostRow).values(
                name=name, agent=agent, content_hash=content_hash, generation=1, created_at=now
            )
        )
        return
    if host.agent != agent:
        raise Forbidden(f"host {name} is reported by agent {host.agent}, not by {agent}")
    session.execute(
        update(HostRow)
        .where(HostRow.id == host.id)
        .values(content_hash=content_hash, generation=HostRow.generation + 1, updated_at=now)
    )


def forget_content(session: Session, name: str) -> None:
    """Let the next report of a host be taken in even when it says nothing new."""
    session.execute(update(HostRow).where(HostRow.name == name).values(content_hash=None))
