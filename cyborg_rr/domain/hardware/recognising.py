"""Which stored device, part and handle each reported one is, wherever it is now.

Two devices are one when they have the same identity; where one of the two has none, when slot and
ids are the same. What the first release stored has neither and is known by its address, as long as
its vendor is the same. Another device in the place of a stored one is therefore a new one.

Parts are told by their names within their device and handles by their places on their part; what an
agent of the first release said has neither and is known by what it is called and by what is given.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    LeftOut,
    parse_slot_path,
)
from cyborg_rr.domain.hardware.keys import hash_key, key_of
from cyborg_rr.domain.hardware.stored import DeviceState, StoredHandle, StoredPart, StoredTree

Old = TypeVar("Old")
New = TypeVar("New")
TreeMark = Callable[[StoredTree], Hashable]


@dataclass(slots=True)
class Recognition:
    """Who is who: the stored tree of each known device by its key, and of what is left out."""

    devices: dict[str, StoredTree] = field(default_factory=dict)
    left_out: list[tuple[StoredTree, LeftOut]] = field(default_factory=list)

    def list_unseen(self, stored: Iterable[StoredTree]) -> list[StoredTree]:
        """What is stored and is not there any more."""
        seen = {tree.device.id for tree in self.devices.values()}
        seen.update(tree.device.id for tree, _ in self.left_out)
        return [tree for tree in stored if tree.device.id not in seen]


def recognise(
    stored: Iterable[StoredTree], devices: Iterable[Device], left_out: Iterable[LeftOut] = ()
) -> Recognition:
    """Match what is stored of a host with what it reports; the order of neither matters.

    No stored device is two reported ones. What a host leaves out is looked up among the rest.
    """
    trees = sorted(stored, key=_rank)
    reported = sorted(devices, key=lambda device: device.key)
    found = Recognition()
    for of_tree, of_device in _DEVICE_RULES:
        unknown = [device for device in reported if device.key not in found.devices]
        pairs = _match(found.list_unseen(trees), unknown, of_tree, of_device)
        found.devices.update((device.key, tree) for tree, device in pairs)
    things = sorted(left_out, key=lambda thing: (thing.slot_key, thing.trouble.code))
    for of_tree, of_thing in _LEFT_OUT_RULES:
        found.left_out += _match(found.list_unseen(trees), things, of_tree, of_thing)
    return found


def _rank(tree: StoredTree) -> tuple[bool, int]:
    """Of several that may be meant, what is there goes before what is missing, then the latest."""
    return (tree.device.state != DeviceState.PRESENT, -tree.device.id)


def _slot_without_identity(tree: StoredTree) -> Hashable:
    return tree.slot_key if tree.device.identity is None else None


def _device_slot_without_identity(device: Device) -> Hashable:
    return device.slot_key if device.identity is None else None


def _first_release_path(tree: StoredTree) -> Hashable:
    return tree.control_path_key if tree.slot_key is None else None


def _first_release_device(tree: StoredTree) -> Hashable:
    path = _first_release_path(tree)
    return None if path is None else (path, _fold(tree.device.fields.vendor))


def _device_address(device: Device) -> Hashable:
    return hash_key(key_of(device.control_path)), _fold(device.fields.vendor)


def _fold(vendor: str) -> str:
    """A vendor id however it is written: 10de, 0x10DE."""
    return vendor.lower().removeprefix("0x")


def _left_out_address(thing: LeftOut) -> Hashable:
    path = parse_slot_path(thing.slot_key)
    return None if path is None else hash_key(key_of(path))


_DEVICE_RULES: Sequence[tuple[TreeMark, Callable[[Device], Hashable]]] = (
    (lambda tree: tree.device.identity, lambda device: device.identity),
    (_slot_without_identity, _device_slot_without_identity),
    (_slot_without_identity, lambda device: device.slot_key),
    (lambda tree: tree.slot_key, _device_slot_without_identity),
    (_first_release_device, _device_address),
)
"""What must be equal, surest first: identity, then the slot where neither, then one, has none."""

_LEFT_OUT_RULES: Sequence[tuple[TreeMark, Callable[[LeftOut], Hashable]]] = (
    (lambda tree: tree.slot_key, lambda thing: thing.slot_key),
    (lambda tree: tree.device.identity, lambda thing: thing.slot_key),
    (_first_release_path, _left_out_address),
)


def find_part(device: Device, deployable: Deployable) -> str | None:
    """Which part it is; None where the agent, of the first release, says neither part nor place."""
    if deployable.part:
        return deployable.part
    is_said = all(handle.place for handle in deployable.handles)
    is_alone = all(each.part for each in device.deployables if each is not deployable)
    return "" if is_said and is_alone else None


def recognise_parts(
    stored: Sequence[StoredPart], device: Device
) -> list[tuple[StoredPart, Deployable]]:
    """Parts that are the same: by what they are, else by name, else because there is no other."""
    parts = {each.name: find_part(device, each) for each in device.deployables}
    pairs = _match(
        stored,
        device.deployables,
        lambda part: part.deployable.part,
        lambda deployable: parts[deployable.name],
    )
    rest, new = left_over(stored, device.deployables, pairs)
    pairs += [
        (part, deployable)
        for part, deployable in _match(
            rest, new, lambda part: part.deployable.name, lambda deployable: deployable.name
        )
        if part.deployable.part is None or parts[deployable.name] is None
    ]
    rest, new = left_over(stored, device.deployables, pairs)
    if len(rest) == len(new) == 1 and _may_be(rest[0], new[0], parts[new[0].name]):
        pairs.append((rest[0], new[0]))
    return pairs


def _may_be(part: StoredPart, deployable: Deployable, name: str | None) -> bool:
    is_unsaid = part.deployable.part is None or name is None
    return is_unsaid and part.deployable.fields.resource_class == deployable.resource_class


def recognise_handles(
    stored: Sequence[StoredHandle], handles: Sequence[AttachHandle]
) -> list[tuple[StoredHandle, AttachHandle]]:
    """Handles of one part that are the same: by place, else by what is given.

    What is given is never stored twice, even where its place is called otherwise now.
    """
    pairs = _match(stored, handles, lambda old: old.place, lambda handle: handle.place or None)
    rest, new = left_over(stored, handles, pairs)
    return pairs + _match(
        rest, new, lambda old: old.handle_key, lambda handle: hash_key(handle.key)
    )


def left_over(
    stored: Iterable[Old], new: Iterable[New], pairs: Iterable[tuple[Old, New]]
) -> tuple[list[Old], list[New]]:
    """Those of both sides that are in no pair."""
    old_ids, new_ids = set(), set()
    for old, item in pairs:
        old_ids.add(id(old))
        new_ids.add(id(item))
    return (
        [old for old in stored if id(old) not in old_ids],
        [item for item in new if id(item) not in new_ids],
    )


def _match(
    stored: Iterable[Old],
    new: Iterable[New],
    of_old: Callable[[Old], Hashable],
    of_new: Callable[[New], Hashable],
) -> list[tuple[Old, New]]:
    """Those of equal marks, each once, in their order; a mark of None is no mark."""
    by_mark: dict[Hashable, list[Old]] = {}
    for old in stored:
        mark = of_old(old)
        if mark is not None:
            by_mark.setdefault(mark, []).append(old)
    pairs = []
    for item in new if by_mark else ():
        candidates = by_mark.get(of_new(item))
        if candidates:
            pairs.append((candidates.pop(0), item))
    return pairs
