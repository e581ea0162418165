"""What is kept of a host's devices, and the comparison of it with what the host reports now.

``compare`` only decides; the caller stores the changes. A device, deployable or handle that
disappears while it is held is never dropped: it stays as *missing* until its holder lets go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    Snapshot,
    render_canonical,
)

FREE = "free"
HELD = "held"
RELEASING = "releasing"

PRESENT = "present"
MISSING = "missing"

ENABLED = "enabled"
MAINTAINING = "maintaining"


def hash_key(text: str) -> str:
    """A fixed-length form of an identifying text, fit for a unique index."""
    return sha256(text.encode()).hexdigest()


def render_attributes(deployable: Deployable) -> tuple[tuple[str, str], ...]:
    """The attributes that the API shows: ``rc``, then ``trait0``..., then the driver's own."""
    traits = ((f"trait{index}", trait) for index, trait in enumerate(deployable.traits))
    others = sorted(deployable.attributes.items())
    return (("rc", deployable.resource_class), *traits, *others)


@dataclass(frozen=True, slots=True)
class DeviceFields:
    """The columns of a device that a report decides."""

    type: str
    vendor: str
    model: str
    std_board_info: str
    vendor_board_info: str
    numa_node: int | None
    driver_name: str | None
    device_class: str

    @classmethod
    def of(cls, device: Device, device_class: str) -> DeviceFields:
        """The fields as the present report has them."""
        return cls(
            type=device.type,
            vendor=device.vendor,
            model=device.model,
            std_board_info=render_canonical(dict(device.std_board_info)),
            vendor_board_info=render_canonical(dict(device.vendor_board_info)),
            numa_node=device.numa_node,
            driver_name=driver_of(device),
            device_class=device_class,
        )


def driver_of(device: Device) -> str | None:
    """The driver that reported the device, as its deployables name it."""
    return device.deployables[0].driver_name if device.deployables else None


@dataclass(frozen=True, slots=True)
class HeldHandle:
    """A stored attach handle: its row and its state."""

    id: int
    state: str


@dataclass(frozen=True, slots=True)
class HeldDeployable:
    """A stored deployable with its reported attributes and its handles by key."""

    id: int
    resource_class: str
    num_accelerators: int
    driver_name: str | None
    attributes: tuple[tuple[str, str], ...]
    handles: Mapping[str, HeldHandle]


@dataclass(frozen=True, slots=True)
class HeldDevice:
    """A stored device of a host."""

    id: int
    state: str
    fields: DeviceFields
    deployables: Mapping[str, HeldDeployable]

    @property
    def is_held(self) -> bool:
        """Whether somebody holds a part of it, or its release is not confirmed yet."""
        return any(
            handle.state != FREE
            for deployable in self.deployables.values()
            for handle in deployable.handles.values()
        )


@dataclass(slots=True)
class Changes:
    """What must be written so that the stored inventory equals the report."""

    new_devices: list[tuple[str, Device]] = field(default_factory=list)
    changed_devices: list[tuple[int, DeviceFields]] = field(default_factory=list)
    returned_devices: list[int] = field(default_factory=list)
    missing_devices: list[int] = field(default_factory=list)
    gone_devices: list[int] = field(default_factory=list)
    new_deployables: list[tuple[str, Deployable]] = field(default_factory=list)
    changed_deployables: list[tuple[int, Deployable]] = field(default_factory=list)
    gone_deployables: list[int] = field(default_factory=list)
    new_handles: list[tuple[str, AttachHandle]] = field(default_factory=list)
    gone_handles: list[int] = field(default_factory=list)
    replaced_attributes: list[tuple[str, Deployable]] = field(default_factory=list)
    cleared_attributes: list[int] = field(default_factory=list)
    kept_handles: list[int] = field(default_factory=list)
    """Handles that the host no longer has but somebody holds: nothing is written for them now."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing needs to be written."""
        return not any(getattr(self, name) for name in self.__slots__ if name != "kept_handles")


