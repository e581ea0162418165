"""Which devices are one module: those whose numbers follow one another.

The kernel driver numbers the halves of a module one after the other; once one of them is handed to
a virtual machine it has no number, so that the last one seen counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.pci.function import PciIdentity
from cyborg_rr.drivers.sysfs import Unreadable
from cyborg_rr.drivers.whole_function.numbering import Numbered


class Modules:
    """Puts devices together; ``sizes`` is how many of a device id are one module."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._sizes = sizes
        self._learnt: dict[tuple[PciAddress, PciIdentity], int] = {}

    def get_module(self, half: Numbered, halves: Sequence[Numbered]) -> tuple[Numbered, ...]:
        """All that are one module with this one, in the order of their numbers.

        ``Unreadable`` while that cannot be said: a half must not be handed out as if it were whole.
        """
        size = self._sizes[half.function.identity.device_id]
        seen_last = sorted(halves, key=lambda other: other.number is not None)
        numbers = {self._find_number(other): other for other in seen_last}
        own = self._find_number(half)
        if own is None:
            raise Unreadable("its kernel driver has not numbered it: its module is not known")
        first = own - own % size
        missing = [number for number in range(first, first + size) if number not in numbers]
        if missing:
            raise Unreadable(f"the rest of its module (device {missing[0]}) is not there")
        module = tuple(numbers[number] for number in range(first, first + size))
        if half not in module:
            raise Unreadable(f"its number {own} is that of another device")
        return module

    def _find_number(self, half: Numbered) -> int | None:
        key = (half.function.address, half.function.identity)
        if half.number is not None:
            self._learnt[key] = half.number
        return self._learnt.get(key)
