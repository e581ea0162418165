"""Devices as the database holds them, and the words for their states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cyborg_rr.domain.hardware.devices import AttachHandle, Trouble
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


@dataclass(frozen=True, slots=True)
class StatusNote:
    """Who gives a device its status, and why."""

    author: str | None = None
    reason: str | None = None


class DeviceHealth(StrEnum):
    """Whether anything is known that keeps a device from being used."""

    OK = "ok"
    TROUBLE = "trouble"


class AttributeOrigin(StrEnum):
    """Who wrote an attribute of a deployable."""

    DRIVER = "driver"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class StoredDevice:
    """A stored device; ``id`` is its internal number.

    ``status_author`` gave it its status, for ``status_reason``. ``trouble`` says why it cannot be
    given to anybody now, and since when it has this code.
    """

    id: int
    uuid: str
    hostname: str
    type: str
    device_class: str
    driver_name: str | None
    status: OperatorStatus
    status_reason: str | None
    status_author: str | None
    status_since: datetime | None
    state: DeviceState
    fields: DeviceFields
    identity: str | None
    capacities: Mapping[str, int]
    trouble: Trouble | None
    trouble_since: datetime | None
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredDeployable:
    """A stored deployable with its attributes in order; ``part`` is None where nobody said it.

    ``withheld`` says why it is not in Placement as it should be, and since when it has this code.
    """

    id: int
    uuid: str
    name: str
    parent_id: int | None
    root_id: int | None
    device_id: int
    part: str | None
    fields: DeployableFields
    attributes: tuple[tuple[str, str], ...]
    provider_uuid: str
    bitstream_id: str | None
    withheld: Trouble | None
    withheld_since: datetime | None
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
    """A stored attach handle: where it is, what it is now, who holds it.

    ``place`` is None where nobody said it; ``handle_key`` is the hash of ``AttachHandle.key``.
    ``arq_uuid`` is the request that holds it, and ``arq_trouble`` what that was told of its device.
    """

    id: int
    state: HandleState
    place: str | None
    handle_key: str
    consumes: Mapping[str, int]
    unit: str | None
    arq_uuid: str | None
    arq_trouble: str | None

    @property
    def is_free(self) -> bool:
        """Whether nobody holds it and nothing of an earlier holder is left on it."""
        return self.state == HandleState.FREE


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
    """A stored deployable, of whose attributes only the reported ones, with its handles.

    ``device_class`` names its own class, if it is described by itself.
    """

    deployable: StoredDeployable
    device_class: str | None
    handles: Sequence[StoredHandle]


@dataclass(frozen=True, slots=True)
class StoredTree:
    """A stored device of a host with its parts: what a report is compared with.

    ``slot_key`` is ``Device.slot_key`` (None: stored by the first release), ``control_path_key``
    the hash of its ``control_path``, which is canonical JSON.
    """

    device: StoredDevice
    slot_key: str | None
    control_path_key: str
    control_path: str
    parts: Sequence[StoredPart]

    @property
    def is_held(self) -> bool:
        """Whether somebody holds a part of it, or it is not clean yet."""
        return any(not handle.is_free for part in self.parts for handle in part.handles)
