"""Queries on device classes: one resource representation for all equal devices."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.hardware.availability import count_classes
from cyborg_rr.db.paging import Page
from cyborg_rr.db.tables import DeviceClassRow
from cyborg_rr.domain.errors import InvalidInput


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
    """All classes that devices are of (or the named one), with counts, in a few statements."""
    counts = count_classes(session)
    statement = (
        select(DeviceClassRow).where(DeviceClassRow.id.in_(counts)).order_by(DeviceClassRow.name)
    )
    if name is not None:
        statement = statement.where(DeviceClassRow.name == name)
    return [
        StoredClass(row.name, json.loads(row.document), *counts[row.id], row.created_at)
        for row in session.scalars(statement)
    ]


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
