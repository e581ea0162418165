"""Queries on device classes: one resource representation for all equal devices."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, exists, func, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.hardware.leftover import BUSY, IS_USABLE, count_left
from cyborg_rr.db.paging import Page
from cyborg_rr.db.tables import DeployableRow, DeviceClassRow, DeviceRow
from cyborg_rr.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class StoredClass:
    """A device class: its representation and how many devices there are and are free.

    ``devices`` counts devices that are present, enabled and well, ``free`` those with every handle
    free. Of a class of parts, they count how many can be held at a time, and how many still can.
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


def save_classes(session: Session, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Store classes that are new or described anew; returns the row id of each by name.

    A class is described anew when the catalogue learnt more of the product.
    """
    texts = {name: json.dumps(document, sort_keys=True) for name, document in documents.items()}
    stored = _find_rows(session, texts)
    new = [name for name in texts if name not in stored]
    changed = [name for name, (_, text) in stored.items() if text != texts[name]]
    table: Any = DeviceClassRow.__table__
    if changed:
        session.execute(
            update(table)
            .where(table.c.name == bindparam("class_name"))
            .values(document=bindparam("text"), updated_at=utc_now()),
            [{"class_name": name, "text": texts[name]} for name in changed],
        )
    if not new:
        return {name: row_id for name, (row_id, _) in stored.items()}
    session.execute(
        insert(table),
        [{"name": name, "document": texts[name], "created_at": utc_now()} for name in new],
    )
    return {name: row_id for name, (row_id, _) in _find_rows(session, texts).items()}


def _find_rows(session: Session, names: Collection[str]) -> dict[str, tuple[int, str]]:
    rows = session.execute(
        select(DeviceClassRow.name, DeviceClassRow.id, DeviceClassRow.document).where(
            DeviceClassRow.name.in_(names)
        )
    )
    return {name: (row_id, document) for name, row_id, document in rows}


def list_classes(session: Session, name: str | None = None) -> list[StoredClass]:
    """All classes that devices or parts are of (or the named one), with counts.

    In two statements, the second only where parts that are described by themselves are in use.
    """
    whole, parts = _count_devices(), _count_idle_parts()
    statement = (
        select(DeviceClassRow, whole.c.devices, whole.c.free, parts.c.parts, parts.c.idle)
        .outerjoin(whole, whole.c.device_class_id == DeviceClassRow.id)
        .outerjoin(parts, parts.c.device_class_id == DeviceClassRow.id)
        .where(whole.c.devices.is_not(None) | parts.c.parts.is_not(None))
        .order_by(DeviceClassRow.name)
    )
    if name is not None:
        statement = statement.where(DeviceClassRow.name == name)
    rows = session.execute(statement).all()
    has_parts = any(parts_ is not None for *_, parts_, _idle in rows)
    left = count_left(session) if has_parts else {}
    return [
        StoredClass(
            row.name,
            json.loads(row.document),
            int(devices or 0) + int(parts_ or 0),
            int(free or 0) + int(idle or 0) + left.get(row.id, 0),
            row.created_at,
        )
        for row, devices, free, parts_, idle in rows
    ]


def _count_devices() -> Any:
    """By class: the usable devices, and those of which nothing is in use.

    A device of which only parts with classes of their own are offered is not counted as a whole.
    """
    offered = exists().where(
        DeployableRow.device_id == DeviceRow.id, DeployableRow.device_class_id.is_(None)
    )
    counted = and_(IS_USABLE, offered)
    return (
        select(
            DeviceRow.device_class_id,
            func.sum(case((counted, 1), else_=0)).label("devices"),
            func.sum(case((and_(counted, BUSY.c.device_id.is_(None)), 1), else_=0)).label("free"),
        )
        .outerjoin(BUSY, BUSY.c.device_id == DeviceRow.id)
        .group_by(DeviceRow.device_class_id)
        .subquery()
    )


def _count_idle_parts() -> Any:
    """By class of parts: how many usable devices give, and those of which nothing is in use."""
    size = DeployableRow.num_accelerators
    return (
        select(
            DeployableRow.device_class_id,
            func.sum(case((IS_USABLE, size), else_=0)).label("parts"),
            func.sum(case((and_(IS_USABLE, BUSY.c.device_id.is_(None)), size), else_=0)).label(
                "idle"
            ),
        )
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .outerjoin(BUSY, BUSY.c.device_id == DeviceRow.id)
        .where(DeployableRow.device_class_id.is_not(None))
        .group_by(DeployableRow.device_class_id)
        .subquery()
    )


def list_page(session: Session, *, page: Page) -> list[StoredClass]:
    """The page of a list that is short enough to be read whole; a class name is its own marker."""
    if page.sort_key not in _SORT_KEYS:
        raise InvalidInput(
            f"sort_key {page.sort_key!r} is not one of {', '.join(sorted(_SORT_KEYS))}"
        )
    read = _SORT_KEYS[page.sort_key]
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
