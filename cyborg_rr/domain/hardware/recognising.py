"""Which stored device, part and handle each reported one is, wherever it is now.

Two devices are one when they have the same identity; where one of the two has none, when slot and
ids are the same, or at least none of the ids is another: a later release may read more of them.
What the first release stored has neither and is known by its address, as long as its vendor and
product are the same. Another device in the place of a stored one is therefore a new one.
What it stored as a device of its own may be one more function of another device now: it is told by
what is given, at another address than that device's.

Parts are told by their names within their device and handles by their places on their part; what an
agent of the first release said has neither and is known by what it is called and by what is given.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    LeftOut,
    parse_slot_key,
)
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.keys import hash_key, key_of
from cyborg_rr.domain.hardware.stored import (
    DeviceState,
    OperatorStatus,
    StoredHandle,
    StoredPart,
    StoredTree,
)

Old = TypeVar("Old")
New = TypeVar("New")
TreeMark = Callable[[StoredTree], Hashable]


@dataclass(slots=True)
class Recognition:
    """Who is who: the stored tree of each known device by its key, and of what is left out.

    ``joined`` are further trees of a device, which the first release stored one by one.
    """

    devices: dict[str, StoredTree] = field(default_factory=dict)
    left_out: list[tuple[StoredTree, LeftOut]] = field(default_factory=list)
    joined: dict[str, list[StoredTree]] = field(default_factory=dict)

    def list_unseen(self, stored: Iterable[StoredTree]) -> list[StoredTree]:
        """What is stored and is not there any more."""
        seen = {tree.device.id for tree in self.devices.values()}
        seen.update(tree.device.id for tree, _ in self.left_out)
        seen.update(tree.device.id for trees in self.joined.values() for tree in trees)
        return [tree for tree in stored if tree.device.id not in seen]

    def find_tree(self, device: Device) -> StoredTree | None:
        """What is stored of a device, with the parts of all trees that are joined to it."""
        tree = self.devices.get(device.key)
        others = self.joined.get(device.key, ())
        if tree is None or not others:
            return tree
        return replace(tree, parts=[*tree.parts, *(part for one in others for part in one.parts)])


def recognise(
    stored: Iterable[StoredTree], devices: Iterable[Device], left_out: Iterable[LeftOut] = ()
) -> Recognition:
    """Match what is stored of a host with what it reports; the order of neither matters.

    No stored device is two reported ones. What a host leaves out is looked up among the rest.
    """
    trees = sorted(stored, key=_rank)
    found = Recognition()
    _recognise_devices(found, trees, sorted(devices, key=lambda device: device.key))
    things = sorted(left_out, key=lambda thing: (thing.slot_key, thing.trouble.code))
    _recognise_left_out(found, trees, things)
    return found


def _recognise_devices(
    found: Recognition, trees: Sequence[StoredTree], devices: Sequence[Device]
) -> None:
    for of_tree, of_device in _DEVICE_RULES:
        unknown = [device for device in devices if device.key not in found.devices]
        pairs = _match(found.list_unseen(trees), unknown, of_tree, of_device)
        found.devices.update((device.key, tree) for tree, device in pairs)
    slots = _Slots(found.list_unseen(trees))
    for device in devices:
        if device.key not in found.devices:
            vendor, has_identity = _fold(device.fields.vendor), device.identity is not None
            tree = slots.take(device.slot_key, vendor, has_identity=has_identity)
            if tree is not None:
                found.devices[device.key] = tree
    _join_functions(found, found.list_unseen(trees), devices)


def _join_functions(
    found: Recognition, trees: Iterable[StoredTree], devices: Iterable[Device]
) -> None:
    """Give what the first release stored function by function to the devices that have these now.

    Where a device is new, it becomes the one that an operator has spoken of, or somebody holds.
    """
    loose = [tree for tree in trees if _is_unplaced(tree)]
    if not loose:
        return
    owners = {
        hash_key(handle.key): (device, part)
        for device in devices
        for part in device.deployables
        for handle in part.handles
    }
    for tree in sorted(loose, key=_worth_keeping):
        device = _find_whole(tree, owners)
        if device is None:
            continue
        if device.key in found.devices:
            found.joined.setdefault(device.key, []).append(tree)
        else:
            found.devices[device.key] = tree


def _is_unplaced(tree: StoredTree) -> bool:
    """Whether only agents of the first release have spoken of it."""
    handles = [handle for part in tree.parts for handle in part.handles]
    return bool(handles) and all(handle.place is None for handle in handles)


def _worth_keeping(tree: StoredTree) -> tuple[bool, bool]:
    return (tree.device.status == OperatorStatus.ENABLED, not tree.is_held)


def _find_whole(tree: StoredTree, owners: Mapping[str, tuple[Device, Deployable]]) -> Device | None:
    """The device that gives all that the tree does, and is at another address."""
    keys = {handle.handle_key for part in tree.parts for handle in part.handles}
    found = [owners[key] for key in keys if key in owners]
    whole = {device.key: device for device, _ in found}
    if len(found) != len(keys) or len(whole) != 1:
        return None
    (device,) = whole.values()
    if key_of(device.control_path) == tree.control_path:
        return None  # another device is in its place
    may_be = all(_may_give(device, part, tree.device.fields) for _, part in found)
    return device if may_be else None


def _may_give(device: Device, part: Deployable, stored: DeviceFields) -> bool:
    """Whether neither vendor nor, where both are said, product of a function is another."""
    told = None if part.part_facts is None else part.part_facts.device_id
    known = stored.std_board_info.get(_PRODUCT) or told or ""
    is_same_product = told is None or _fold(known) == _fold(told)
    return is_same_product and _fold(stored.vendor) == _fold(device.fields.vendor)


def _recognise_left_out(
    found: Recognition, trees: Sequence[StoredTree], things: Sequence[LeftOut]
) -> None:
    for of_tree, of_thing in _LEFT_OUT_RULES:
        _, unknown = left_over((), things, found.left_out)
        found.left_out += _match(found.list_unseen(trees), unknown, of_tree, of_thing)
    slots = _Slots(found.list_unseen(trees))
    for thing in left_over((), things, found.left_out)[1]:
        tree = slots.take(thing.slot_key, None, has_identity=False)
        if tree is not None:
            found.left_out.append((tree, thing))


def _rank(tree: StoredTree) -> tuple[bool, int]:
    """Of several that may be meant, what is there goes before what is missing, then the latest."""
    return (tree.device.state != DeviceState.PRESENT, -tree.device.id)


class _Slots:
    """Stored devices by their slots, for those of which more ids are read than before, or fewer."""

    def __init__(self, trees: Iterable[StoredTree]) -> None:
        self._trees: dict[str, list[StoredTree]] = {}
        for tree in trees:
            if tree.slot_key is not None:
                self._trees.setdefault(tree.control_path, []).append(tree)

    def take(self, slot_key: str, vendor: str | None, *, has_identity: bool) -> StoredTree | None:
        """The first in that slot of which no id is another, and which it may be; only once."""
        path, ids = parse_slot_key(slot_key)
        candidates = self._trees.get(key_of(path), [])
        for tree in candidates:
            is_silent = not has_identity or tree.device.identity is None
            if is_silent and _agree(tree, ids, vendor):
                candidates.remove(tree)
                return tree
        return None


def _agree(tree: StoredTree, ids: Mapping[str, str], vendor: str | None) -> bool:
    stored = parse_slot_key(tree.slot_key or "")[1]
    shared = stored.keys() & ids.keys()
    if not shared and vendor != _fold(tree.device.fields.vendor):
        return False
    return all(stored[name] == ids[name] for name in shared)


def _slot_without_identity(tree: StoredTree) -> Hashable:
    return tree.slot_key if tree.device.identity is None else None


def _device_slot_without_identity(device: Device) -> Hashable:
    return device.slot_key if device.identity is None else None


def _first_release_path(tree: StoredTree) -> Hashable:
    return tree.control_path_key if tree.slot_key is None else None


def _first_release_device(tree: StoredTree) -> Hashable:
    """Its address and vendor, with the product where the driver said one."""
    path, fields = _first_release_path(tree), tree.device.fields
    product = fields.std_board_info.get(_PRODUCT)
    ids = (fields.vendor,) if product is None else (fields.vendor, product)
    return None if path is None else (path, *map(_fold, ids))


def _device_address(device: Device) -> Hashable:
    return hash_key(key_of(device.control_path)), _fold(device.fields.vendor)


def _device_product(device: Device) -> Hashable:
    product = device.fields.std_board_info.get(_PRODUCT) or device.facts.device_id or ""
    return hash_key(key_of(device.control_path)), _fold(device.fields.vendor), _fold(product)


_PRODUCT = "product_id"
"""What the drivers of the first release called a device id, among what is shown of a board."""


def _fold(number: str) -> str:
    """An id however it is written: 10de, 0x10DE."""
    return number.lower().removeprefix("0x")


def _left_out_address(thing: LeftOut) -> Hashable:
    path, _ = parse_slot_key(thing.slot_key)
    return hash_key(key_of(path)) if path else None


_DEVICE_RULES: Sequence[tuple[TreeMark, Callable[[Device], Hashable]]] = (
    (lambda tree: tree.device.identity, lambda device: device.identity),
    (_slot_without_identity, _device_slot_without_identity),
    (_slot_without_identity, lambda device: device.slot_key),
    (lambda tree: tree.slot_key, _device_slot_without_identity),
    (_first_release_device, _device_product),
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
    """Parts that are the same: by what they are, by name, by what they give, or the only ones."""
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
    pairs += _match(rest, new, _list_unsaid_handles, _list_handles)
    rest, new = left_over(stored, device.deployables, pairs)
    if len(rest) == len(new) == 1 and _may_be(rest[0], new[0], parts[new[0].name]):
        pairs.append((rest[0], new[0]))
    return pairs


def _list_unsaid_handles(part: StoredPart) -> Hashable:
    keys = frozenset(handle.handle_key for handle in part.handles)
    return keys if keys and part.deployable.part is None else None


def _list_handles(deployable: Deployable) -> Hashable:
    return frozenset(hash_key(handle.key) for handle in deployable.handles)


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
