"""Queries on stored measurements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from oslo_utils import uuidutils
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, undefer

from cyborg_rr import codec
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.paging import Listing
from cyborg_rr.db.tables import MeasurementRow
from cyborg_rr.domain.errors import OverQuota, UnreadableDocument
from cyborg_rr.domain.hardware.keys import hash_key, render_canonical
from cyborg_rr.domain.representation.measured.measurement import Measurement

MAX_MEASUREMENTS: Final = 1000
"""Of all classes: each match is estimated by them."""

_REMEMBERED: Final = 2 * MAX_MEASUREMENTS
_read: dict[str, Measurement | None] = {}
"""By hash of the document, which never changes; None is what this release cannot read."""

_loaded: dict[tuple[str, ...], tuple[Measurement, ...]] = {}
"""What was loaded last, by the hashes: what follows from it is kept as long as it is the same."""


@dataclass(frozen=True, slots=True)
class StoredMeasurement:
    """A measurement as lists show it."""

    uuid: str
    device_class: str
    product: str | None
    runtime: str
    software: str
    measured_on: str
    operators: int
    models: int
    created_at: datetime


def _to_stored(row: MeasurementRow) -> StoredMeasurement:
    return StoredMeasurement(
        row.uuid,
        row.device_class,
        row.product,
        row.runtime,
        row.software,
        row.measured_on,
        row.operators,
        row.models,
        row.created_at,
    )


list_measurements = Listing(
    select(MeasurementRow),
    MeasurementRow,
    _to_stored,
    frozenset({"id", "uuid", "device_class", "runtime", "measured_on", "created_at"}),
).read
"""The measurements whose fields have the given values."""


def find_measurement(
    session: Session, uuid: str
) -> tuple[StoredMeasurement, Mapping[str, Any]] | None:
    """One measurement with its document."""
    row = session.scalars(
        select(MeasurementRow)
        .where(MeasurementRow.uuid == uuid)
        .options(undefer(MeasurementRow.document))
    ).first()
    return None if row is None else (_to_stored(row), json.loads(row.document))


def find_same(session: Session, measurement: Measurement) -> StoredMeasurement | None:
    """The stored measurement of that content."""
    same = MeasurementRow.content_hash == hash_key(_render(measurement))
    row = session.scalars(select(MeasurementRow).where(same)).first()
    return None if row is None else _to_stored(row)


def create_measurement(session: Session, measurement: Measurement) -> StoredMeasurement:
    """Store a checked measurement; ``OverQuota`` where as many are kept as may be."""
    count = session.scalars(select(func.count()).select_from(MeasurementRow)).one()
    if count >= MAX_MEASUREMENTS:
        raise OverQuota(f"{MAX_MEASUREMENTS} measurements are kept; delete some")
    text = _render(measurement)
    stored = StoredMeasurement(
        uuidutils.generate_uuid(),
        measurement.device_class,
        measurement.product,
        measurement.runtime,
        measurement.software,
        measurement.measured_on,
        len(measurement.operators),
        len(measurement.models),
        utc_now(),
    )
    session.execute(
        insert(MeasurementRow).values(
            uuid=stored.uuid,
            device_class=stored.device_class,
            product=stored.product,
            runtime=stored.runtime,
            software=stored.software,
            measured_on=stored.measured_on,
            operators=stored.operators,
            models=stored.models,
            content_hash=hash_key(text),
            document=text,
            created_at=stored.created_at,
        )
    )
    return stored


def _render(measurement: Measurement) -> str:
    return render_canonical(codec.render(measurement))


def delete_measurement(session: Session, uuid: str) -> bool:
    """Delete one measurement; False when there was none."""
    statement = delete(MeasurementRow).where(MeasurementRow.uuid == uuid)
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def load_measurements(session: Session) -> tuple[Measurement, ...]:
    """All that this release can read, in an order of their own: by the hash of what they say.

    The tuple is the same object as long as nothing changed.
    """
    order = MeasurementRow.content_hash
    hashes = tuple(session.scalars(select(order).order_by(order)))
    known = _loaded.get(hashes)
    if known is not None:
        return known
    if len(_read) > _REMEMBERED:
        _read.clear()
    missing = [name for name in hashes if name not in _read]
    if missing:
        statement = select(order, MeasurementRow.document).where(order.in_(missing))
        for name, document in session.execute(statement):
            _read[name] = _parse(document)
    found = (_read.get(name) for name in hashes)
    loaded = tuple(each for each in found if each is not None)
    _loaded.clear()
    _loaded[hashes] = loaded
    return loaded


def _parse(document: str) -> Measurement | None:
    try:
        return codec.parse_stored(Measurement, json.loads(document), "measurement")
    except UnreadableDocument:  # a newer release wrote it
        return None
