"""When the trouble of a device counts, and when it is over: decided so that nothing flaps.

A device is withdrawn at once for what cannot be a moment's weather, and only at the second look for
what may be. It comes back after it was well in several looks in a row, however its trouble began;
so does one that was left out. What was seen outlives the process that looks: a restart cures
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cyborg_rr.domain.hardware.devices import Snapshot, Trouble

PASSING = frozenset({"link_degraded", "thermal"})
"""Codes of what one look may see by chance: a link that is being retrained, a hot minute."""

LOOKS_TO_WITHDRAW = 2
LOOKS_TO_RETURN = 3


@dataclass(frozen=True, slots=True)
class Watch:
    """What was seen of a device so far.

    ``trouble`` is what counts now. ``looks`` is how many looks in a row said otherwise: that it is
    well, or, of a device that counts as well, that it has the ``suspected`` trouble.
    """

    trouble: Trouble | None = None
    suspected: Trouble | None = None
    looks: int = 0


def observe(watch: Watch | None, seen: Trouble | None) -> Watch:
    """What counts after one more look; ``watch`` is None for a device that is looked at first.

    At first sight any trouble counts: nobody has the device yet, so nothing is lost by waiting.
    """
    if watch is None or (seen is not None and watch.trouble is not None):
        return Watch(seen)
    if seen is None:
        return _observe_well(watch)
    is_repeated = watch.suspected is not None and watch.suspected.code == seen.code
    looks = watch.looks + 1 if is_repeated else 1
    if seen.code not in PASSING or looks >= LOOKS_TO_WITHDRAW:
        return Watch(seen)
    return Watch(None, seen, looks)


def _observe_well(watch: Watch) -> Watch:
    if watch.trouble is None or watch.looks + 1 >= LOOKS_TO_RETURN:
        return Watch()
    return Watch(watch.trouble, looks=watch.looks + 1)


def judge(snapshot: Snapshot, watches: Mapping[str, Watch]) -> tuple[Snapshot, dict[str, Watch]]:
    """The snapshot with the troubles that count, and what to remember, by slot key.

    A device whose trouble does not count yet is reported as well, and one that is well again, or is
    no longer left out, but not for long enough, as still in trouble. What the host does not show
    this time is remembered as it was: a look that could not see proves nothing.
    """
    seen: dict[str, Trouble | None] = {left.slot_key: left.trouble for left in snapshot.left_out}
    seen |= {device.slot_key: device.trouble for device in snapshot.devices}
    now = {key: observe(watches.get(key), trouble) for key, trouble in seen.items()}
    devices = tuple(
        device
        if device.trouble == now[device.slot_key].trouble
        else replace(device, trouble=now[device.slot_key].trouble)
        for device in snapshot.devices
    )
    return replace(snapshot, devices=devices), {**watches, **now}
