"""What paths are searched with beside model and device: known coverage, and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cyborg_rr.domain.representation.coverage.calls import Call
from cyborg_rr.domain.representation.coverage.explaining import Cause, explain
from cyborg_rr.domain.representation.coverage.table import (
    CoverageTable,
    FindCoverage,
    Taken,
    find_no_coverage,
)

_Key = tuple[str, int, str | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """Where coverage tables are found, and whether a part of a model may run on the host.

    What only tries a change out never ``explains`` what is refused. Each table is asked once for
    each call and its cause, or once for each architecture if it matters. Calls, and lists of them,
    must live as long as this does.
    """

    find_coverage: FindCoverage = find_no_coverage
    allow_fallback: bool = False
    explains: bool = True
    _listed: dict[_Key, Sequence[Taken]] = field(default_factory=dict, compare=False)
    _judged: dict[_Key, Taken] = field(default_factory=dict, compare=False)
    _explained: dict[_Key, Cause] = field(default_factory=dict, compare=False)

    def try_out(self) -> Terms:
        """The same without explanations, which knows what this one was answered."""
        return replace(self, explains=False)

    def judge(
        self, table: CoverageTable, calls: Sequence[Call], architecture: str | None
    ) -> Sequence[Taken]:
        """How each call is taken."""
        key = table.name, id(calls), architecture
        found = self._listed.get(key)
        if found is None:
            found = [self._judge(table, call, architecture) for call in calls]
            self._listed[key] = found
        return found

    def refuses(
        self, table: CoverageTable, calls: Sequence[Call], architecture: str | None
    ) -> bool:
        """Whether a trial need not look any further, since one of the calls is not taken."""
        if self.explains or (self.allow_fallback and table.otherwise == "host"):
            return False
        return any(self._judge(table, call, architecture).where == "otherwise" for call in calls)

    def _judge(self, table: CoverageTable, call: Call, architecture: str | None) -> Taken:
        for known in (None, architecture):
            found = self._judged.get((table.name, id(call), known))
            if found is not None:
                return found
        judged = table.judge(call, architecture)
        asks = table.asks_architecture(call)
        self._judged[table.name, id(call), architecture if asks else None] = judged
        return judged

    def explain(self, table: CoverageTable, call: Call, architecture: str | None) -> Cause:
        """Why no rule takes a call."""
        has_rules = bool(table.rules.find(call.dialect, call.operation))
        asks = not has_rules or table.asks_architecture(call)  # else other rules may have a say
        key = table.name, id(call), architecture if asks else None
        if key not in self._explained:
            self._explained[key] = explain(table, call, architecture)
        return self._explained[key]
