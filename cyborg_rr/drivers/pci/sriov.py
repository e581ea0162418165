"""A function whole, or its virtual functions: what of it can be handed out, and what that takes.

A device and its parts must not have two users: the whole of it takes all that any number of its
virtual functions could.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS, VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.pci.function import PciFunction
from cyborg_rr.drivers.sysfs import Unreadable

CAPACITIES: Mapping[str, int] = MappingProxyType({FUNCTIONS: ALL_FUNCTIONS})
"""Of a device that can be handed out whole or by its virtual functions."""

WHOLE_PLACE = "0"


def offer_whole(
    function: PciFunction, place: str = WHOLE_PLACE, capacity: str = FUNCTIONS
) -> AttachHandle:
    """The handle of the function with all that it is.

    Of a card with several physical functions each has a capacity of its own.
    """
    return replace(function.handle, place=place, consumes={capacity: ALL_FUNCTIONS})


def offer_virtual(
    physical: PciFunction,
    functions: Sequence[PciFunction],
    place: str = VIRTUAL_FUNCTION,
    capacity: str = FUNCTIONS,
) -> tuple[AttachHandle, ...]:
    """The handles of its virtual functions that are there, each at the place of its number."""
    numbers = {address: number for number, address in enumerate(physical.virtual_functions)}
    return tuple(
        replace(
            function.handle,
            place=f"{place}{numbers[function.address]}",
            consumes={capacity: 1},
        )
        for function in functions
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
