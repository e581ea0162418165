"""When the trouble of a device counts, and when it is over: decided so that nothing flaps.

A device is withdrawn at once for what cannot be a moment's weather, and only at the second look for
what may be. It comes back after it was well in several looks in a row, however its trouble began;
so does one that was left out. What was seen outlives the process that looks: a restart cures
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from cyborg_rr.domain.hardware.devices import Snapshot, Trouble


@dataclass(frozen=True, slots=True)
class Kind:
    """What one code of a trouble means, in a sentence for operators.

    ``is_passing`` is what one look may see by chance: a link that is being retrained, a hot minute.
    """

    meaning: str
    is_passing: bool = False


TROUBLES: Mapping[str, Kind] = MappingProxyType(
    {
        "address_unusable": Kind(
            "Its PCI domain is beyond ffff, which the compute service cannot address."
        ),
        "aer_fatal": Kind("It had fatal PCI errors (AER) since the look before."),
        "blank": Kind("It is an FPGA board without the shell that makes it usable."),
        "console": Kind(
            "The host booted on it, or shows something on it: a display that is lit, its console."
        ),
        "ecc_uncorrectable": Kind("It had uncorrectable memory errors since the look before."),
        "given_away": Kind("It is a virtual function of a card that vfio-pci has as a whole."),
        "gpu_lost": Kind("Its driver has lost it: it has fallen off the bus."),
        "group_not_viable": Kind("The host needs something else in its IOMMU group."),
        "link_degraded": Kind(
            "Its PCI Express link has fewer lanes than the device and its port can have.",
            is_passing=True,
        ),
        "management": Kind("Only the function that manages the board is there, not the board."),
        "mig_pending": Kind("Its MIG mode changes at the next reset of the GPU."),
        "module_incomplete": Kind("It is one part of a module of which not all parts are there."),
        "no_vgpu_type": Kind("It is a virtual function of a GPU, without a vGPU type yet."),
        "not_answering": Kind(
            "It has no power, or its configuration space reads as all ones: it has gone, or hangs."
        ),
        "recovery_needed": Kind("Its driver asks for a reset, a reboot or another recovery first."),
        "row_remap_failed": Kind("A bad row of its memory could not be remapped."),
        "split": Kind("Its virtual functions are enabled, so that it is not given out whole."),
        "thermal": Kind("It is slowed down because it is too hot.", is_passing=True),
        "unreadable": Kind("The host could not read what it is."),
        "used_by_host": Kind(
            "The host uses it itself: a process, a mounted file system, a network link that is up."
        ),
        "whole_held": Kind("Somebody holds the card that it is cut from as a whole."),
        "whole_offered": Kind("The card that it is cut from is offered as a whole."),
        "xid": Kind("Its driver told of an error (Xid) after which it must be reset."),
    }
)
"""Every code of a device's trouble; drivers use no others."""

PASSING = frozenset(code for code, kind in TROUBLES.items() if kind.is_passing)

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
    this time is remembered as it was: a look that could not see proves nothing. Only a well device
    that every driver misses is forgotten.
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
    missed = {
        key: watch
        for key, watch in watches.items()
        if snapshot.failed_drivers or watch.trouble is not None
    }
    return replace(snapshot, devices=devices), {**missed, **now}
