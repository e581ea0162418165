"""The answer for one device class, with all its reasons."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Outcome = Literal["fits", "fits if", "unknown", "does not fit"]
Term = Literal["compute", "bandwidth", "launch", "link", "memory"]

RANK: tuple[Outcome, ...] = ("fits", "fits if", "unknown", "does not fit")
"""Outcomes from the best to the worst."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a device is out, or under which change or missing fact it is in.

    ``fix`` is the nearest thing that would remove the refusal.
    """

    code: str
    text: str
    outcome: Outcome
    fix: str = ""
    change: str | None = None

    def render(self) -> str:
        """One line for people."""
        return f"{self.text} (nearest fix: {self.fix})" if self.fix else self.text


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes that one execution takes on one device, item by item; None where not known.

    ``total`` is None while an item is missing; ``known`` is what is sure to be needed at least.
    ``usable_per_device`` is what every device of the class has: what one needs depends on the
    model and the runtime alone. ``aliased`` is zero or negative: outputs in donated memory.
    """

    parameters: int | None
    constants: int | None
    inputs: int | None
    outputs: int | None
    activations: int | None
    runtime_context: int
    margin: int | None
    usable_per_device: int | None
    aliased: int = 0

    @property
    def known(self) -> int:
        """The sum of all known items."""
        items = (
            self.parameters, self.constants, self.inputs, self.outputs, self.activations,
            self.runtime_context, self.margin, self.aliased,
        )  # fmt: skip
        return sum(item or 0 for item in items)

    @property
    def total(self) -> int | None:
        """The sum, None while an item is not known."""
        items = (self.parameters, self.constants, self.inputs, self.outputs, self.activations)
        return None if None in items or self.margin is None else self.known

    def to_document(self) -> dict[str, int | None]:
        """The items by name."""
        document: dict[str, int | None] = asdict(self)
        usable = document.pop("usable_per_device")
        return {**document, "total": self.total, "usable_per_device": usable}


@dataclass(frozen=True, slots=True)
class TimeEstimate:
    """Seconds for one execution: an interval, the expected value and what binds it."""

    low: float
    expected: float
    high: float
    binding_term: Term


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is answered for one device class."""

    device_class: str
    verdict: Outcome
    changes: tuple[str, ...]
    devices_needed: int | None
    memory: MemoryNeed
    time: TimeEstimate | None
    compile_path: tuple[dict[str, str], ...]
    reasons: tuple[str, ...]
    assumptions: tuple[str, ...]
    available: int | None = None
    refusals: tuple[Refusal, ...] = field(default=(), compare=False)

    def to_document(self) -> dict[str, Any]:
        """The JSON document; figures are rounded so that equal input gives equal bytes."""
        time = self.time
        return {
            "device_class": self.device_class,
            "verdict": self.verdict,
            "changes": list(self.changes),
            "devices_needed": self.devices_needed,
            "memory_bytes": self.memory.to_document(),
            "time_seconds": None
            if time is None
            else {
                "low": _round(time.low),
                "expected": _round(time.expected),
                "high": _round(time.high),
            },
            "binding_term": None if time is None else time.binding_term,
            "compile_path": [dict(step) for step in self.compile_path],
            "reasons": list(self.reasons),
            "assumptions": list(self.assumptions),
            "available": self.available,
        }


def _round(seconds: float) -> float:
    """Four significant digits: more would claim what an estimate does not know."""
    return float(f"{seconds:.4g}")
