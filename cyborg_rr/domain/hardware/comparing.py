"""The comparison of what is stored of a host's devices with what the host reports now.

``compare`` only decides; the caller stores the changes. A device, deployable or handle that
disappears while it is held is never dropped: it stays as *missing* until its holder lets go. What a
device is called, its provider and its holders stay with it when it comes to another address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cyborg_rr.domain.hardware.addresses import render_control_path
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    Snapshot,
    Trouble,
)
from cyborg_rr.domain.hardware.keys import hash_key, key_of
from cyborg_rr.domain.hardware.recognising import (
    find_part,
    left_over,
    recognise,
    recognise_handles,
    recognise_parts,
)
from cyborg_rr.domain.hardware.stored import (
    DeviceState,
    StoredHandle,
    StoredPart,
    StoredTree,
)


@dataclass(frozen=True, slots=True)
class DescribedDevice:
    """A device as it is to be stored, with the name of its class."""

    device: Device
    device_class: str


@dataclass(frozen=True, slots=True)
class DescribedPart:
    """A deployable as it is to be stored.

    ``part`` is None where nobody says it; ``device_class`` names its own class, if it has one.
    """

    deployable: Deployable
    part: str | None
    device_class: str | None


@dataclass(frozen=True, slots=True)
class NewPart:
    """A deployable of a stored device (by its row) or of a new one (by its hashed key)."""

    owner: int | str
    device_key: str
    described: DescribedPart


@dataclass(frozen=True, slots=True)
class RequestTrouble:
    """What an accelerator request is told of its device; None: it is well again."""

    arq_uuid: str
    text: str | None
    is_new: bool = True


@dataclass(slots=True)
class Changes:
    """What must be written so that the stored inventory equals the report; rows by their ids."""

    new_devices: list[DescribedDevice] = field(default_factory=list)
    changed_devices: list[tuple[int, DescribedDevice]] = field(default_factory=list)
    returned_devices: list[int] = field(default_factory=list)
    missing_devices: list[int] = field(default_factory=list)
    gone_devices: list[int] = field(default_factory=list)
    new_troubles: list[tuple[int, Trouble]] = field(default_factory=list)
    reworded_troubles: list[tuple[int, Trouble]] = field(default_factory=list)
    """The same code in other words: it lasts as long as before."""
    ended_troubles: list[int] = field(default_factory=list)
    moved_parts: list[tuple[int, int]] = field(default_factory=list)
    """Deployables that come to another device, by the rows of both."""
    new_parts: list[NewPart] = field(default_factory=list)
    changed_parts: list[tuple[int, DescribedPart]] = field(default_factory=list)
    gone_deployables: list[int] = field(default_factory=list)
    new_handles: list[tuple[int, AttachHandle]] = field(default_factory=list)
    changed_handles: list[tuple[int, AttachHandle]] = field(default_factory=list)
    gone_handles: list[int] = field(default_factory=list)
    replaced_attributes: list[tuple[int, Deployable]] = field(default_factory=list)
    cleared_attributes: list[int] = field(default_factory=list)
    request_troubles: list[RequestTrouble] = field(default_factory=list)
    kept_handles: list[int] = field(default_factory=list)
    """Handles that the host no longer has but somebody holds: nothing is written for them now."""


@dataclass(frozen=True, slots=True)
class ClassNames:
    """The names of the classes of a report's devices by their keys, and of parts by their names."""

    devices: Mapping[str, str]
    parts: Mapping[str, str] = field(default_factory=dict)


def compare(stored: Sequence[StoredTree], snapshot: Snapshot, names: ClassNames) -> Changes:
    """Changes from the stored devices of a host to the snapshot.

    Devices of drivers that failed this time are left as they are.
    """
    changes = Changes()
    found = recognise(stored, snapshot.devices, snapshot.left_out)
    for device in snapshot.devices:
        tree = found.find_tree(device)
        described = DescribedDevice(device, names.devices[device.key])
        if tree is None:
            changes.new_devices.append(described)
            _add_parts(changes, hash_key(device.key), device, device.deployables, names)
        else:
            _compare_device(changes, tree, described, names)
    joined = [tree.device.id for trees in found.joined.values() for tree in trees]
    changes.gone_devices += joined
    for tree, left_out in found.left_out:
        _note_presence(changes, tree, left_out.trouble)
        changes.request_troubles += _list_request_troubles(tree, left_out.trouble)
    for tree in found.list_unseen(stored):
        if tree.device.driver_name not in snapshot.failed_drivers:
            _drop_device(changes, tree)
    return changes


