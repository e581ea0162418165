"""Physical and virtual functions of one device: who has the whole has no part, and the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS, VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.sysfs import Unreadable

WHOLE_PLACE = "0"
"""The place of the handle of a whole function."""


def find_capacities(physical: PciFunction, name: str = FUNCTIONS) -> Mapping[str, int]:
    """What a device can give to holders: its functions, if it can be split; else nothing.

    Of a card with several physical functions each has a capacity with a ``name`` of its own.
    """
    can_split = bool(physical.virtual_indexes) or bool(physical.sriov_total)
    return {name: ALL_FUNCTIONS} if can_split else {}


def make_whole_handle(
    physical: PciFunction, place: str = WHOLE_PLACE, capacity: str = FUNCTIONS
) -> AttachHandle:
    """The handle of a function as a whole, with all that it could be split into.

    Its device has the capacities of ``find_capacities``.
    """
    return replace(physical.handle, place=place, consumes=find_capacities(physical, capacity))


def make_virtual_handles(
    virtual: Iterable[PciFunction], place: str = VIRTUAL_FUNCTION, capacity: str = FUNCTIONS
) -> tuple[AttachHandle, ...]:
    """The handles of virtual functions, each placed by its number, in order of these.

    Their device has the capacities of ``find_capacities``. One that its physical function does not
    number is on its way out, and has none.
    """
    numbered = [(function.virtual_index, function) for function in virtual]
    return tuple(
        replace(function.handle, place=f"{place}{index}", consumes={capacity: 1})
        for index, function in sorted(
            ((index, function) for index, function in numbered if index is not None),
            key=lambda pair: pair[0],
        )
    )


def get_virtual(
    physical: PciFunction, functions: Mapping[PciAddress, PciFunction]
) -> tuple[PciFunction, ...]:
    """The virtual functions of one among those of its family, by address.

    ``Unreadable`` when they are enabled and none of them can be read: neither they nor the whole
    can be handed out then.
    """
    found = tuple(
        functions[address] for address in physical.virtual_functions if address in functions
    )
    if physical.virtual_functions and not found:
        raise Unreadable("its virtual functions are enabled but none of them can be read")
    return found
