"""Which functions of a file are written out where they are called, and which stay functions.

A function that is written out fuses with what is around it, as compilers do; but calls of calls
would make a short file a graph of astronomic size. So all are written out while that stays in
proportion to the file, and otherwise only small ones are: what is left is typed once for each way
in which it is called, and its figures count as often as it is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final, Generic, NamedTuple, TypeVar

MAX_WRITTEN_OUT: Final = 20_000
"""Operations that a file of any size may become; analysing them takes less than a second."""

MAX_GROWTH: Final = 8
"""Beyond that, how many times as many operations as the file has."""

MAX_SMALL: Final = 16
"""A function of so few operations is always written out: activations, masks, casts."""

Key = TypeVar("Key", bound=Hashable)


class _Size(NamedTuple):
    """Operations of a function: its own, with all calls and with small calls written out."""

    own: int
    whole: int
    small: int
    depth: int


class CallSizes(Generic[Key]):
    """How large functions become, callees added before callers; ``calls`` counts where they are.

    Each place of the file counts once, however often it runs.
    """

    def __init__(self) -> None:
        self._sizes: dict[Key, _Size] = {}
        self.calls = 0

    def __contains__(self, key: object) -> bool:
        return key in self._sizes

    def add(self, key: Key, own: int, called: Iterable[Key]) -> int:
        """Note a function with the functions that it calls, each as often; how deep its calls go.

        A function that calls none has depth 1.
        """
        whole = small = own
        depth = 0
        for each in called:
            self.calls += 1
            size = self._sizes[each]
            whole += size.whole
            small += size.small if size.small <= MAX_SMALL else 0
            depth = max(depth, size.depth)
        self._sizes[key] = _Size(own, whole, small, depth + 1)
        return depth + 1

    @property
    def allowed(self) -> int:
        """Operations that the calls of this file may be written out to."""
        return MAX_WRITTEN_OUT + MAX_GROWTH * sum(size.own for size in self._sizes.values())

    def list_called(self, entry: Key) -> list[Key]:
        """The functions that are called, not written out; callees first, the entry is none."""
        if self._sizes[entry].whole <= self.allowed:
            return []
        return [key for key, size in self._sizes.items() if size.small > MAX_SMALL and key != entry]