def compare(
    held: Mapping[str, HeldDevice], snapshot: Snapshot, device_classes: Mapping[str, str]
) -> Changes:
    """Changes from the stored devices (by hashed control path) to the snapshot.

    ``device_classes`` maps each device's hashed control path to the name of its class. Devices of
    drivers that failed this time are left as they are.
    """
    changes = Changes()
    seen: set[str] = set()
    for device in snapshot.devices:
        key = hash_key(device.key)
        seen.add(key)
        stored = held.get(key)
        if stored is None:
            changes.new_devices.append((key, device))
            for deployable in device.deployables:
                _add_deployable(changes, key, deployable)
        else:
            _compare_device(changes, key, stored, device, device_classes[key])
    for key, stored in held.items():
        if key in seen or stored.fields.driver_name in snapshot.failed_drivers:
            continue
        _drop_device(changes, stored)
    return changes


def _add_deployable(changes: Changes, device_key: str, deployable: Deployable) -> None:
    changes.new_deployables.append((device_key, deployable))
    changes.replaced_attributes.append((deployable.name, deployable))
    changes.new_handles.extend((deployable.name, handle) for handle in deployable.handles)


def _compare_device(
    changes: Changes, key: str, stored: HeldDevice, device: Device, device_class: str
) -> None:
    fields = DeviceFields.of(device, device_class)
    if fields != stored.fields:
        changes.changed_devices.append((stored.id, fields))
    if stored.state != PRESENT:
        changes.returned_devices.append(stored.id)
    names = {deployable.name for deployable in device.deployables}
    for deployable in device.deployables:
        old = stored.deployables.get(deployable.name)
        if old is None:
            _add_deployable(changes, key, deployable)
        else:
            _compare_deployable(changes, old, deployable)
    for name, old in stored.deployables.items():
        if name not in names:
            _drop_deployable(changes, old)


def _compare_deployable(changes: Changes, old: HeldDeployable, deployable: Deployable) -> None:
    handles = {hash_key(handle.key): handle for handle in deployable.handles}
    changes.new_handles.extend(
        (deployable.name, handle) for key, handle in handles.items() if key not in old.handles
    )
    _drop_handles(changes, [old.handles[key] for key in old.handles if key not in handles])
    if (old.resource_class, old.num_accelerators, old.driver_name) != (
        deployable.resource_class,
        len(handles),
        deployable.driver_name,
    ):
        changes.changed_deployables.append((old.id, deployable))
    if old.attributes != render_attributes(deployable):
        changes.cleared_attributes.append(old.id)
        changes.replaced_attributes.append((deployable.name, deployable))


def _drop_deployable(changes: Changes, old: HeldDeployable) -> None:
    if _drop_handles(changes, list(old.handles.values())):
        changes.cleared_attributes.append(old.id)
        changes.gone_deployables.append(old.id)


def _drop_handles(changes: Changes, gone: Sequence[HeldHandle]) -> bool:
    """Drop those that nobody holds; whether that is all of them."""
    kept = [handle.id for handle in gone if handle.state != FREE]
    changes.gone_handles.extend(handle.id for handle in gone if handle.state == FREE)
    changes.kept_handles.extend(kept)
    return not kept


def _drop_device(changes: Changes, stored: HeldDevice) -> None:
    if stored.is_held:
        if stored.state != MISSING:
            changes.missing_devices.append(stored.id)
        for deployable in stored.deployables.values():
            changes.kept_handles.extend(
                handle.id for handle in deployable.handles.values() if handle.state != FREE
            )
        return
    for deployable in stored.deployables.values():
        _drop_deployable(changes, deployable)
    changes.gone_devices.append(stored.id)


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A stored device as callers see it; board infos are JSON text, as on the wire."""

    id: int
    uuid: str
    type: str
    vendor: str
    model: str
    std_board_info: str
    vendor_board_info: str
    hostname: str
    status: str
    state: str
    device_class: str
    numa_node: int | None
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeployableRecord:
    """A stored deployable with all its attributes (reported and added) in order."""

    id: int
    uuid: str
    name: str
    parent_id: int | None
    root_id: int | None
    num_accelerators: int
    device_id: int
    attributes: tuple[tuple[str, str], ...]
    resource_class: str
    rp_uuid: str
    driver_name: str | None
    bitstream_id: str | None
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttributeRecord:
    """A stored attribute of a deployable; ``origin`` is driver or operator."""

    id: int
    uuid: str
    deployable_id: int
    key: str
    value: str
    origin: str
    created_at: datetime
    updated_at: datetime | None
