"""Storing what hosts report: batched, so that statements do not grow with devices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.rows import columns_of
from cyborg_rr.db.tables import AttachHandleRow, AttributeRow, DeployableRow, DeviceRow
from cyborg_rr.domain.errors import Conflict
from cyborg_rr.domain.hardware.comparing import Changes
from cyborg_rr.domain.hardware.devices import Device, render_provider_uuid
from cyborg_rr.domain.hardware.keys import hash_key, key_of, render_canonical
from cyborg_rr.domain.hardware.stored import (
    AttributeOrigin,
    DeviceState,
    HandleState,
    OperatorStatus,
)

# Tables, not mapped classes: a list of rows is then one executemany, with no key asked back.
_DEVICES: Any = DeviceRow.__table__
_DEPLOYABLES: Any = DeployableRow.__table__
_ATTRIBUTES: Any = AttributeRow.__table__
_HANDLES: Any = AttachHandleRow.__table__


def store_changes(
    session: Session,
    hostname: str,
    changes: Changes,
    classes: Mapping[str, int],
) -> None:
    """Write the changes of one host, with one statement for each kind of row.

    ``classes`` gives the row of the class of each device, by the hash of the device's key.
    """
    now = utc_now()
    _remove(session, changes)
    _update(session, changes, classes, now)
    _add_devices(session, hostname, changes, classes, now)
    _add_deployables(session, hostname, changes, now)
    names = {name for name, _ in changes.new_handles}
    names.update(name for name, _ in changes.replaced_attributes)
    if names:
        ids = _deployable_ids(session, hostname)
        _add_attributes(session, changes, ids, now)
        _add_handles(session, changes, ids, now)


def _remove(session: Session, changes: Changes) -> None:
    if changes.cleared_attributes:
        session.execute(
            delete(_ATTRIBUTES).where(
                _ATTRIBUTES.c.deployable_id.in_(changes.cleared_attributes),
                _ATTRIBUTES.c.origin == AttributeOrigin.DRIVER,
            )
        )
    if changes.gone_handles:
        session.execute(
            delete(_HANDLES).where(
                _HANDLES.c.id.in_(changes.gone_handles), _HANDLES.c.state == HandleState.FREE
            )
        )
    if changes.gone_deployables:
        session.execute(
            delete(_ATTRIBUTES).where(_ATTRIBUTES.c.deployable_id.in_(changes.gone_deployables))
        )
        session.execute(delete(_DEPLOYABLES).where(_DEPLOYABLES.c.id.in_(changes.gone_deployables)))
    if changes.gone_devices:
        session.execute(delete(_DEVICES).where(_DEVICES.c.id.in_(changes.gone_devices)))


def _update(session: Session, changes: Changes, classes: Mapping[str, int], now: datetime) -> None:
    for state, row_ids in (
        (DeviceState.MISSING, changes.missing_devices),
        (DeviceState.PRESENT, changes.returned_devices),
    ):
        if row_ids:
            session.execute(
                update(_DEVICES)
                .where(_DEVICES.c.id.in_(row_ids))
                .values(state=state, updated_at=now)
            )
    if changes.changed_devices:
        _update_rows(
            session,
            _DEVICES,
            [
                {"row_id": row_id, "updated_at": now, **_describe(device, classes[key])}
                for row_id, key, device in changes.changed_devices
            ],
        )
    if changes.changed_deployables:
        _update_rows(
            session,
            _DEPLOYABLES,
            [
                {"row_id": row_id, "updated_at": now, **columns_of(deployable.fields)}
                for row_id, deployable in changes.changed_deployables
            ],
        )


def _describe(device: Device, class_id: int) -> dict[str, Any]:
    """The columns of a device that a report decides."""
    return {
        "type": device.type,
        "driver_name": device.driver_name,
        "device_class_id": class_id,
        "identity": device.identity,
        "slot_key": hash_key(device.slot_key),
        "control_path": key_of(device.control_path),
        "control_path_key": hash_key(key_of(device.control_path)),
        "capacities": render_canonical(dict(device.capacities)),
        **columns_of(device.fields),
    }


def _update_rows(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    columns: dict[str, Any] = {
        name: bindparam(f"new_{name}") for name in rows[0] if name != "row_id"
    }
    session.connection().execute(
        update(table).where(table.c.id == bindparam("row_id")).values(columns),
        [
            {name if name == "row_id" else f"new_{name}": value for name, value in row.items()}
            for row in rows
        ],
    )


def _add_devices(
    session: Session,
    hostname: str,
    changes: Changes,
    classes: Mapping[str, int],
    now: datetime,
) -> None:
    if not changes.new_devices:
        return
    rows = [
        {
            "uuid": uuidutils.generate_uuid(),
            "hostname": hostname,
            "device_key": key,
            "status": OperatorStatus.ENABLED,
            "state": DeviceState.PRESENT,
            "created_at": now,
            **_describe(device, classes[key]),
        }
        for key, device in changes.new_devices
    ]
    session.execute(insert(_DEVICES), rows)


def _add_deployables(session: Session, hostname: str, changes: Changes, now: datetime) -> None:
    if not changes.new_deployables:
        return
    names = [deployable.name for _, deployable in changes.new_deployables]
    taken = session.scalars(select(DeployableRow.name).where(DeployableRow.name.in_(names))).all()
    if taken:
        raise Conflict(
            f"host {hostname} reports a deployable named {taken[0]},"
            " which another device has already"
        )
    device_ids = {
        key: row_id
        for key, row_id in session.execute(
            select(DeviceRow.device_key, DeviceRow.id).where(DeviceRow.hostname == hostname)
        )
    }
    session.execute(
        insert(_DEPLOYABLES),
        [
            {
                "uuid": uuidutils.generate_uuid(),
                "device_id": device_ids[key],
                "part": deployable.part,
                "name": deployable.name,
                "rp_uuid": render_provider_uuid(deployable.name),
                **columns_of(deployable.fields),
                "created_at": now,
            }
            for key, deployable in changes.new_deployables
        ],
    )


def _deployable_ids(session: Session, hostname: str) -> dict[str, int]:
    rows = session.execute(
        select(DeployableRow.name, DeployableRow.id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(DeviceRow.hostname == hostname)
    )
    return {name: row_id for name, row_id in rows}


def _add_attributes(
    session: Session, changes: Changes, ids: Mapping[str, int], now: datetime
) -> None:
    rows = [
        {
            "uuid": uuidutils.generate_uuid(),
            "deployable_id": ids[name],
            "key": key,
            "value": value,
            "origin": AttributeOrigin.DRIVER,
            "created_at": now,
        }
        for name, deployable in changes.replaced_attributes
        for key, value in deployable.render_attributes()
    ]
    if rows:
        session.execute(insert(_ATTRIBUTES), rows)


def _add_handles(session: Session, changes: Changes, ids: Mapping[str, int], now: datetime) -> None:
    rows = [
        {
            "uuid": uuidutils.generate_uuid(),
            "deployable_id": ids[name],
            "place": handle.place or None,
            "handle_key": hash_key(handle.key),
            "consumes": render_canonical(dict(handle.consumes)),
            "unit": handle.unit,
            "attach_type": handle.type,
            "attach_info": render_canonical(dict(handle.info)),
            "state": HandleState.FREE,
            "created_at": now,
        }
        for name, handle in changes.new_handles
    ]
    if rows:
        session.execute(insert(_HANDLES), rows)
