"""Devices as the database holds them, and the words for their states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.hardware.fields import DeployableFields, DeviceFields


class HandleState(StrEnum):
    """Where an attach handle is in its life.

    One is releasing until its host confirms, then dirty until the host has cleaned it; where that
    failed, or there is no way to clean it, it is quarantined. Only a free one is handed out.
    """

    FREE = "free"
    HELD = "held"
    RELEASING = "releasing"
    DIRTY = "dirty"
    QUARANTINED = "quarantined"


class DeviceState(StrEnum):
    """Whether the host still reports a device."""

    PRESENT = "present"
    MISSING = "missing"


class OperatorStatus(StrEnum):
    """The operator's word on a device."""

    ENABLED = "enabled"
    MAINTAINING = "maintaining"


class AttributeOrigin(StrEnum):
    """Who wrote an attribute of a deployable."""

    DRIVER = "driver"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class StoredDevice:
    """A stored device; ``id`` is its internal number."""

    id: int
    uuid: str
    hostname: str
    type: str
    device_class: str
    driver_name: str | None
    status: OperatorStatus
    state: DeviceState
    fields: DeviceFields
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredDeployable:
    """A stored deployable with its attributes in order."""

    id: int
    uuid: str
    name: str
    parent_id: int | None
    root_id: int | None
    device_id: int
    fields: DeployableFields
    attributes: tuple[tuple[str, str], ...]
    provider_uuid: str
    bitstream_id: str | None
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredAttribute:
    """A stored attribute of a deployable."""

    id: int
    uuid: str
    deployable_id: int
    key: str
    value: str
    origin: AttributeOrigin
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredHandle:
    """A stored attach handle: its row and its state."""

    id: int
    state: HandleState


@dataclass(frozen=True, slots=True)
class HandleRecord:
    """A stored attach handle as operators see it, with the device and host that it is on.

    ``arq_uuid`` is the request that holds it. ``reason_code`` says why it is quarantined,
    ``reason`` in words why it is in its state, and ``state_since`` for how long. ``clean_method``
    and ``cleaned_at`` tell of the last clean.
    """

    uuid: str
    hostname: str
    device_uuid: str
    deployable_uuid: str
    deployable_name: str
    handle: AttachHandle
    state: HandleState
    state_since: datetime | None
    reason_code: str | None
    reason: str | None
    clean_method: str | None
    cleaned_at: datetime | None
    arq_uuid: str | None
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A stored deployable, of whose attributes only the reported ones, with its handles by key."""

    deployable: StoredDeployable
    handles: Mapping[str, StoredHandle]


@dataclass(frozen=True, slots=True)
class StoredTree:
    """A stored device of a host with its parts by name: what a report is compared with."""

    device: StoredDevice
    parts: Mapping[str, StoredPart]

    @property
    def is_held(self) -> bool:
        """Whether somebody holds a part of it, or its release is not confirmed yet."""
        return any(
            handle.state != HandleState.FREE
            for part in self.parts.values()
            for handle in part.handles.values()
        )
