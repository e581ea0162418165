"""How sure the memory of an estimate is: one distribution, of which all that is said follows.

The need is taken to be normal. Its total, which counts a margin, is the 90 % quantile, and the 10 %
quantile stands one and a half margins below: with models and batches on an H100 whose least memory
was found by bisection, 16 of 18 needed no more than the total. Where the runtime may spare
something, the low end is that of what is needed then.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

INTERVAL_SHARE: Final = 0.8
"""The share of executions that are to lie within the stated intervals, of memory and of time."""

LOW_MARGINS: Final = 1.5
"""So many margins lie between the two ends of the interval of memory."""

SURE: Final = 0.995
"""From here on, and from as little on at the other end, nobody is told a probability."""

_QUANTILE: Final = NormalDist().inv_cdf((1 + INTERVAL_SHARE) / 2)


@dataclass(frozen=True, slots=True)
class Spread:
    """Bytes between which the need lies in ``INTERVAL_SHARE`` of all cases."""

    low: int
    high: int

    def find_probability(self, usable: int) -> float:
        """How likely it is that so many bytes are enough."""
        if self.low >= self.high:
            return 1.0 if usable >= self.high else 0.0
        middle = (self.low + self.high) / 2
        return NormalDist(middle, (self.high - middle) / _QUANTILE).cdf(usable)


def is_doubtful(probability: float) -> bool:
    """Whether it is worth saying."""
    return 1 - SURE < probability < SURE


def render_likely(probability: float) -> str:
    """For people, in whole per cent, of which none claims to be sure."""
    return f"{min(max(round(100 * probability), 1), 99)} % likely"
