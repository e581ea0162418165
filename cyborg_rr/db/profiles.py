"""Queries on device profiles."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.paging import Listing
from cyborg_rr.db.rows import to_profile
from cyborg_rr.db.tables import DeviceProfileRow
from cyborg_rr.domain.errors import Conflict
from cyborg_rr.domain.profiles import DeviceProfile, Group

list_profiles = Listing(
    select(DeviceProfileRow),
    DeviceProfileRow,
    to_profile,
    frozenset({"id", "name", "uuid", "created_at"}),
).read
"""The profiles whose fields have the given values."""


def find_profile(
    session: Session, *, uuid: str | None = None, name: str | None = None
) -> DeviceProfile | None:
    """The profile with exactly that uuid, or exactly that name."""
    column, value = (
        (DeviceProfileRow.uuid, uuid) if uuid is not None else (DeviceProfileRow.name, name)
    )
    row = session.scalars(select(DeviceProfileRow).where(column == value)).first()
    return None if row is None else to_profile(row)


def create_profile(
    session: Session,
    name: str,
    groups: Sequence[Group],
    description: str | None = None,
    uuid: str | None = None,
) -> DeviceProfile:
    """Store a checked profile; ``Conflict`` when the name or the uuid is taken."""
    uuid = uuid or uuidutils.generate_uuid()
    taken = session.scalars(
        select(DeviceProfileRow).where(
            (DeviceProfileRow.name == name) | (DeviceProfileRow.uuid == uuid)
        )
    ).first()
    if taken is not None:
        what = f"name {name}" if taken.name == name else f"uuid {uuid}"
        raise Conflict(f"a device profile with the {what} exists already")
    created_at = utc_now()
    session.execute(
        insert(DeviceProfileRow).values(
            uuid=uuid,
            name=name,
            description=description,
            groups=json.dumps([dict(group) for group in groups]),
            created_at=created_at,
        )
    )
    return DeviceProfile(uuid, name, tuple(groups), created_at, None, description)


def update_profile(session: Session, uuid: str, changes: Mapping[str, Any]) -> None:
    """Change fields of a profile that exists; requests made from it keep their copy."""
    columns = dict(changes)
    if "groups" in columns:
        columns["groups"] = json.dumps([dict(group) for group in columns["groups"]])
    session.execute(
        update(DeviceProfileRow)
        .where(DeviceProfileRow.uuid == uuid)
        .values(**columns, updated_at=utc_now())
    )


def delete_profiles(session: Session, uuids: Sequence[str]) -> int:
    """Delete by uuid; returns how many there were. Requests made from them keep their copy."""
    result = session.execute(delete(DeviceProfileRow).where(DeviceProfileRow.uuid.in_(uuids)))
    return int(result.rowcount)  # type: ignore[attr-defined]
