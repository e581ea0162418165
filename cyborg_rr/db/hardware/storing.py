"""Storing what hosts report: batched, so that statements do not grow with devices."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.hardware.naming import give_names
from cyborg_rr.db.rows import columns_of
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceClassRow,
    DeviceRow,
)
from cyborg_rr.domain.hardware.comparing import Changes, DescribedDevice, DescribedPart
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Trouble,
    render_provider_uuid,
)
from cyborg_rr.domain.hardware.keys import hash_key, key_of, render_canonical
from cyborg_rr.domain.hardware.stored import (
    AttributeOrigin,
    DeviceState,
    HandleState,
    OperatorStatus,
)

# Tables, not mapped classes: a list of rows is then one executemany, with no key asked back.
_CLASSES: Any = DeviceClassRow.__table__
_DEVICES: Any = DeviceRow.__table__
_DEPLOYABLES: Any = DeployableRow.__table__
_ATTRIBUTES: Any = AttributeRow.__table__
_HANDLES: Any = AttachHandleRow.__table__
_REQUESTS: Any = AcceleratorRequestRow.__table__


@dataclass(frozen=True, slots=True)
class _Place:
    """Where and when changes are stored, and the rows of the classes by their names."""

    hostname: str
    classes: Mapping[str, int]
    now: datetime


def store_changes(
    session: Session, hostname: str, changes: Changes, classes: Mapping[str, int]
) -> None:
    """Write the changes of one host, with one statement for each kind of row.

    ``classes`` gives the row of each device class by its name.
    """
    place = _Place(hostname, classes, utc_now())
    moved = [(row_id, {"device_id": owner}) for row_id, owner in changes.moved_parts]
    _update_rows(session, _DEPLOYABLES, moved, place.now)  # first: their devices may go
    _remove(session, changes)
    _update(session, changes, place)
    _add_devices(session, changes, place)
    new = _add_parts(session, changes, place)
    _add_attributes(session, [*changes.replaced_attributes, *new], place.now)
    handles = [(row_id, handle) for row_id, part in new for handle in part.handles]
    _add_handles(session, [*changes.new_handles, *handles], place.now)


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


def _update(session: Session, changes: Changes, place: _Place) -> None:
    rows = (
        [(row_id, {"state": DeviceState.MISSING}) for row_id in changes.missing_devices],
        [(row_id, {"state": DeviceState.PRESENT}) for row_id in changes.returned_devices],
        [(row_id, _describe_device(device, place)) for row_id, device in changes.changed_devices],
        [(row_id, _describe_trouble(trouble)) for row_id, trouble in changes.reworded_troubles],
        [
            (row_id, {**_describe_trouble(trouble), "trouble_since": place.now})
            for row_id, trouble in changes.new_troubles
        ],
        [(row_id, _NO_TROUBLE) for row_id in changes.ended_troubles],
    )
    for changed in rows:
        _update_rows(session, _DEVICES, changed, place.now)
    parts = [(row_id, _describe_part(part, place)) for row_id, part in changes.changed_parts]
    _update_rows(session, _DEPLOYABLES, parts, place.now)
    handles = [(row_id, _describe_handle(handle)) for row_id, handle in changes.changed_handles]
    _update_rows(session, _HANDLES, handles, place.now)
    own = _choose_own_uuids(session, changes.changed_handles)
    uuids = [(row_id, {"uuid": uuid}) for row_id, uuid in own.items()]
    _update_rows(session, _HANDLES, uuids, place.now)
    _tell_requests(session, changes, place.now)


_NO_TROUBLE = {"trouble_code": None, "trouble_text": None, "trouble_since": None}


def _describe_trouble(trouble: Trouble) -> dict[str, Any]:
    return {"trouble_code": trouble.code, "trouble_text": trouble.text}


def _tell_requests(session: Session, changes: Changes, now: datetime) -> None:
    """What happened to the devices of requests; one that knows of trouble keeps since when."""
    new = [(told.arq_uuid, told.text) for told in changes.request_troubles if told.is_new]
    known = [(told.arq_uuid, told.text) for told in changes.request_troubles if not told.is_new]
    by_uuid = _REQUESTS.c.uuid
    _update_rows(
        session,
        _REQUESTS,
        [(uuid, {"trouble": text, "trouble_since": now}) for uuid, text in new],
        now,
        by_uuid,
    )
    reworded = [(uuid, {"trouble": text}) for uuid, text in known if text is not None]
    _update_rows(session, _REQUESTS, reworded, now, by_uuid)
    ended = {"trouble": None, "trouble_since": None}
    _update_rows(
        session, _REQUESTS, [(uuid, ended) for uuid, text in known if text is None], now, by_uuid
    )


def _describe_device(described: DescribedDevice, place: _Place) -> dict[str, Any]:
    """The columns of a device that a report decides."""
    device = described.device
    return {
        "type": device.type,
        "driver_name": device.driver_name,
        "device_class_id": place.classes[described.device_class],
        "device_key": hash_key(device.key),
        "identity": device.identity,
        "slot_key": device.slot_key,
        "control_path": key_of(device.control_path),
        "control_path_key": hash_key(key_of(device.control_path)),
        "capacities": render_canonical(dict(device.capacities)),
        **columns_of(device.fields),
    }


def _describe_part(described: DescribedPart, place: _Place) -> dict[str, Any]:
    """The columns of a deployable that a report decides."""
    name = described.device_class
    return {
        "part": described.part,
        "device_class_id": None if name is None else place.classes[name],
        **columns_of(described.deployable.fields),
    }


def _describe_handle(handle: AttachHandle) -> dict[str, Any]:
    """The columns of a handle that a report decides."""
    return {
        "place": handle.place or None,
        "handle_key": hash_key(handle.key),
        "consumes": render_canonical(dict(handle.consumes)),
        "unit": handle.unit,
        "attach_type": handle.type,
        "attach_info": render_canonical(dict(handle.info)),
    }


def _choose_own_uuids(
    session: Session, handles: Iterable[tuple[int, AttachHandle]]
) -> dict[int, str]:
    """Those of the keyed handles that say their uuid themselves and whose uuid no row has yet."""
    wanted = {handle.own_uuid: key for key, handle in reversed(list(handles))}
    wanted.pop(None, None)
    if not wanted:
        return {}
    taken = set(
        session.scalars(select(AttachHandleRow.uuid).where(AttachHandleRow.uuid.in_(wanted)))
    )
    return {key: uuid for uuid, key in wanted.items() if uuid is not None and uuid not in taken}


def _update_rows(
    session: Session,
    table: Any,
    rows: Iterable[tuple[int | str, Mapping[str, Any]]],
    now: datetime,
    key: Any = None,
) -> None:
    """Write columns of the rows with those ids (or values of another ``key``) in one statement."""
    named = [
        {"row_key": row_key, **{f"new_{name}": value for name, value in columns.items()}}
        for row_key, columns in rows
    ]
    if not named:
        return
    columns: dict[str, Any] = {
        name.removeprefix("new_"): bindparam(name) for name in named[0] if name != "row_key"
    }
    session.connection().execute(
        update(table)
        .where((table.c.id if key is None else key) == bindparam("row_key"))
        .values(updated_at=now, **columns),
        named,
    )


def _add_devices(session: Session, changes: Changes, place: _Place) -> None:
    if not changes.new_devices:
        return
    rows = [
        {
            "uuid": uuidutils.generate_uuid(),
            "hostname": place.hostname,
            "status": OperatorStatus.ENABLED,
            "state": DeviceState.PRESENT,
            "created_at": place.now,
            **_trouble_columns(described.device.trouble, place.now),
            **_describe_device(described, place),
        }
        for described in changes.new_devices
    ]
    session.execute(insert(_DEVICES), rows)


def _trouble_columns(trouble: Trouble | None, now: datetime) -> dict[str, Any]:
    return _NO_TROUBLE if trouble is None else {**_describe_trouble(trouble), "trouble_since": now}


def _add_parts(session: Session, changes: Changes, place: _Place) -> list[tuple[int, Deployable]]:
    """Store new deployables under the names that they get; returns them with their rows."""
    if not changes.new_parts:
        return []
    names = give_names(session, changes.new_parts)
    uuids = [uuidutils.generate_uuid() for _ in changes.new_parts]
    owners = _find_owners(session, changes, place.hostname)
    session.execute(
        insert(_DEPLOYABLES),
        [
            {
                "uuid": uuid,
                "device_id": owners[part.owner] if isinstance(part.owner, str) else part.owner,
                "name": name,
                "rp_uuid": render_provider_uuid(name),
                "created_at": place.now,
                **_describe_part(part.described, place),
            }
            for uuid, name, part in zip(uuids, names, changes.new_parts, strict=True)
        ],
    )
    rows = session.execute(
        select(DeployableRow.uuid, DeployableRow.id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(DeviceRow.hostname == place.hostname)
    )
    ids = {uuid: row_id for uuid, row_id in rows}
    return [
        (ids[uuid], part.described.deployable)
        for uuid, part in zip(uuids, changes.new_parts, strict=True)
    ]


def _find_owners(session: Session, changes: Changes, hostname: str) -> dict[str, int]:
    """The rows of new devices by their hashed keys."""
    if not changes.new_devices:
        return {}
    rows = session.execute(
        select(DeviceRow.device_key, DeviceRow.id).where(
            DeviceRow.hostname == hostname, DeviceRow.device_key.is_not(None)
        )
    )
    return {key or "": row_id for key, row_id in rows}


def _add_attributes(
    session: Session, parts: Iterable[tuple[int, Deployable]], now: datetime
) -> None:
    rows = [
        {
            "uuid": uuidutils.generate_uuid(),
            "deployable_id": row_id,
            "key": key,
            "value": value,
            "origin": AttributeOrigin.DRIVER,
            "created_at": now,
        }
        for row_id, deployable in parts
        for key, value in deployable.render_attributes()
    ]
    if rows:
        session.execute(insert(_ATTRIBUTES), rows)


def _add_handles(
    session: Session, handles: Iterable[tuple[int, AttachHandle]], now: datetime
) -> None:
    """A mediated device that says a uuid which another handle has gets another one."""
    new = list(handles)
    own = _choose_own_uuids(session, enumerate(handle for _, handle in new))
    rows = [
        {
            "uuid": own.get(number) or uuidutils.generate_uuid(),
            "deployable_id": row_id,
            "state": HandleState.FREE,
            "created_at": now,
            **_describe_handle(handle),
        }
        for number, (row_id, handle) in enumerate(new)
    ]
    if rows:
        session.execute(insert(_HANDLES), rows)


def save_classes(session: Session, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Store classes that are new or described anew; returns the row id of each by name.

    A class is described anew when the catalogue learnt more of the product.
    """
    texts = {name: json.dumps(document, sort_keys=True) for name, document in documents.items()}
    stored = _find_classes(session, texts)
    new = [name for name in texts if name not in stored]
    changed = [name for name, (_, text) in stored.items() if text != texts[name]]
    if changed:
        session.execute(
            update(_CLASSES)
            .where(_CLASSES.c.name == bindparam("class_name"))
            .values(document=bindparam("text"), updated_at=utc_now()),
            [{"class_name": name, "text": texts[name]} for name in changed],
        )
    if not new:
        return {name: row_id for name, (row_id, _) in stored.items()}
    session.execute(
        insert(_CLASSES),
        [{"name": name, "document": texts[name], "created_at": utc_now()} for name in new],
    )
    return {name: row_id for name, (row_id, _) in _find_classes(session, texts).items()}


def _find_classes(session: Session, names: Collection[str]) -> dict[str, tuple[int, str]]:
    rows = session.execute(
        select(DeviceClassRow.name, DeviceClassRow.id, DeviceClassRow.document).where(
            DeviceClassRow.name.in_(names)
        )
    )
    return {name: (row_id, document) for name, row_id, document in rows}
