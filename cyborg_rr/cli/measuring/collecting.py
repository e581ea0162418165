"""From what the measuring program says to a measurement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Final

from cyborg_rr.cli.measuring.protocol import (
    Hello,
    MeasuringFailed,
    MemorySaid,
    ModelSaid,
    OperatorSaid,
    RefusedSaid,
    Said,
    SkippedSaid,
)
from cyborg_rr.cli.measuring.running import Request, explain_skipped
from cyborg_rr.domain.representation.measured.checking import MAX_SPREAD
from cyborg_rr.domain.representation.measured.measurement import MemoryFacts, OperatorTime

_LEAST_SAMPLES: Final = 2
"""Of which quartiles can be told."""


@dataclass(slots=True)
class Collected:
    """What was heard of one run; ``left_out`` says of what was not taken why."""

    hello: Hello | None = None
    operators: list[OperatorTime] = field(default_factory=list)
    model: ModelSaid | None = None
    memory: MemoryFacts = field(default_factory=MemoryFacts)
    left_out: list[str] = field(default_factory=list)
    refused: str | None = None


def collect(request: Request, lines: Iterable[Said]) -> Collected:
    """All that is said; ``MeasuringFailed`` where the order or a number is wrong."""
    found = Collected()
    seen: set[int] = set()
    for said in lines:
        if isinstance(said, Hello | RefusedSaid) == (found.hello is not None):
            raise MeasuringFailed("the measuring program did not say first, and once, who it is")
        _take(found, said, request, seen)
    return found


def _take(found: Collected, said: Said, request: Request, seen: set[int]) -> None:
    if isinstance(said, Hello):
        found.hello = said
    elif isinstance(said, RefusedSaid):
        found.refused = said.why
    elif isinstance(said, OperatorSaid):
        _mark(said.index, request, seen)
        _add(found, said, request)
    elif isinstance(said, SkippedSaid):
        if said.index is not None:
            _mark(said.index, request, seen)
        found.left_out.append(explain_skipped(said, request))
    elif isinstance(said, ModelSaid):
        found.model = said
    elif isinstance(said, MemorySaid):
        found.memory = MemoryFacts(said.context_bytes, said.loaded_bytes)


def _mark(index: int, request: Request, seen: set[int]) -> None:
    if index >= len(request.operators) or index in seen:
        raise MeasuringFailed(f"the measuring program answered number {index}, which was not open")
    seen.add(index)


def _add(found: Collected, said: OperatorSaid, request: Request) -> None:
    """Times that vary too much are left out: a measurement with one of them is refused."""
    operator = request.operators[said.index]
    seconds, spread = summarise(said.seconds)
    if spread > MAX_SPREAD:
        found.left_out.append(f"{operator.render()}: its samples spread by {spread:.0%}")
        return
    found.operators.append(OperatorTime(operator, seconds, spread, len(said.seconds)))


def summarise(samples: tuple[float, ...]) -> tuple[float, float]:
    """The median, and half of the distance between the quartiles as a share of it."""
    middle = median(samples)
    if len(samples) < _LEAST_SAMPLES:
        return middle, 0.0
    low, _, high = quantiles(samples, n=4, method="inclusive")
    return middle, round((high - low) / 2 / middle, 4)
