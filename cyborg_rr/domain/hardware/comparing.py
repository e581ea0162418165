"""The comparison of what is stored of a host's devices with what the host reports now.

``compare`` only decides; the caller stores the changes. A device, deployable or handle that
disappears while it is held is never dropped: it stays as *missing* until its holder lets go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cyborg_rr.domain.hardware.devices import AttachHandle, Deployable, Device, Snapshot
from cyborg_rr.domain.hardware.keys import hash_key
from cyborg_rr.domain.hardware.stored import (
    DeviceState,
    HandleState,
    StoredDevice,
    StoredHandle,
    StoredPart,
    StoredTree,
)


@dataclass(slots=True)
class Changes:
    """What must be written so that the stored inventory equals the report."""

    new_devices: list[tuple[str, Device]] = field(default_factory=list)
    changed_devices: list[tuple[int, str, Device]] = field(default_factory=list)
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


def compare(
    stored: Mapping[str, StoredTree], snapshot: Snapshot, device_classes: Mapping[str, str]
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
        tree = stored.get(key)
        if tree is None:
            changes.new_devices.append((key, device))
            for deployable in device.deployables:
                _add_deployable(changes, key, deployable)
        else:
            _compare_device(changes, key, tree, device, device_classes[key])
    for key, tree in stored.items():
        if key not in seen and tree.device.driver_name not in snapshot.failed_drivers:
            _drop_device(changes, tree)
    return changes


def _add_deployable(changes: Changes, device_key: str, deployable: Deployable) -> None:
    changes.new_deployables.append((device_key, deployable))
    changes.replaced_attributes.append((deployable.name, deployable))
    changes.new_handles.extend((deployable.name, handle) for handle in deployable.handles)


def _compare_device(
    changes: Changes, key: str, tree: StoredTree, device: Device, device_class: str
) -> None:
    if not _is_described_as(tree.device, device, device_class):
        changes.changed_devices.append((tree.device.id, key, device))
    if tree.device.state != DeviceState.PRESENT:
        changes.returned_devices.append(tree.device.id)
    names = {deployable.name for deployable in device.deployables}
    for deployable in device.deployables:
        part = tree.parts.get(deployable.name)
        if part is None:
            _add_deployable(changes, key, deployable)
        else:
            _compare_deployable(changes, part, deployable)
    for name, part in tree.parts.items():
        if name not in names:
            _drop_deployable(changes, part)


def _is_described_as(stored: StoredDevice, device: Device, device_class: str) -> bool:
    """Whether the row says what the report says."""
    return (stored.type, stored.fields, stored.driver_name, stored.device_class) == (
        device.type,
        device.fields,
        device.driver_name,
        device_class,
    )


def _compare_deployable(changes: Changes, part: StoredPart, deployable: Deployable) -> None:
    old = part.deployable
    handles = {hash_key(handle.key): handle for handle in deployable.handles}
    changes.new_handles.extend(
        (deployable.name, handle) for key, handle in handles.items() if key not in part.handles
    )
    _drop_handles(changes, [part.handles[key] for key in part.handles if key not in handles])
    if old.fields != deployable.fields:
        changes.changed_deployables.append((old.id, deployable))
    if old.attributes != deployable.render_attributes():
        changes.cleared_attributes.append(old.id)
        changes.replaced_attributes.append((deployable.name, deployable))


def _drop_deployable(changes: Changes, part: StoredPart) -> None:
    if _drop_handles(changes, list(part.handles.values())):
        changes.cleared_attributes.append(part.deployable.id)
        changes.gone_deployables.append(part.deployable.id)


def _drop_handles(changes: Changes, gone: Sequence[StoredHandle]) -> bool:
    """Drop those that nobody holds; whether that is all of them."""
    kept = [handle.id for handle in gone if handle.state != HandleState.FREE]
    changes.gone_handles.extend(handle.id for handle in gone if handle.state == HandleState.FREE)
    changes.kept_handles.extend(kept)
    return not kept


def _drop_device(changes: Changes, tree: StoredTree) -> None:
    if tree.is_held:
        if tree.device.state != DeviceState.MISSING:
            changes.missing_devices.append(tree.device.id)
        for part in tree.parts.values():
            changes.kept_handles.extend(
                handle.id for handle in part.handles.values() if handle.state != HandleState.FREE
            )
        return
    for part in tree.parts.values():
        _drop_deployable(changes, part)
    changes.gone_devices.append(tree.device.id)