def _add_parts(
    changes: Changes,
    owner: int | str,
    device: Device,
    deployables: Iterable[Deployable],
    names: ClassNames,
    elsewhere: Collection[str] = (),
) -> None:
    changes.new_parts += [
        NewPart(owner, device.key, _describe(device, deployable, None, names, elsewhere))
        for deployable in deployables
    ]


def _describe(
    device: Device,
    deployable: Deployable,
    stored: str | None,
    names: ClassNames,
    elsewhere: Collection[str] = (),
) -> DescribedPart:
    """A deployable as it is to be stored, without the handles (by hashed key) stored elsewhere."""
    part = find_part(device, deployable)
    return DescribedPart(
        _leave_handles(deployable, elsewhere),
        stored if part is None else part,
        names.parts.get(deployable.name),
    )


def _compare_device(
    changes: Changes, tree: StoredTree, described: DescribedDevice, names: ClassNames
) -> None:
    device = described.device
    if device.identity is None and tree.device.identity is not None:  # it is silent now
        device = replace(device, identity=tree.device.identity)
        described = replace(described, device=device)
    if not _is_described_as(tree, described):
        changes.changed_devices.append((tree.device.id, described))
    _note_presence(changes, tree, device.trouble)
    _compare_parts(changes, tree, device, names)


def _compare_parts(changes: Changes, tree: StoredTree, device: Device, names: ClassNames) -> None:
    pairs = recognise_parts(tree.parts, device)
    gone, unknown = left_over(tree.parts, device.deployables, pairs)
    staying = _list_staying(gone, device)
    lost: set[int] = set()
    kept = [part for part, _ in pairs]
    for part in gone:
        held = _drop_deployable(changes, part)
        if held:
            kept.append(part)
        lost |= held - staying.keys()
    for part in gone:
        _place_staying(changes, part, staying)
    elsewhere = frozenset(hash_key(handle.key) for handle in staying.values())
    for part, deployable in pairs:
        stored = part.deployable.part
        lost |= _compare_part(
            changes, part, _describe(device, deployable, stored, names, elsewhere)
        )
    _add_parts(changes, tree.device.id, device, unknown, names, elsewhere)
    changes.moved_parts += [
        (part.deployable.id, tree.device.id)
        for part in kept
        if part.deployable.device_id != tree.device.id
    ]
    here = replace(tree, control_path=key_of(device.control_path))
    changes.request_troubles += _list_request_troubles(here, device.trouble, lost)


def _list_staying(gone: Iterable[StoredPart], device: Device) -> dict[int, AttachHandle]:
    """The handles that stay where the first release stored them until they are free.

    Their device gives the same as another part now; stored there as well it would be there twice.
    """
    held = {
        handle.handle_key: handle.id
        for part in gone
        if part.deployable.part is None
        for handle in part.handles
        if not handle.is_free
    }
    if not held:
        return {}
    given = {hash_key(handle.key): handle for part in device.deployables for handle in part.handles}
    return {row_id: given[key] for key, row_id in held.items() if key in given}


def _place_staying(changes: Changes, part: StoredPart, staying: Mapping[int, AttachHandle]) -> None:
    for old in part.handles:
        handle = staying.get(old.id)
        if handle is not None and not _is_stored_as(old, handle):
            changes.changed_handles.append((old.id, handle))


def _leave_handles(deployable: Deployable, keys: Collection[str]) -> Deployable:
    """The deployable without the handles of those hashed keys."""
    if not keys:
        return deployable
    rest = tuple(each for each in deployable.handles if hash_key(each.key) not in keys)
    fewer = len(deployable.handles) - len(rest)
    if not fewer:
        return deployable
    count = max(deployable.fields.num_accelerators - fewer, 0)
    return replace(deployable, handles=rest, num_accelerators=count)


def _is_described_as(tree: StoredTree, described: DescribedDevice) -> bool:
    """Whether the row says what the report says."""
    stored, device = tree.device, described.device
    return (
        stored.device_class,
        stored.type,
        stored.fields,
        stored.driver_name,
        stored.identity,
        dict(stored.capacities),
        tree.slot_key,
        tree.control_path,
    ) == (
        described.device_class,
        device.type,
        device.fields,
        device.driver_name,
        device.identity,
        dict(device.capacities),
        device.slot_key,
        key_of(device.control_path),
    )


