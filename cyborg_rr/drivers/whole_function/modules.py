"""Which devices are one module: those whose numbers follow one another.

The kernel driver numbers the halves of a module one after the other. Once one of them is handed to
a virtual machine it has no number: then the last one counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cyborg_rr.drivers.pci.state import MODULE_INCOMPLETE, Unusable
from cyborg_rr.drivers.whole_function.numbering import Numbered


class Modules:
    """Puts the halves together that one look has found; ``sizes`` is how many are one, by id."""

    def __init__(self, sizes: Mapping[str, int], halves: Sequence[Numbered]) -> None:
        self._sizes = sizes
        seen_last = sorted(halves, key=lambda half: half.device_node is not None)
        self._halves = {half.number: half for half in seen_last}

    def get_module(self, half: Numbered) -> tuple[Numbered, ...]:
        """All that are one module with this one, in the order of their numbers.

        ``Unusable`` while that cannot be said: a half must not be handed out as if it were whole.
        """
        own = half.number
        if own is None or self._halves[own] is not half:
            cause = "its kernel driver has not numbered it: its module is not known"
            raise Unusable(MODULE_INCOMPLETE, cause)
        size = self._sizes[half.function.identity.device_id]
        numbers = range(own - own % size, own - own % size + size)
        missing = [number for number in numbers if number not in self._halves]
        if missing:
            cause = f"the rest of its module (device {missing[0]}) is not there"
            raise Unusable(MODULE_INCOMPLETE, cause)
        return tuple(self._halves[number] for number in numbers)
