"""Queries on attach handles as operators see them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from cyborg_rr.db.paging import Listing
from cyborg_rr.db.rows import to_handle_record
from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceRow
from cyborg_rr.domain.hardware.stored import HandleRecord

_RECORDS = (
    select(AttachHandleRow, DeployableRow, DeviceRow.uuid, DeviceRow.hostname)
    .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
    .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
)

list_handles = Listing(
    _RECORDS,
    AttachHandleRow,
    to_handle_record,
    frozenset({"id", "uuid", "state", "created_at"}),
    {"device": DeviceRow.uuid, "hostname": DeviceRow.hostname},
).read
"""The attach handles whose fields have the given values."""


def find_handle(session: Session, uuid: str) -> HandleRecord | None:
    """One attach handle."""
    found = session.execute(_RECORDS.where(AttachHandleRow.uuid == uuid)).first()
    return None if found is None else to_handle_record(*found)


def is_handle(uuid: str, binding_id: str | None = None) -> tuple[ColumnElement[bool], ...]:
    """The condition for a handle, also that it serves, or served last, that binding."""
    this = AttachHandleRow.uuid == uuid
    return (this,) if binding_id is None else (this, AttachHandleRow.binding_id == binding_id)
