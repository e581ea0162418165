"""What measurements say of a device class: rates, starts and memory, with spread and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.representation.measured.operators import Term


@dataclass(frozen=True, slots=True)
class MeasuredRate:
    """What kernels of a kind in one rate take: ``start_seconds`` and their work by ``per_second``.

    ``per_second`` counts operations where ``term`` is compute, and bytes where it is bandwidth.
    ``spread`` is by which share of the fitted time four of five operators stay within.
    """

    kind: str
    rate: str
    term: Term
    per_second: float
    start_seconds: float
    spread: float
    operators: int
    channels_last: bool = False


@dataclass(frozen=True, slots=True)
class MeasuredRuntime:
    """What one runtime was seen to do on devices of one class.

    ``operators`` counts the times that it follows from, of which ``left_out`` fit to no others.
    """

    runtime: str
    software: tuple[str, ...]
    measured_on: str
    operators: int
    left_out: int
    spread: float
    rates: tuple[MeasuredRate, ...]
    launch_seconds: float | None = None
    context_bytes: int | None = None

    def find_rate(
        self, kind: str, rate: str, term: Term, *, channels_last: bool = False
    ) -> MeasuredRate | None:
        """What such kernels take; None where none was measured."""
        found = [
            each for each in self.rates if (each.kind, each.rate, each.term) == (kind, rate, term)
        ]
        return min(found, key=lambda each: each.channels_last != channels_last, default=None)

    def render_source(self) -> str:
        """Where figures come from that follow from this."""
        software = ", ".join(self.software)
        return (
            f"measured on devices of this class ({self.runtime}, {software}, {self.measured_on}):"
            f" {self.operators} operators, spread {self.spread:.0%}"
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """What all measured runtimes do on a device class; ``version`` names what it follows from."""

    version: str
    runtimes: Mapping[str, MeasuredRuntime] = field(default_factory=dict)

    def find(self, runtime: str) -> MeasuredRuntime | None:
        """Of the runtime of that name, or of that kind; None where none was measured."""
        return self.runtimes.get(runtime)
