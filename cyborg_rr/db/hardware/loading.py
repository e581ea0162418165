"""What is stored of a host's devices, in a number of statements that does not grow with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cyborg_rr.db.rows import parse_amounts, to_deployable, to_device
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
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


def load_host_devices(session: Session, hostname: str) -> list[StoredTree]:
    """The stored devices of a host with all parts, in four statements."""
    devices = session.execute(
        select(DeviceRow, DeviceClassRow.name)
        .join(DeviceClassRow, DeviceClassRow.id == DeviceRow.device_class_id)
        .where(DeviceRow.hostname == hostname)
        .order_by(DeviceRow.id)
    ).all()
    parts = _load_parts(session, hostname) if devices else {}
    return [
        StoredTree(
            device=to_device(row, device_class),
            slot_key=row.slot_key,
            control_path_key=row.control_path_key,
            control_path=row.control_path,
            parts=parts.get(row.id, ()),
        )
        for row, device_class in devices
    ]


def _load_parts(session: Session, hostname: str) -> Mapping[int, list[StoredPart]]:
    """The deployables of each device."""
    handles = _load_handles(session, hostname)
    attributes = _load_reported_attributes(session, hostname)
    parts: dict[int, list[StoredPart]] = defaultdict(list)
    statement = select(DeployableRow, DeviceClassRow.name).outerjoin(
        DeviceClassRow, DeviceClassRow.id == DeployableRow.device_class_id
    )
    for row, device_class in session.execute(_of_host(statement, hostname)):
        deployable = to_deployable(row, attributes.get(row.id, ()))
        parts[row.device_id].append(StoredPart(deployable, device_class, handles.get(row.id, ())))
    return parts


def _load_handles(session: Session, hostname: str) -> Mapping[int, list[StoredHandle]]:
    """The handles of each deployable, with what the request that holds one was told."""
    row = AttachHandleRow
    statement = (
        select(
            row.deployable_id,
            row.id,
            row.state,
            row.place,
            row.handle_key,
            row.consumes,
            row.unit,
            row.arq_uuid,
            AcceleratorRequestRow.trouble,
        )
        .join(DeployableRow, DeployableRow.id == row.deployable_id)
        .outerjoin(AcceleratorRequestRow, AcceleratorRequestRow.uuid == row.arq_uuid)
    )
    handles: dict[int, list[StoredHandle]] = defaultdict(list)
    for owner, row_id, state, place, key, consumes, *others in session.execute(
        _of_host(statement, hostname)
    ):
        amounts = parse_amounts(consumes)
        handles[owner].append(
            StoredHandle(row_id, HandleState(state), place, key, amounts, *others)
        )
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
