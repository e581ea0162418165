"""Rows to domain values: the only place where the two meet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceProfileRow,
    DeviceRow,
)
from cyborg_rr.domain.hardware.inventory import AttributeRecord, DeployableRecord, DeviceRecord
from cyborg_rr.domain.profiles import DeviceProfile
from cyborg_rr.domain.requests import AcceleratorRequest, ArqState


def parse_text_map(text: str) -> dict[str, str]:
    """A JSON object of text values that this service wrote itself."""
    value: dict[str, str] = json.loads(text)
    return value


def to_device(row: DeviceRow, device_class: str) -> DeviceRecord:
    """A device row with the name of its class."""
    return DeviceRecord(
        id=row.id,
        uuid=row.uuid,
        type=row.type,
        vendor=row.vendor,
        model=row.model,
        std_board_info=row.std_board_info,
        vendor_board_info=row.vendor_board_info,
        hostname=row.hostname,
        status=row.status,
        state=row.state,
        device_class=device_class,
        numa_node=row.numa_node,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def to_deployable(row: DeployableRow, attributes: Sequence[tuple[str, str]]) -> DeployableRecord:
    """A deployable row with its attributes."""
    return DeployableRecord(
        id=row.id,
        uuid=row.uuid,
        name=row.name,
        parent_id=row.parent_id,
        root_id=row.root_id,
        num_accelerators=row.num_accelerators,
        device_id=row.device_id,
        attributes=tuple(attributes),
        resource_class=row.resource_class,
        rp_uuid=row.rp_uuid,
        driver_name=row.driver_name,
        bitstream_id=row.bitstream_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def to_attribute(row: AttributeRow) -> AttributeRecord:
    """An attribute row."""
    return AttributeRecord(
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
    details: dict[str, Any] = {}
    if shown is not None:
        details = {
            "attach_handle_type": shown.attach_type,
            "attach_handle_uuid": shown.uuid,
            "attach_handle_info": parse_text_map(shown.attach_info),
        }
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
        device_rp_uuid=row.device_rp_uuid,
        instance_uuid=row.instance_uuid,
        reason=row.reason,
        **details,
    )
