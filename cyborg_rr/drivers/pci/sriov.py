"""Physical and virtual functions of one device: who has the whole has no part, and the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.pci.function import PciFunction

WHOLE_PLACE = "0"
"""The place of the handle of a whole function."""

VIRTUAL_PART = "vf"
"""The name of the part of a device that is all its equal virtual functions."""


def find_capacities(physical: PciFunction) -> Mapping[str, int]:
    """What a device can give to holders: its functions, if it can be split; else nothing."""
    can_split = bool(physical.virtual_indexes) or bool(physical.sriov_total)
    return {FUNCTIONS: ALL_FUNCTIONS} if can_split else {}


def make_whole_handle(physical: PciFunction) -> AttachHandle:
    """The handle of a function as a whole, with all that it could be split into.

    Its device has the capacities of ``find_capacities``.
    """
    consumes = find_capacities(physical)
    return replace(physical.handle, place=WHOLE_PLACE, consumes=consumes)


def make_virtual_handles(virtual: Iterable[PciFunction]) -> tuple[AttachHandle, ...]:
    """The handles of virtual functions, each placed by its number, in order of these.

    Their device has the capacities of ``find_capacities``. One that its physical function does not
    number is on its way out, and has none.
    """
    numbered = [(function.virtual_index, function) for function in virtual]
    return tuple(
        replace(function.handle, place=f"vf{index}", consumes={FUNCTIONS: 1})
        for index, function in sorted(
            ((index, function) for index, function in numbered if index is not None),
            key=lambda pair: pair[0],
        )
    )
