"""Names of values that are each there once, whatever a file calls them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class UniqueNames:
    """The names that are taken in a whole model."""

    _taken: set[str] = field(default_factory=set)
    _count: int = 0

    def claim(self, name: str) -> str:
        """The name, or one like it where it is taken."""
        claimed = name
        while not claimed or claimed in self._taken:
            self._count += 1
            claimed = f"{name or 'value'}:{self._count}"
        self._taken.add(claimed)
        return claimed
