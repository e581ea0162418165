"""Which devices are one module: those whose numbers follow one another.

The kernel driver numbers the halves of a module one after the other. Once one of them is handed to
a virtual machine it has no number: then the last one counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cyborg_rr.drivers.driver import Memory
from cyborg_rr.drivers.pci.remembering import recall, remember
from cyborg_rr.drivers.pci.state import MODULE_INCOMPLETE, Unusable
from cyborg_rr.drivers.whole_function.numbering import Numbered


@dataclass(frozen=True, slots=True)
class _Number:
    """What is remembered of a half."""

    number: int


class Modules:
    """Puts the halves together that one look has found; ``sizes`` is how many are one, by id."""

    def __init__(
        self, sizes: Mapping[str, int], halves: Sequence[Numbered], memory: Memory
    ) -> None:
        self._sizes = sizes
        known = [(_find_number(half, memory), half) for half in halves]
        known.sort(key=lambda entry: entry[1].number is not None)  # seen now beats seen before
        self._halves = {number: half for number, half in known if number is not None}

    def get_module(self, half: Numbered) -> tuple[Numbered, ...]:
        """All that are one module with this one, in the order of their numbers.

        ``Unusable`` while that cannot be said: a half must not be handed out as if it were whole.
        """
        own = next((number for number, other in self._halves.items() if other is half), None)
        if own is None:
            raise Unusable(
                MODULE_INCOMPLETE, "its kernel driver has not numbered it: its module is not known"
            )
        size = self._sizes[half.function.identity.device_id]
        numbers = range(own - own % size, own - own % size + size)
        missing = [number for number in numbers if number not in self._halves]
        if missing:
            raise Unusable(
                MODULE_INCOMPLETE, f"the rest of its module (device {missing[0]}) is not there"
            )
        return tuple(self._halves[number] for number in numbers)


def _find_number(half: Numbered, memory: Memory) -> int | None:
    if half.number is None:
        known = recall(memory, half.function, _Number)
        return None if known is None else known.number
    remember(memory, half.function, _Number(half.number))
    return half.number