def _note_presence(changes: Changes, tree: StoredTree, trouble: Trouble | None) -> None:
    """The device is there, well or not."""
    stored = tree.device
    if stored.state != DeviceState.PRESENT:
        changes.returned_devices.append(stored.id)
    if trouble == stored.trouble:
        return
    if trouble is None:
        changes.ended_troubles.append(stored.id)
    elif stored.trouble is not None and stored.trouble.code == trouble.code:
        changes.reworded_troubles.append((stored.id, trouble))
    else:
        changes.new_troubles.append((stored.id, trouble))


def _compare_part(changes: Changes, part: StoredPart, described: DescribedPart) -> set[int]:
    """Note what differs; returns the held handles that are there no more."""
    old, deployable = part.deployable, described.deployable
    if (old.fields, old.part, part.device_class) != (
        deployable.fields,
        described.part,
        described.device_class,
    ):
        changes.changed_parts.append((old.id, described))
    if old.attributes != deployable.render_attributes():
        changes.cleared_attributes.append(old.id)
        changes.replaced_attributes.append((old.id, deployable))
    return _compare_handles(changes, part, deployable)


def _compare_handles(changes: Changes, part: StoredPart, deployable: Deployable) -> set[int]:
    pairs = recognise_handles(part.handles, deployable.handles)
    for old, handle in pairs:
        placed = handle if handle.place else replace(handle, place=old.place or "")
        if not _is_stored_as(old, placed):
            changes.changed_handles.append((old.id, placed))
    gone, new = left_over(part.handles, deployable.handles, pairs)
    changes.new_handles += [(part.deployable.id, handle) for handle in new]
    return _drop_handles(changes, gone)


def _is_stored_as(old: StoredHandle, handle: AttachHandle) -> bool:
    return (old.place or "", old.handle_key, dict(old.consumes), old.unit) == (
        handle.place,
        hash_key(handle.key),
        dict(handle.consumes),
        handle.unit,
    )


def _drop_deployable(changes: Changes, part: StoredPart) -> set[int]:
    kept = _drop_handles(changes, part.handles)
    if not kept:
        changes.cleared_attributes.append(part.deployable.id)
        changes.gone_deployables.append(part.deployable.id)
    return kept


def _drop_handles(changes: Changes, gone: Iterable[StoredHandle]) -> set[int]:
    """Drop those that nobody holds; returns the others."""
    kept = set()
    for handle in gone:
        if handle.is_free:
            changes.gone_handles.append(handle.id)
        else:
            changes.kept_handles.append(handle.id)
            kept.add(handle.id)
    return kept


def _drop_device(changes: Changes, tree: StoredTree) -> None:
    if not tree.is_held:
        for part in tree.parts:
            _drop_deployable(changes, part)
        changes.gone_devices.append(tree.device.id)
        return
    if tree.device.state != DeviceState.MISSING:
        changes.missing_devices.append(tree.device.id)
    held = {handle.id for part in tree.parts for handle in part.handles if not handle.is_free}
    changes.kept_handles += sorted(held)
    changes.request_troubles += _list_request_troubles(tree, None, held)


def _list_request_troubles(
    tree: StoredTree, trouble: Trouble | None, lost: Collection[int] = ()
) -> list[RequestTrouble]:
    """What the requests that hold a part of a device are told and do not know yet.

    ``lost`` are the rows of those handles that their host no longer has.
    """
    found = []
    for part in tree.parts:
        for handle in part.handles:
            if handle.arq_uuid is None:
                continue
            text = _explain(tree, handle, trouble, handle.id in lost)
            if text != handle.arq_trouble:
                found.append(RequestTrouble(handle.arq_uuid, text, handle.arq_trouble is None))
    return found


def _explain(
    tree: StoredTree, handle: StoredHandle, trouble: Trouble | None, is_lost: bool
) -> str | None:
    device = f"device {tree.device.uuid} at {render_control_path(tree.control_path)}"
    where = f"host {tree.device.hostname}"
    if is_lost:
        what = "" if handle.place is None else f" ({handle.place})"
        return f"what it holds{what} of {device} is no longer on {where}"
    if trouble is not None:
        return f"{device} of {where} cannot be used: {trouble.text} ({trouble.code})"
    return None
