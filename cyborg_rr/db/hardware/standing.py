"""How hosts stand: who speaks for one, what it said last, and whether it is heard at all.

That a host is lost is written when it falls silent, and when it speaks again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from cyborg_rr import codec
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.hardware.hosts import to_known
from cyborg_rr.db.packing import pack_document, unpack_document
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    DeviceRow,
    HostRow,
)
from cyborg_rr.domain.hardware.devices import LeftOut
from cyborg_rr.domain.hardware.hosts import KnownHost, Refused, Speaker, find_refusal
from cyborg_rr.domain.hardware.keys import render_canonical
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


def _select_for(speaker: Speaker, what: Any = HostRow) -> Any:
    condition: Any = HostRow.name == speaker.hostname
    if speaker.identity is not None:
        condition = or_(condition, HostRow.host_id == speaker.identity.id)
    return select(what).where(condition).order_by(HostRow.id)


def take_host(
    session: Session,
    speaker: Speaker,
    is_alive: Callable[[KnownHost], bool] = lambda _known: False,
) -> Refused | None:
    """Note who speaks for a host and keep others that do waiting until the commit.

    The first that reports a host owns it. A machine that calls itself by another name now takes
    its devices and requests along. A host ``is_alive`` that has spoken within its interval.
    Returns why the speaker is refused; then nothing is written.
    """
    rows = session.scalars(_select_for(speaker).with_for_update()).all()
    by_name, by_id = find_both(rows, speaker)
    known = by_id or by_name
    is_spoken_for = known is not None and is_alive(known)
    refused = find_refusal(speaker, by_name, by_id, is_alive=is_spoken_for)
    if refused is not None:
        return refused
    if known is None:
        said = {"minor": 0, **_columns_of(speaker)}
        session.execute(insert(HostRow).values(generation=0, created_at=utc_now(), **said))
    elif not known.is_as(speaker):
        session.execute(
            update(HostRow)
            .where(HostRow.name == known.name)
            .values(updated_at=utc_now(), **_columns_of(speaker))
        )
        if known.name != speaker.hostname:
            _rename_host(session, known.name, speaker.hostname)
    return None


def _columns_of(speaker: Speaker) -> dict[str, Any]:
    columns: dict[str, Any] = {"name": speaker.hostname, "agent": speaker.agent}
    identity = speaker.identity
    if identity is not None:
        columns |= {
            "host_id": identity.id,
            "machine": identity.machine,
            "node": identity.node,
            "run": identity.run,
            "minor": identity.minor,
        }
    word = speaker.word
    if word is not None:
        columns |= {
            "version": word.version,
            "report_interval": word.report_interval,
            "drivers": render_canonical(codec.render(word.drivers)),
        }
    return columns


def _rename_host(session: Session, old: str, new: str) -> None:
    for table in (DeviceRow, AcceleratorRequestRow):
        session.execute(update(table).where(table.hostname == old).values(hostname=new))


def note_content(
    session: Session,
    name: str,
    content_hash: str | None,
    left_out: Sequence[LeftOut],
    document: str | None = None,
) -> None:
    """Store what a host said last; without a hash its next report is taken in whatever it says.

    Without the ``document``, all of it as text, or with one that is too long, its next report must
    be whole.
    """
    session.execute(
        update(HostRow)
        .where(HostRow.name == name)
        .values(
            content_hash=content_hash,
            left_out=json.dumps(codec.render(left_out)) if left_out else None,
            reported=pack_document(document),
            generation=HostRow.generation + 1,
            updated_at=utc_now(),
        )
    )


def find_document(session: Session, speaker: Speaker, document_hash: str) -> str | None:
    """What the speaker's host said last, as text; None where that is not of this hash."""
    for packed in session.scalars(_select_for(speaker, HostRow.reported)):
        document = unpack_document(packed, document_hash)
        if document is not None:
            return document
    return None


def note_refusal(session: Session, refused: Refused) -> bool:
    """Store who came in the name of a host and was not let in, so that operators see it.

    Whether it is another refusal than the one that was stored.
    """
    of_host = HostRow.name == refused.host.name
    stored = session.scalar(select(HostRow.refused_reason).where(of_host))
    session.execute(
        update(HostRow).where(of_host).values(refused_at=utc_now(), refused_reason=refused.reason)
    )
    return stored != refused.reason


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
