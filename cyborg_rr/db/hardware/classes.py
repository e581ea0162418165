"""Queries on device classes, and how many devices of each can be had now.

Most devices are plain: nothing of them is held, or all of it. SQL decides about these; only what is
held in part, or shares a unit with what is held, is read and looked at handle by handle, by the
rule of the claim.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from cyborg_rr.db.hardware.claiming import load_stocks
from cyborg_rr.db.paging import Page
from cyborg_rr.db.tables import (
    AttachHandleRow,
    DeployableRow,
    DeviceClassRow,
    DeviceRow,
    HostRow,
)
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState, OperatorStatus

USABLE = and_(
    DeviceRow.status == OperatorStatus.ENABLED,
    DeviceRow.state == DeviceState.PRESENT,
    DeviceRow.trouble_code.is_(None),
    ~exists().where(HostRow.name == DeviceRow.hostname, HostRow.lost_at.is_not(None)),
)
"""The condition that a device may be given to somebody at all."""

_FREE = AttachHandleRow.state == HandleState.FREE
_OWN_CLASS = DeployableRow.device_class_id.is_not(None)
_BUSY = (
    select(DeployableRow.device_id)
    .distinct()
    .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
    .where(~_FREE)
    .subquery()
)
"""The devices of which anything is not free."""


@dataclass(frozen=True, slots=True)
class StoredClass:
    """A device class: its representation and how many devices there are and are free.

    ``devices`` counts those that may be given to somebody, ``free`` those that could be had now.
    """

    name: str
    document: Mapping[str, Any]
    devices: int
    free: int
    created_at: datetime


_SORT_KEYS: dict[str, Callable[[StoredClass], str | int]] = {
    "id": lambda stored: stored.name,
    "device_class": lambda stored: stored.name,
    "devices": lambda stored: stored.devices,
    "free": lambda stored: stored.free,
}


def list_classes(session: Session, name: str | None = None) -> list[StoredClass]:
    """All classes that devices are of (or the named one), with counts, in a few statements."""
    is_of_part = exists().where(DeployableRow.device_class_id == DeviceClassRow.id)
    statement = select(DeviceClassRow, is_of_part).order_by(DeviceClassRow.name)
    if name is not None:
        statement = statement.where(DeviceClassRow.name == name)
    rows = session.execute(statement).all()
    has_parts = name is not None or any(of_part for _, of_part in rows)
    counts = _count_classes(session, has_parts=has_parts)
    return [
        StoredClass(row.name, json.loads(row.document), *counts[row.id], row.created_at)
        for row, _ in rows
        if row.id in counts
    ]


def list_page(session: Session, *, page: Page) -> list[StoredClass]:
    """The page of a list that is short enough to be read whole; a class name is its own marker."""
    sort_key = page.sort_key or "id"
    if sort_key not in _SORT_KEYS:
        raise InvalidInput(f"sort_key {sort_key!r} is not one of {', '.join(sorted(_SORT_KEYS))}")
    read = _SORT_KEYS[sort_key]
    found = sorted(
        list_classes(session),
        key=lambda stored: (read(stored), stored.name),
        reverse=page.descending,
    )
    if page.marker is not None:
        names = [stored.name for stored in found]
        if page.marker not in names:
            raise InvalidInput(f"marker {page.marker!r} names no row of this list")
        found = found[names.index(page.marker) + 1 :]
    return found if page.limit is None else found[: page.limit]


def _count_classes(session: Session, *, has_parts: bool) -> dict[int, tuple[int, int]]:
    """How many devices there are of each class (by its row), and how many of them are free.

    A device counts where it can be had whole: free with every handle. A part with a class of its
    own counts as often as it can be had at a time; without ``has_parts`` there is none.
    """
    parts = _count_parts(session) if has_parts else []
    sharing = list_sharing(session)
    devices: Counter[int] = Counter()
    free: Counter[int] = Counter()
    for class_id, count, idle in (*_count_wholes(session, has_parts=has_parts), *parts):
        devices[class_id] += int(count)
        free[class_id] += int(idle)
    if parts or sharing:
        free.update(_count_contested(session, sharing))
    return {class_id: (count, free[class_id]) for class_id, count in devices.items()}


def _count_wholes(session: Session, *, has_parts: bool) -> list[tuple[int, int, int]]:
    own_class = exists().where(DeployableRow.device_id == DeviceRow.id, _OWN_CLASS)
    whole = exists().where(DeployableRow.device_id == DeviceRow.id, ~_OWN_CLASS)
    counted = and_(USABLE, or_(whole, ~own_class)) if has_parts else USABLE
    statement = (
        select(
            DeviceRow.device_class_id,
            func.sum(case((counted, 1), else_=0)),
            func.sum(case((and_(counted, _BUSY.c.device_id.is_(None)), 1), else_=0)),
        )
        .outerjoin(_BUSY, _BUSY.c.device_id == DeviceRow.id)
        .group_by(DeviceRow.device_class_id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def _count_parts(session: Session) -> list[tuple[int, int, int]]:
    count = DeployableRow.num_accelerators
    statement = (
        select(
            DeployableRow.device_class_id,
            func.sum(case((USABLE, count), else_=0)),
            func.sum(case((and_(USABLE, _BUSY.c.device_id.is_(None)), count), else_=0)),
        )
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .outerjoin(_BUSY, _BUSY.c.device_id == DeviceRow.id)
        .where(_OWN_CLASS)
        .group_by(DeployableRow.device_class_id)
    )
    return [(row[0] or 0, row[1], row[2]) for row in session.execute(statement)]


def _count_contested(session: Session, sharing: Collection[int]) -> Counter[int]:
    """What must be added to the free ones of each class for devices that are held in part."""
    parts = [
        row
        for row in session.execute(
            select(
                DeployableRow.id,
                DeployableRow.device_id,
                DeployableRow.device_class_id,
                DeployableRow.num_accelerators,
                DeviceRow.device_class_id.label("class_of_device"),
                _BUSY.c.device_id.label("busy"),
            )
            .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
            .outerjoin(_BUSY, _BUSY.c.device_id == DeviceRow.id)
            .where(
                USABLE,
                or_(
                    and_(_OWN_CLASS, _BUSY.c.device_id.is_not(None)),
                    and_(DeviceRow.id.in_(sharing), _BUSY.c.device_id.is_(None)),
                ),
            )
        )
    ]
    own = [row for row in parts if row.device_class_id is not None]
    stocks = load_stocks(session, {row.device_id for row in own}.union(sharing)) if own else {}
    change: Counter[int] = Counter()
    for row in own:
        counted = row.num_accelerators if row.busy is None else 0
        change[row.device_class_id] += stocks[row.device_id].count_holdable(row.id) - counted
    blocked = {
        row.device_id: row.class_of_device
        for row in parts
        if row.device_class_id is None and row.busy is None
    }
    change.subtract(Counter(blocked.values()))
    return change


def list_sharing(session: Session) -> set[int]:
    """Devices in a unit that they share with another device and of which anything is not free."""
    statement = (
        select(DeviceRow.hostname, AttachHandleRow.unit)
        .select_from(AttachHandleRow)
        .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(AttachHandleRow.unit.is_not(None))
        .group_by(DeviceRow.hostname, AttachHandleRow.unit)
        .having(
            func.min(DeviceRow.id) < func.max(DeviceRow.id),
            func.max(case((_FREE, 0), else_=1)) == 1,
        )
    )
    units = {(hostname, unit) for hostname, unit in session.execute(statement)}
    return _list_devices_in(session, units) if units else set()


def _list_devices_in(session: Session, units: Collection[tuple[str, str | None]]) -> set[int]:
    rows = session.execute(
        select(DeviceRow.id, DeviceRow.hostname, AttachHandleRow.unit)
        .join(DeployableRow, DeployableRow.device_id == DeviceRow.id)
        .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
        .where(
            DeviceRow.hostname.in_({hostname for hostname, _ in units}),
            AttachHandleRow.unit.in_({unit for _, unit in units}),
        )
    )
    return {row_id for row_id, hostname, unit in rows if (hostname, unit) in units}
