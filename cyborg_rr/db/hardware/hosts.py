"""Hosts: which machine and agent each is, what it said last, and what it has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from cyborg_rr import codec
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.packing import pack_document, unpack_document
from cyborg_rr.db.paging import Listing
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    DeviceRow,
    HostRow,
)
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.domain.hardware.devices import LeftOut
from cyborg_rr.domain.hardware.hosts import (
    KnownHost,
    Refused,
    Speaker,
    StoredHost,
    find_refusal,
)
from cyborg_rr.domain.hardware.stored import HandleState

HOST = "host"


def find_hosts(session: Session, speaker: Speaker) -> tuple[KnownHost | None, KnownHost | None]:
    """The host of the speaker's name, and that of its id, in one statement."""
    return _find_both(session.scalars(_select_for(speaker)).all(), speaker)


def _select_for(speaker: Speaker, what: Any = HostRow) -> Any:
    condition: Any = HostRow.name == speaker.hostname
    if speaker.identity is not None:
        condition = or_(condition, HostRow.host_id == speaker.identity.id)
    return select(what).where(condition).order_by(HostRow.id)


def _find_both(
    rows: Sequence[HostRow], speaker: Speaker
) -> tuple[KnownHost | None, KnownHost | None]:
    host_id = None if speaker.identity is None else speaker.identity.id
    known = [_to_known(row) for row in rows]
    by_name = next((each for each in known if each.name == speaker.hostname), None)
    by_id = next((each for each in known if each.id is not None and each.id == host_id), None)
    return by_name, by_id


def _to_known(row: HostRow) -> KnownHost:
    return KnownHost(
        name=row.name,
        agent=row.agent,
        id=row.host_id,
        machine=row.machine,
        node=row.node,
        run=row.run,
        minor=row.minor,
        content_hash=row.content_hash,
    )


def take_host(session: Session, speaker: Speaker) -> Refused | None:
    """Note who speaks for a host and keep others that do waiting until the commit.

    The first that reports a host owns it. A machine that calls itself by another name now takes
    its devices and requests along. Returns why the speaker is refused; then nothing is written.
    """
    rows = session.scalars(_select_for(speaker).with_for_update()).all()
    by_name, by_id = _find_both(rows, speaker)
    refused = find_refusal(speaker, by_name, by_id)
    if refused is not None:
        return refused
    known = by_id or by_name
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


def _select_hosts(name: str | None = None) -> Any:
    """Hosts (or the named one), with how many devices they have and handles that are not free."""
    held = func.count(AttachHandleRow.id).label("held")
    devices = func.count(DeviceRow.id.distinct()).label("devices")
    counts = (
        select(DeviceRow.hostname, devices, held)
        .outerjoin(DeployableRow, DeployableRow.device_id == DeviceRow.id)
        .outerjoin(
            AttachHandleRow,
            (AttachHandleRow.deployable_id == DeployableRow.id)
            & (AttachHandleRow.state != HandleState.FREE),
        )
        .group_by(DeviceRow.hostname)
    )
    if name is not None:
        counts = counts.where(DeviceRow.hostname == name)
    each = counts.subquery()
    statement = select(HostRow, each.c.devices, each.c.held).outerjoin(
        each, each.c.hostname == HostRow.name
    )
    return statement if name is None else statement.where(HostRow.name == name)


def list_hosts(session: Session, name: str | None = None) -> list[StoredHost]:
    """All hosts by name (or the named one), with counts, in one statement."""
    found = session.execute(_select_hosts(name).order_by(HostRow.name))
    return [_to_host(*row) for row in found]


def _to_host(row: HostRow, devices: int | None, held: int | None) -> StoredHost:
    left_out = [] if row.left_out is None else json.loads(row.left_out)
    return StoredHost(
        name=row.name,
        known=_to_known(row),
        refused_at=row.refused_at,
        refused_reason=row.refused_reason,
        left_out=tuple(codec.parse(LeftOut, item, "left out", tolerant=True) for item in left_out),
        devices=devices or 0,
        held=held or 0,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


list_page = Listing(
    _select_hosts(),
    HostRow,
    _to_host,
    frozenset({"id", "name", "created_at"}),
    key="name",
).read
"""A page of the hosts."""


def find_host(session: Session, name: str) -> StoredHost | None:
    """One host."""
    found = list_hosts(session, name)
    return found[0] if found else None


def get_host(session: Session, name: str) -> StoredHost:
    """One host; ``NotFound`` when there is none."""
    found = find_host(session, name)
    if found is None:
        raise NotFound(HOST, name)
    return found
