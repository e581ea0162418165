"""The answer for one device class, with all its reasons.

The fields of these records are the keys of the JSON document, in this order: a new field here, and
its value where ``judging`` makes the verdict, is all that a new key needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.documents import sparse
from cyborg_rr.domain.words import Outcome, Term


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes that one execution takes on one device, item by item; None where not known.

    ``total`` is None while an item is missing. ``usable_per_device`` is what every device of the
    class has: what one needs depends on the model and the runtime alone. ``aliased`` is zero or
    negative: outputs in donated memory.
    """

    parameters: int | None
    constants: int | None
    inputs: int | None
    outputs: int | None
    activations: int | None
    runtime_context: int
    margin: int | None
    aliased: int
    total: int | None
    usable_per_device: int | None
    least: int | None = field(default=None, metadata=sparse(since=1))
    """What is sure to be needed, where the items are the most that the file or its data allow; left
    out where they are exact."""

    @property
    def known(self) -> int:
        """The sum of all known items: what is sure to be needed at least."""
        items = (
            self.parameters, self.constants, self.inputs, self.outputs, self.activations,
            self.runtime_context, self.margin, self.aliased,
        )  # fmt: skip
        return sum(item or 0 for item in items)


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """Seconds for one execution: an interval and the expected value."""

    low: float
    expected: float
    high: float
    at_least: bool = field(default=False, metadata=sparse(since=1))
    """Whether more time is needed than all of them say, for a part of the model that was not read;
    left out where they are of the whole."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is answered for one device class.

    ``time_seconds`` is rounded, so that equal input gives equal bytes; ``binding_term`` is what
    takes the largest part of it. ``compile_path`` names toolchains with what each takes and yields.
    """

    device_class: str
    verdict: Outcome
    changes: tuple[str, ...]
    devices_needed: int | None
    memory_bytes: MemoryNeed
    time_seconds: TimeInterval | None
    binding_term: Term | None
    compile_path: tuple[Mapping[str, str], ...]
    reasons: tuple[str, ...]
    assumptions: tuple[str, ...]
    available: int | None = None
