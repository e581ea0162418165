"""Rows to domain values: the only place where the two meet."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, get_origin, get_type_hints

from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceProfileRow,
    DeviceRow,
)
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.keys import render_canonical
from cyborg_rr.domain.hardware.stored import StoredAttribute, StoredDeployable, StoredDevice
from cyborg_rr.domain.profiles import DeviceProfile
from cyborg_rr.domain.requests import AcceleratorRequest, ArqState

_MAPPINGS = tuple(
    name for name, hint in get_type_hints(DeviceFields).items() if get_origin(hint) is Mapping
)


def parse_text_map(text: str) -> dict[str, str]:
    """A JSON object of text values that this service wrote itself."""
    value: dict[str, str] = json.loads(text)
    return value


def to_fields(row: DeviceRow) -> DeviceFields:
    """The fields of a device, each from the column of its name."""
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(DeviceFields)}
    for name in _MAPPINGS:
        values[name] = parse_text_map(values[name])
    return DeviceFields(**values)


def columns_of(fields: DeviceFields) -> dict[str, Any]:
    """The columns of a device's fields; mappings are canonical JSON text."""
    columns = {field.name: getattr(fields, field.name) for field in dataclasses.fields(fields)}
    for name in _MAPPINGS:
        columns[name] = render_canonical(dict(columns[name]))
    return columns


def to_device(row: DeviceRow, device_class: str) -> StoredDevice:
    """A device row with the name of its class."""
    return StoredDevice(
        id=row.id,
        uuid=row.uuid,
        hostname=row.hostname,
        type=row.type,
        device_class=device_class,
        driver_name=row.driver_name,
        status=row.status,
        state=row.state,
        fields=to_fields(row),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def to_deployable(row: DeployableRow, attributes: Sequence[tuple[str, str]]) -> StoredDeployable:
    """A deployable row with its attributes."""
    return StoredDeployable(
        id=row.id,
        uuid=row.uuid,
        name=row.name,
        parent_id=row.parent_id,
        root_id=row.root_id,
        num_accelerators=row.num_accelerators,
        device_id=row.device_id,
        attributes=tuple(attributes),
        resource_class=row.resource_class,
        provider_uuid=row.provider_uuid,
        driver_name=row.driver_name,
        bitstream_id=row.bitstream_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def to_attribute(row: AttributeRow) -> StoredAttribute:
    """An attribute row."""
    return StoredAttribute(
        id=row.id,
        uuid=row.uuid,
        deployable_id=row.deployable_id,
        key=row.key,
        value=row.value,
        origin=row.origin,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def to_profile(row: DeviceProfileRow) -> DeviceProfile:
    """A device profile row."""
    groups: list[dict[str, str]] = json.loads(row.groups)
    return DeviceProfile(
        uuid=row.uuid,
        name=row.name,
        groups=tuple(groups),
        created_at=row.created_at,
        updated_at=row.updated_at,
        description=row.description,
    )


def to_request(row: AcceleratorRequestRow, handle: AttachHandleRow | None) -> AcceleratorRequest:
    """A request row with the handle that it holds; the handle shows only while it is bound."""
    shown = handle if row.state == ArqState.BOUND else None
    return AcceleratorRequest(
        uuid=row.uuid,
        state=ArqState(row.state),
        project_id=row.project_id,
        device_profile_name=row.device_profile_name,
        device_profile_group_id=row.device_profile_group_id,
        group=parse_text_map(row.group),
        created_at=row.created_at,
        updated_at=row.updated_at,
        hostname=row.hostname,
        provider_uuid=row.provider_uuid,
        instance_uuid=row.instance_uuid,
        handle=None if shown is None else to_handle(shown),
        handle_uuid=None if shown is None else shown.uuid,
        reason=row.reason,
    )


def to_handle(row: AttachHandleRow) -> AttachHandle:
    """What an instance is given."""
    return AttachHandle(row.type, parse_text_map(row.info))
