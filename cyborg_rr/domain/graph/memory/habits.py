"""What a runtime spares of the memory that values take as they stand in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Attending = Literal["none", "called", "all"]
"""Which attentions run as one kernel that stores no scores: none, those that the file calls as one
operation, or those that it spells out too."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a runtime runs a graph, as far as memory goes.

    With ``fuses`` chains of elementwise nodes run as one kernel, which writes over what it reads
    for the last time. With ``strided`` transposes, slices and repeats only show their operand, and
    a reshape of such a value copies it where its elements do not lie in the new order. Without
    ``attending`` attention takes what the values of the file take: of a single operation no scores.
    """

    fuses: bool = False
    strided: bool = False
    attending: Attending | None = None


AS_WRITTEN: Final = Habits()
"""Every value stored, but for those that no runtime stores."""
