"""What is stored of a host's devices, in a number of statements that does not grow with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cyborg_rr.db.rows import to_deployable, to_device
from cyborg_rr.db.tables import (
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceClassRow,
    DeviceRow,
)
from cyborg_rr.domain.hardware.stored import (
    AttributeOrigin,
    HandleState,
    StoredHandle,
    StoredPart,
    StoredTree,
)


def load_host_devices(session: Session, hostname: str) -> dict[str, StoredTree]:
    """The stored devices of a host with all parts, by the hash of their key, in four statements."""
    devices = session.execute(
        select(DeviceRow, DeviceClassRow.name)
        .join(DeviceClassRow, DeviceClassRow.id == DeviceRow.device_class_id)
        .where(DeviceRow.hostname == hostname)
    ).all()
    parts = _load_parts(session, hostname) if devices else {}
    return {
        row.device_key or row.control_path_key: StoredTree(
            to_device(row, device_class), parts.get(row.id, {})
        )
        for row, device_class in devices
    }


def _load_parts(session: Session, hostname: str) -> Mapping[int, dict[str, StoredPart]]:
    """The deployables of each device by name."""
    handles = _load_handles(session, hostname)
    attributes = _load_reported_attributes(session, hostname)
    parts: dict[int, dict[str, StoredPart]] = defaultdict(dict)
    for row in session.scalars(_of_host(select(DeployableRow), hostname)):
        deployable = to_deployable(row, attributes.get(row.id, ()))
        parts[row.device_id][row.name] = StoredPart(deployable, handles.get(row.id, {}))
    return parts


def _load_handles(session: Session, hostname: str) -> Mapping[int, dict[str, StoredHandle]]:
    """The handles of each deployable by key."""
    columns = (AttachHandleRow.id, AttachHandleRow.handle_key, AttachHandleRow.state)
    statement = select(AttachHandleRow.deployable_id, *columns).join(
        DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id
    )
    handles: dict[int, dict[str, StoredHandle]] = defaultdict(dict)
    for deployable_id, row_id, key, state in session.execute(_of_host(statement, hostname)):
        handles[deployable_id][key] = StoredHandle(row_id, HandleState(state))
    return handles


def _load_reported_attributes(
    session: Session, hostname: str
) -> Mapping[int, list[tuple[str, str]]]:
    """The attributes of each deployable that its driver reported, in order."""
    statement = (
        select(AttributeRow.deployable_id, AttributeRow.key, AttributeRow.value)
        .join(DeployableRow, DeployableRow.id == AttributeRow.deployable_id)
        .where(AttributeRow.origin == AttributeOrigin.DRIVER)
        .order_by(AttributeRow.id)
    )
    attributes: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for deployable_id, key, value in session.execute(_of_host(statement, hostname)):
        attributes[deployable_id].append((key, value))
    return attributes


def _of_host(statement: Any, hostname: str) -> Any:
    """A query on deployables, of one host only."""
    return statement.join(DeviceRow, DeviceRow.id == DeployableRow.device_id).where(
        DeviceRow.hostname == hostname
    )
