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
    Where ``otherwise`` is the host, so is what it reckons once from the file alone, but for what it
    leaves ``unfolded``, and what only reckons sizes and has no rule. Calls of functions of the file
    are held against it only where it has rules for such.
    """

    name: str
    release: str
    date: str
    source: str
    otherwise: Otherwise
    dialects: frozenset[str]
    rules: Rules
    host: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unfolded: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def judge(self, call: Call, architecture: str | None) -> Taken:
        """The first rule that holds decides; where what is open decides, it is not known."""
        if call.operation in self.host.get(call.dialect, ()) or self._folds(call):
            return Taken("by design")
        is_open = False
        if call.is_function and call.dialect not in self.dialects:
            return Taken("by design")
        for rule in self.rules.find(call.dialect, call.operation):
            answer = rule.ask(call, architecture)
            if answer and not is_open:
                return Taken("device", rule.limit)
            if answer:
                return Taken("device")
            is_open = is_open or answer is None
        if is_open or self.otherwise == "unknown":
            return Taken("unknown")
        if self.otherwise == "host" and call.outputs is None:
            return Taken("unknown")  # whether it is work at all
        return Taken("by design" if self._keeps(call) else "otherwise")

    def _folds(self, call: Call) -> bool:
        """Whether the tool reckons the call once, before it looks what runs where."""
        if self.otherwise != "host" or call.operation in self.unfolded.get(call.dialect, ()):
            return False
        results = call.results
        return bool(results) and all(operand.is_constant for operand in results)

    def _keeps(self, call: Call) -> bool:
        """Whether the call only reckons sizes, which hosts do."""
        results = call.results if self.otherwise == "host" else ()
        known = all(operand.is_constant or operand.is_shape for operand in results)
        return known and any(operand.is_shape for operand in results)

    def has(self, dialect: str, operation: str) -> bool:
        """Whether it takes, or may take, an operation called in some way."""
        if self.otherwise == "unknown" or operation in self.host.get(dialect, ()):
            return True
        return bool(self.rules.find(dialect, operation))

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
