"""What a look at a host found, by hardware: which piece a claim is of, wherever that is now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cyborg_rr.agent.ledger.ledger import check_handle
from cyborg_rr.domain.errors import HandleInUse
from cyborg_rr.domain.hardware.capacities import Drawing, find_overdraft
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    Snapshot,
    have_same_ids,
    parse_slot_key,
)
from cyborg_rr.domain.hardware.keys import key_of
from cyborg_rr.domain.requests import Claim
from cyborg_rr.drivers.driver import Driver


@dataclass(frozen=True, slots=True)
class Spot:
    """One attach handle of a host as it is now, on its deployable and device."""

    device: Device
    deployable: Deployable
    handle: AttachHandle
    driver: Driver | None


class Sight:
    """What a host had at the last look; ``is_complete`` unless a driver could not look.

    What a driver reported that could not look this time stays as it was before.
    """

    def __init__(
        self, snapshot: Snapshot, drivers: Mapping[str, Driver], before: Sight | None = None
    ) -> None:
        self.is_complete = not snapshot.failed_drivers
        self._left_out = frozenset(item.slot_key for item in snapshot.left_out)
        self._drivers = dict(drivers)
        silent = [] if before is None else before._list_devices_of(snapshot.failed_drivers)
        if before is not None:
            self._drivers = before._drivers | self._drivers
        self._slots: dict[str, str] = {} if before is None else dict(before._slots)
        self._devices: dict[str, Device] = {}
        self._places: dict[tuple[str, str, str], Spot] = {}
        self._handles: dict[str, Spot] = {}
        self._paths: dict[str, Device] = {}
        for device in (*silent, *snapshot.devices):
            self._add(device)

    def _add(self, device: Device) -> None:
        self._devices[device.slot_key] = self._devices[device.key] = device
        self._slots[device.key] = device.slot_key
        self._paths[key_of(device.control_path)] = device
        for part in device.deployables:
            driver = self._drivers.get(part.name)
            for handle in part.handles:
                spot = Spot(device, part, handle, driver)
                self._handles[handle.key] = spot
                if handle.place or len(part.handles) == 1:  # else nothing tells one from another
                    self._places[device.key, part.part, handle.place] = spot

    def _list_devices_of(self, driver_names: Sequence[str]) -> list[Device]:
        devices = {device.key: device for device in self._devices.values()}
        return [device for device in devices.values() if device.driver_name in driver_names]

    def find(self, claim: Claim) -> Spot | None:
        """The handle that the claim is of: that of its device, at its place, whatever its address.

        A claim that does not say so, or whose device does not say now which one it is, is
        recognised by the address.
        """
        device = self._devices.get(claim.device_key)
        if device is not None:
            spot = self._places.get((device.key, claim.part, claim.handle.place))
            if spot is not None:
                return spot
        spot = self._handles.get(claim.handle.key)
        if spot is None or not claim.device_key or spot.device is device:
            return spot
        return spot if device is None and self._may_be(claim, spot.device) else None

    def is_presumed(self, claim: Claim) -> bool:
        """Whether its device is one that does not say which it is, at the claim's address.

        Most likely it is the same one, of the same kind; but another, as silent, may have come into
        its place.
        """
        spot = self._handles.get(claim.handle.key)
        is_lost = _is_identity(claim.device_key) and claim.device_key not in self._devices
        return is_lost and spot is not None and self._may_be(claim, spot.device)

    def has_rival(self, claim: Claim, held: Sequence[Claim]) -> bool:
        """Whether others hold some of what the claim is of, or of its device if only presumed."""
        spot = self.find(claim)
        if spot is None:
            return False
        others = [other for other in held if self._find_device(other) is spot.device]
        if self.is_presumed(claim) and any(o.device_key != claim.device_key for o in others):
            return True
        draws = [replace(self._draw(other), unit=None) for other in others]
        wanted = replace(self._draw(claim), unit=None)
        is_overdrawn = find_overdraft(wanted, draws, spot.device.capacities) is not None
        return is_overdrawn or any(self.find(other) is spot for other in others)

    def is_taken(self, claim: Claim, held: Sequence[Claim]) -> bool:
        """Whether what the claim is of overlaps with what is held."""
        try:
            self.check(replace(claim, holder=None), held)
        except HandleInUse:
            return True
        return False

    def complete(self, claim: Claim) -> Claim:
        """The claim with all that is known of its hardware now.

        What was known of a device is kept while it does not say which one it is.
        """
        spot = self.find(claim)
        if spot is None:
            return claim
        if self.is_presumed(claim):
            known = claim.handle.place or claim.handle.consumes
            return claim if known else replace(claim, handle=spot.handle, part=spot.deployable.part)
        return replace(
            claim,
            device_key=spot.device.key,
            part=spot.deployable.part,
            handle=spot.handle,
            slot_key=spot.device.slot_key,
        )

    def is_there(self, claim: Claim) -> bool:
        """Whether the host has it now, as far as it can tell."""
        return self.find(claim) is not None

    def is_at(self, claim: Claim) -> bool:
        """Whether anything is now at the address of the claim's handle."""
        return claim.handle.key in self._handles

    def has_left_out(self, claim: Claim) -> bool:
        """Whether the claim may be of a device that is there but not offered now.

        One of other ids that is left out at the device's address is another device.
        """
        known = claim.slot_key or claim.device_key
        path, _ = parse_slot_key(known)
        for slot_key in self._left_out:
            left_path, _ = parse_slot_key(slot_key)
            is_another = left_path == path and not have_same_ids(known, slot_key)
            if claim.handle.info.items() <= left_path.items() and not is_another:
                return True
        return claim.device_key in self._left_out

    def list_drivers(self) -> Iterator[tuple[str, Driver]]:
        """Who acts on what, by the keys of devices and of handles."""
        for spot in self._handles.values():
            if spot.driver is not None:
                yield spot.device.key, spot.driver
                yield spot.handle.key, spot.driver

    def is_same(self, claim: Claim, standing: Claim) -> bool:
        """Whether two claims are of the same handle of the same device."""
        spot = self.find(claim)
        return spot is not None and self.find(standing) is spot

    def check(self, wanted: Claim, held: Sequence[Claim]) -> None:
        """Raise ``HandleInUse`` where the claim cannot be granted beside what is held."""
        spot = self.find(wanted)
        if spot is None:
            check_handle(wanted, held)
            return
        check_handle(wanted, [self.complete(other) for other in held])
        drawing = self._draw(wanted)
        drawings = [self._draw(other) for other in held]
        overdraft = find_overdraft(drawing, drawings, spot.device.capacities)
        if overdraft is None:
            return
        holders = sorted(
            other.arq_uuid
            for other, drawn in zip(held, drawings, strict=True)
            if drawn.device == drawing.device or (drawn.unit and drawn.unit == drawing.unit)
        )
        raise HandleInUse(
            f"the host cannot give {wanted.handle.key}: {overdraft};"
            f" held by accelerator requests: {', '.join(holders) or 'none'}",
            wanted.binding_id,
        )

    def _draw(self, claim: Claim) -> Drawing:
        spot, device = self.find(claim), self._find_device(claim)
        handle = claim.handle if spot is None else spot.handle
        key = (claim.device_key or claim.handle.key) if device is None else device.key
        return Drawing(key, handle.consumes, handle.unit, claim.holder)

    def _find_device(self, claim: Claim) -> Device | None:
        """The device that a claim is of, though it may offer now neither place nor address."""
        spot = self.find(claim)
        if spot is not None:
            return spot.device
        if claim.device_key in self._devices:
            return self._devices[claim.device_key]
        path = parse_slot_key(claim.slot_key or claim.device_key)[0] or claim.handle.info
        device = self._paths.get(key_of(path))
        is_another = device is not None and claim.device_key and not self._may_be(claim, device)
        return None if is_another else device

    def _may_be(self, claim: Claim, device: Device) -> bool:
        """Whether a device at the address of a claim may be the one that the claim is of.

        One of the two does not say which it is, and of what kind they are does not differ, as far
        as the claim says, or a device with its identity was seen since the agent started.
        """
        if _is_identity(claim.device_key):
            slot_key = claim.slot_key or self._slots.get(claim.device_key, "")
            return device.identity is None and have_same_ids(slot_key, device.slot_key)
        path, _ = parse_slot_key(claim.device_key)
        return path == device.control_path and have_same_ids(claim.device_key, device.slot_key)


def _is_identity(device_key: str) -> bool:
    """Whether the key of a device names it wherever it is; others are slots, in JSON."""
    return bool(device_key) and not device_key.startswith("{")
