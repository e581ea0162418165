"""Storing what hosts report: batched, so that statements do not grow with devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.devices import DRIVER
from cyborg_rr.db.tables import (
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceClassRow,
    DeviceRow,
    HostRow,
)
from cyborg_rr.domain.errors import Conflict, Forbidden
from cyborg_rr.domain.hardware.devices import render_canonical, render_provider_uuid
from cyborg_rr.domain.hardware.inventory import (
    ENABLED,
    FREE,
    MISSING,
    PRESENT,
    Changes,
    DeviceFields,
    HeldDeployable,
    HeldDevice,
    HeldHandle,
    hash_key,
    render_attributes,
)

# Tables, not mapped classes: a list of rows is then one executemany, with no key asked back.
_DEVICES: Any = DeviceRow.__table__
_DEPLOYABLES: Any = DeployableRow.__table__
_ATTRIBUTES: Any = AttributeRow.__table__
_HANDLES: Any = AttachHandleRow.__table__


@dataclass(frozen=True, slots=True)
class StoredHost:
    """Which agent speaks for a host, and the hash of what it said last."""

    agent: str
    content_hash: str | None


def find_host(session: Session, name: str) -> StoredHost | None:
    """The host as it is stored."""
    row = session.scalars(select(HostRow).where(HostRow.name == name)).first()
    return None if row is None else StoredHost(row.agent, row.content_hash)


def take_host(session: Session, name: str, agent: str, content_hash: str) -> None:
    """Note the new content of a host and keep other reports of it waiting until the commit.

    The first agent that reports a host owns it; another is ``Forbidden``.
    """
    host = session.scalars(select(HostRow).where(HostRow.name == name).with_for_update()).first()
    now = utc_now()
    if host is None:
        session.execute(
            insert(HostRow).values(
                name=name, agent=agent, content_hash=content_hash, generation=1, created_at=now
            )
        )
        return
    if host.agent != agent:
        raise Forbidden(f"host {name} is reported by agent {host.agent}, not by {agent}")
    session.execute(
        update(HostRow)
        .where(HostRow.id == host.id)
        .values(content_hash=content_hash, generation=HostRow.generation + 1, updated_at=now)
    )


def forget_content(session: Session, name: str) -> None:
    """Let the next report of a host be taken in even when it says nothing new."""
    session.execute(update(HostRow).where(HostRow.name == name).values(content_hash=None))


def load_host_devices(session: Session, host: str) -> dict[str, HeldDevice]:
    """The stored devices of a host with all parts, by hashed control path, in four statements."""
    of_host = DeviceRow.hostname == host
    devices = session.execute(
        select(DeviceRow, DeviceClassRow.name)
        .join(DeviceClassRow, DeviceClassRow.id == DeviceRow.device_class_id)
        .where(of_host)
    ).all()
    if not devices:
        return {}
    handles: dict[int, dict[str, HeldHandle]] = {}
    for deployable_id, row_id, key, state in session.execute(
        select(
            AttachHandleRow.deployable_id,
            AttachHandleRow.id,
            AttachHandleRow.handle_key,
            AttachHandleRow.state,
        )
        .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(of_host)
    ):
        handles.setdefault(deployable_id, {})[key] = HeldHandle(row_id, state)
    attributes: dict[int, list[tuple[str, str]]] = {}
    for deployable_id, key, value in session.execute(
        select(AttributeRow.deployable_id, AttributeRow.key, AttributeRow.value)
        .join(DeployableRow, DeployableRow.id == AttributeRow.deployable_id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(of_host, AttributeRow.origin == DRIVER)
        .order_by(AttributeRow.id)
    ):
        attributes.setdefault(deployable_id, []).append((key, value))
    deployables: dict[int, dict[str, HeldDeployable]] = {}
    for row in session.scalars(
        select(DeployableRow)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(of_host)
    ):
        deployables.setdefault(row.device_id, {})[row.name] = HeldDeployable(
            id=row.id,
            resource_class=row.resource_class,
            num_accelerators=row.num_accelerators,
            driver_name=row.driver_name,
            attributes=tuple(attributes.get(row.id, ())),
            handles=handles.get(row.id, {}),
        )
    return {
        row.control_path_key: HeldDevice(
            id=row.id,
            state=row.state,
            fields=DeviceFields(
                type=row.type,
                vendor=row.vendor,
                model=row.model,
                std_board_info=row.std_board_info,
                vendor_board_info=row.vendor_board_info,
                numa_node=row.numa_node,
                driver_name=row.driver_name,
                device_class=device_class,
            ),
            deployables=deployables.get(row.id, {}),
        )
        for row, device_class in devices
    }


def store_changes(
    session: Session,
    host: str,
    changes: Changes,
    class_of_device: Mapping[str, str],
    class_ids: Mapping[str, int],
) -> None:
    """Write the changes of one host, with one statement for each kind of row."""
    now = utc_now()
    _remove(session, changes)
    _update(session, changes, class_ids, now)
    _add_devices(session, host, changes, class_of_device, class_ids, now)
    _add_deployables(session, host, changes, now)
    names = {name for name, _ in changes.new_handles}
    names.update(name for name, _ in changes.replaced_attributes)
    if names:
        ids = _deployable_ids(session, host)
        _add_attributes(session, changes, ids, now)
        _add_handles(session, changes, ids, now)


def _remove(session: Session, changes: Changes) -> None:
    if changes.cleared_attributes:
        session.execute(
            delete(_ATTRIBUTES).where(
                _ATTRIBUTES.c.deployable_id.in_(changes.cleared_attributes),
                _ATTRIBUTES.c.origin == DRIVER,
            )
        )
    if changes.gone_handles:
        session.execute(
            delete(_HANDLES).where(
                _HANDLES.c.id.in_(changes.gone_handles), _HANDLES.c.state == FREE
            )
        )
    if changes.gone_deployables:
        session.execute(
            delete(_ATTRIBUTES).where(_ATTRIBUTES.c.deployable_id.in_(changes.gone_deployables))
        )
        session.execute(delete(_DEPLOYABLES).where(_DEPLOYABLES.c.id.in_(changes.gone_deployables)))
    if changes.gone_devices:
        session.execute(delete(_DEVICES).where(_DEVICES.c.id.in_(changes.gone_devices)))


def _update(
    session: Session, changes: Changes, class_ids: Mapping[str, int], now: datetime
) -> None:
    for state, row_ids in (
        (MISSING, changes.missing_devices),
        (PRESENT, changes.returned_devices),
    ):
        if row_ids:
            session.execute(
                update(_DEVICES)
                .where(_DEVICES.c.id.in_(row_ids))
                .values(state=state, updated_at=now)
            )
    if changes.changed_devices:
        rows = []
        for row_id, fields in changes.changed_devices:
            row = asdict(fields)
            row["device_class_id"] = class_ids[row.pop("device_class")]
            rows.append({"row_id": row_id, "updated_at": now, **row})
        _update_rows(session, _DEVICES, rows)
    if changes.changed_deployables:
        _update_rows(
            session,
            _DEPLOYABLES,
            [
                {
                    "row_id": row_id,
                    "resource_class": deployable.resource_class,
                    "num_accelerators": len(deployable.handles),
                    "driver_name": deployable.driver_name,
                    "updated_at": now,
                }
                for row_id, deployable in changes.changed_deployables
            ],
        )


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
    host: str,
    changes: Changes,
    class_of_device: Mapping[str, str],
    class_ids: Mapping[str, int],
    now: datetime,
) -> None:
    if not changes.new_devices:
        return
    rows = []
    for key, device in changes.new_devices:
        fields = asdict(DeviceFields.of(device, class_of_device[key]))
        fields["device_class_id"] = class_ids[fields.pop("device_class")]
        rows.append(
            {
                "uuid": uuidutils.generate_uuid(),
                "hostname": host,
                "control_path_key": key,
                "control_path": render_canonical(dict(device.control_path)),
                "status": ENABLED,
                "state": PRESENT,
                "created_at": now,
                **fields,
            }
        )
    session.execute(insert(_DEVICES), rows)


def _add_deployables(session: Session, host: str, changes: Changes, now: datetime) -> None:
    if not changes.new_deployables:
        return
    names = [deployable.name for _, deployable in changes.new_deployables]
    taken = session.scalars(select(DeployableRow.name).where(DeployableRow.name.in_(names))).all()
    if taken:
        raise Conflict(
            f"host {host} reports a deployable named {taken[0]}, which another device has already"
        )
    device_ids = {
        key: row_id
        for key, row_id in session.execute(
            select(DeviceRow.control_path_key, DeviceRow.id).where(DeviceRow.hostname == host)
        )
    }
    session.execute(
        insert(_DEPLOYABLES),
        [
            {
                "uuid": uuidutils.generate_uuid(),
                "device_id": device_ids[key],
                "name": deployable.name,
                "resource_class": deployable.resource_class,
                "num_accelerators": len(deployable.handles),
                "rp_uuid": render_provider_uuid(deployable.name),
                "driver_name": deployable.driver_name,
                "created_at": now,
            }
            for key, deployable in changes.new_deployables
        ],
    )


def _deployable_ids(session: Session, host: str) -> dict[str, int]:
    rows = session.execute(
        select(DeployableRow.name, DeployableRow.id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(DeviceRow.hostname == host)
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
            "origin": DRIVER,
            "created_at": now,
        }
        for name, deployable in changes.replaced_attributes
        for key, value in render_attributes(deployable)
    ]
    if rows:
        session.execute(insert(_ATTRIBUTES), rows)


def _add_handles(session: Session, changes: Changes, ids: Mapping[str, int], now: datetime) -> None:
    rows = [
        {
            "uuid": uuidutils.generate_uuid(),
            "deployable_id": ids[name],
            "handle_key": hash_key(handle.key),
            "attach_type": handle.type,
            "attach_info": render_canonical(dict(handle.info)),
            "state": FREE,
            "created_at": now,
        }
        for name, handle in changes.new_handles
    ]
    if rows:
        session.execute(insert(_HANDLES), rows)
