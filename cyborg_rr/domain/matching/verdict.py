"""The answer for one device class, with all its reasons.

The fields of these records are the keys of the JSON document, in this order: a new field here, and
its value where ``judging`` makes the verdict, is all that a new key needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cyborg_rr.domain.documents import sparse
from cyborg_rr.domain.matching.certainty import INTERVAL_SHARE, Spread
from cyborg_rr.domain.words import Outcome, Term

FixKind = Literal[
    "runtime",
    "operation_set",
    "function",
    "devices_limit",
    "batch",
    "input",
    "element_type",
    "allow_fallback",
]


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
    low: int | None = field(default=None, metadata=sparse(since=1))
    high: int | None = field(default=None, metadata=sparse(since=1))
    """Between which the need lies in ``interval_share`` of all cases; left out while an item is
    missing."""

    cache: int = field(default=0, metadata=sparse(since=1))
    """What the sequences keep between their tokens, where no input or output of the graph holds
    it; left out where there is none. The sums count it in every version."""
    workspace: int = field(default=0, metadata=sparse(since=1))
    """What the libraries of the runtime keep for their kernels, whatever the model."""

    @property
    def spread(self) -> Spread:
        """The same, which is no interval at all while an item is missing."""
        known = self.known
        return Spread(known if self.low is None else self.low, known)

    @property
    def known(self) -> int:
        """The sum of all known items: what is sure to be needed at least."""
        sized = (self.parameters or 0) + (self.constants or 0) + (self.inputs or 0)
        made = (self.outputs or 0) + (self.activations or 0) + self.aliased + self.cache
        return sized + made + self.runtime_context + (self.margin or 0) + self.workspace


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """Seconds for one execution: an interval and the expected value."""

    low: float
    expected: float
    high: float
    at_least: bool = field(default=False, metadata=sparse(since=1))
    """Whether more time is needed than all of them say, for a part of the model that was not read;
    left out where they are of the whole."""
    at_most: bool = field(default=False, metadata=sparse(since=1))
    """Whether the last two are upper bounds, since data decide how much is done."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """The one reason that decides: its code, and the reason for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The smallest change that lets the model run on the device, and what is answered then.

    ``kind`` names a parameter of a match or of an analysis and ``values`` what to give it (all of
    an ``input``); an ``operation_set`` is what to export the model with, a ``function`` what to
    load on the device.
    """

    kind: FixKind
    values: tuple[str, ...]
    text: str
    verdict: Outcome
    changes: tuple[str, ...] = ()
    probability: float | None = field(default=None, metadata=sparse(since=1))
    """How likely the memory is enough then; left out where that is next to certain."""


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
    interval_share: float = field(default=INTERVAL_SHARE, metadata=sparse(since=1))
    """The share of executions that is to lie between low and high, of memory and of time."""
    probability: float | None = field(default=None, metadata=sparse(since=1))
    """How likely the memory is enough, on as many devices as are needed; left out where that is
    next to certain, or where data decide."""
    binding_constraint: Constraint | None = field(default=None, metadata=sparse(since=1))
    """What decides, where the model is not known to run; left out where it is."""
    nearest_fix: Fix | None = field(default=None, metadata=sparse(since=1))
    """Left out where the model runs, or no single change is known to make it run."""
    nearest_device: str | None = field(default=None, metadata=sparse(since=1))
    """The device class closest to this one that runs the model as it is; left out where this one
    does, or none does."""
