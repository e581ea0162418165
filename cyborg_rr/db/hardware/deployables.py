"""Queries on deployables as callers see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cyborg_rr.db.paging import Listing, Page
from cyborg_rr.db.rows import to_deployable
from cyborg_rr.db.tables import AttributeRow, DeployableRow, DeviceRow
from cyborg_rr.domain.hardware.stored import StoredDeployable


def _same(row: DeployableRow) -> DeployableRow:
    return row


def _is_of_device(uuid: str) -> Any:
    found = select(DeviceRow.id).where(DeviceRow.uuid == uuid)
    return DeployableRow.device_id == found.scalar_subquery()


_list_rows = Listing(
    select(DeployableRow),
    DeployableRow,
    _same,
    frozenset({"id", "uuid", "name", "num_accelerators", "device_id", "created_at"}),
    conditions={"device": _is_of_device},
).read


def list_deployables(
    session: Session, *, page: Page | None = None, **where: Any
) -> list[StoredDeployable]:
    """Deployables with their attributes, in two statements however many there are.

    ``device`` is the uuid of the device that they are part of.
    """
    rows = _list_rows(session, page=page, **where)
    is_cut = page is not None and page.limit is not None
    everything = not is_cut and all(value is None for value in where.values())
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
