"""Queries on deployables as callers see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cyborg_rr.db.paging import Page, apply_page
from cyborg_rr.db.rows import to_deployable
from cyborg_rr.db.tables import AttributeRow, DeployableRow, DeviceRow
from cyborg_rr.domain.hardware.stored import StoredDeployable

SORT_KEYS = frozenset({"id", "uuid", "name", "num_accelerators", "device_id", "created_at"})


def list_deployables(
    session: Session,
    *,
    name: str | None = None,
    device_uuid: str | None = None,
    page: Page | None = None,
) -> list[StoredDeployable]:
    """Deployables with their attributes, in two statements however many there are."""
    statement: Any = select(DeployableRow)
    if name is not None:
        statement = statement.where(DeployableRow.name == name)
    if device_uuid is not None:
        statement = statement.join(DeviceRow, DeviceRow.id == DeployableRow.device_id).where(
            DeviceRow.uuid == device_uuid
        )
    statement = apply_page(session, statement, DeployableRow, page or Page(), SORT_KEYS)
    rows = list(session.scalars(statement))
    everything = name is None and device_uuid is None and (page is None or page.limit is None)
    return _with_attributes(session, rows, everything=everything)


def find_deployable(
    session: Session, uuid: str | None = None, *, row_id: int | None = None
) -> StoredDeployable | None:
    """One deployable, by its uuid or by its internal number."""
    condition = DeployableRow.uuid == uuid if uuid is not None else DeployableRow.id == row_id
    rows = list(session.scalars(select(DeployableRow).where(condition)))
    found = _with_attributes(session, rows, everything=False)
    return found[0] if found else None


def _with_attributes(
    session: Session, rows: Iterable[DeployableRow], *, everything: bool
) -> list[StoredDeployable]:
    rows = list(rows)
    by_deployable: dict[int, list[tuple[str, str]]] = defaultdict(list)
    statement = select(AttributeRow.deployable_id, AttributeRow.key, AttributeRow.value)
    if not everything:
        statement = statement.where(AttributeRow.deployable_id.in_([row.id for row in rows]))
    if rows:
        for deployable_id, key, value in session.execute(statement.order_by(AttributeRow.id)):
            by_deployable[deployable_id].append((key, value))
    return [to_deployable(row, by_deployable[row.id]) for row in rows]
