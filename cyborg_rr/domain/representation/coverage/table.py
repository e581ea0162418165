"""A coverage table, and what it says of one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, get_args

from cyborg_rr.domain.representation.coverage.calls import Call
from cyborg_rr.domain.representation.coverage.rules import Rule

Otherwise = Literal["host", "refused", "unknown"]
OTHERWISE: tuple[Otherwise, ...] = get_args(Otherwise)
"""What becomes of a call that no rule takes: it runs on the host's processor, or nothing does."""


class Taken(NamedTuple):
    """How a call is taken: on the device, by design on the host, otherwise, or not known how.

    ``limit`` belongs to a call that runs on the device.
    """

    where: Literal["device", "by design", "otherwise", "unknown"]
    limit: str = ""


class Rules(Protocol):
    """Rules by operation, made when they are asked for."""

    def find(self, dialect: str, operation: str) -> tuple[Rule, ...]:
        """The rules of an operation, in order; empty where the table has none."""
        ...


@dataclass(frozen=True, slots=True)
class CoverageTable:
    """What one release of a tool takes, by operation set and native operation.

    ``host`` names by operation set what the tool keeps on the host by design and which is no work.
    """

    name: str
    release: str
    date: str
    source: str
    otherwise: Otherwise
    dialects: frozenset[str]
    rules: Rules
    host: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def judge(self, call: Call, architecture: str | None) -> Taken:
        """The first rule that holds decides; where what is open decides, it is not known."""
        if call.operation in self.host.get(call.dialect, ()):
            return Taken("by design")
        is_open = False
        for rule in self.rules.find(call.dialect, call.operation):
            answer = rule.ask(call, architecture)
            if answer and not is_open:
                return Taken("device", rule.limit)
            if answer:
                return Taken("device")
            is_open = is_open or answer is None
        if is_open or self.otherwise == "unknown":
            return Taken("unknown")
        return Taken("otherwise")

    def asks_architecture(self, call: Call) -> bool:
        """Whether what it says of a call may depend on the architecture."""
        return any(rule.arch for rule in self.rules.find(call.dialect, call.operation))


class FindCoverage(Protocol):
    """Finds the table of a name, as the catalogue has it; None where it has none."""

    def __call__(self, name: str) -> CoverageTable | None:
        """The table of that name."""
        ...


def find_no_coverage(name: str) -> CoverageTable | None:
    """For whoever has no catalogue: every table is unknown."""
    return None
