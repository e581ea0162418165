"""How hosts stand: what a heartbeat is held against, and whether they are heard at all.

That a host is lost is written when it falls silent, and when it speaks again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from cyborg_rr import codec
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceRow, HostRow
from cyborg_rr.domain.hardware.hosts import AgentWord, DriverWord, KnownHost, Speaker
from cyborg_rr.domain.hardware.stored import HandleState


@dataclass(frozen=True, slots=True)
class Hold:
    """A handle that is not free, as far as a heartbeat looks at it."""

    binding_id: str
    state: HandleState
    reason_code: str | None
    state_since: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is stored of the host of a speaker's name, of that of its id, and of its handles."""

    by_name: KnownHost | None
    by_id: KnownHost | None
    holds: Sequence[Hold]


_HELD_ON_HOST = DeviceRow.__table__.join(
    DeployableRow.__table__, DeployableRow.device_id == DeviceRow.id
).join(
    AttachHandleRow.__table__,
    and_(
        AttachHandleRow.deployable_id == DeployableRow.id,
        AttachHandleRow.state != HandleState.FREE.value,
    ),
)
_STANDING = (
    select(
        HostRow.id,
        HostRow.name,
        HostRow.agent,
        HostRow.host_id,
        HostRow.machine,
        HostRow.node,
        HostRow.run,
        HostRow.minor,
        HostRow.content_hash,
        HostRow.version,
        HostRow.report_interval,
        HostRow.drivers,
        HostRow.lost_at,
        AttachHandleRow.binding_id,
        AttachHandleRow.state,
        AttachHandleRow.reason_code,
        AttachHandleRow.state_since,
    )
    .select_from(HostRow.__table__.outerjoin(_HELD_ON_HOST, DeviceRow.hostname == HostRow.name))
    .where(or_(HostRow.name == bindparam("name"), HostRow.host_id == bindparam("host_id")))
    .order_by(HostRow.id)
)


def load_standing(connection: Connection, speaker: Speaker) -> Standing:
    """All that an unchanged host is held against, in one statement: a heartbeat costs no more."""
    host_id = None if speaker.identity is None else speaker.identity.id
    rows = connection.execute(_STANDING, {"name": speaker.hostname, "host_id": host_id}).all()
    by_name, by_id = find_both(list({row.id: row for row in rows}.values()), speaker)
    holds = [
        Hold(row.binding_id or "", HandleState(row.state), row.reason_code, row.state_since)
        for row in rows
        if row.state is not None and row.name == speaker.hostname
    ]
    return Standing(by_name, by_id, holds)


def find_both(rows: Sequence[Any], speaker: Speaker) -> tuple[KnownHost | None, KnownHost | None]:
    host_id = None if speaker.identity is None else speaker.identity.id
    known = [to_known(row) for row in rows]
    by_name = next((each for each in known if each.name == speaker.hostname), None)
    by_id = next((each for each in known if each.id is not None and each.id == host_id), None)
    return by_name, by_id


def to_known(row: Any) -> KnownHost:
    """What is stored of a host, from its row or the columns of that."""
    return KnownHost(
        name=row.name,
        agent=row.agent,
        id=row.host_id,
        machine=row.machine,
        node=row.node,
        run=row.run,
        minor=row.minor,
        content_hash=row.content_hash,
        word=_to_word(row),
        is_lost=row.lost_at is not None,
    )


def _to_word(row: Any) -> AgentWord | None:
    if row.version is None:
        return None
    return AgentWord(row.version, row.report_interval or 0, _parse_drivers(row.drivers or "{}"))


@lru_cache(maxsize=4096)
def _parse_drivers(text: str) -> Mapping[str, DriverWord]:
    """Once for the many hosts that say the same; nobody can change it."""
    stated = json.loads(text)
    return MappingProxyType(
        {
            name: codec.parse(DriverWord, word, "driver", tolerant=True)
            for name, word in stated.items()
        }
    )


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
