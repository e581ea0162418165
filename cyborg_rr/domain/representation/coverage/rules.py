"""A rule of a coverage table: one way of calling an operation that the toolchain takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.graph.operands import Operand
from cyborg_rr.domain.representation.architectures import is_at_least
from cyborg_rr.domain.representation.coverage.answers import Answer, all_of
from cyborg_rr.domain.representation.coverage.calls import ANY_PLACE, Call
from cyborg_rr.domain.representation.coverage.conditions import Condition

Types = Mapping[str, frozenset[str]]
"""Element types by place of the operand."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Versions of the operation set, both inclusive; types by place; conditions; what is needed.

    ``limit`` says under which limit the toolchain takes it that no file shows.
    """

    since: int | None = None
    until: int | None = None
    inputs: Types = field(default_factory=dict)
    outputs: Types = field(default_factory=dict)
    where: tuple[Condition, ...] = ()
    arch: str = ""
    limit: str = ""

    def ask(self, call: Call, architecture: str | None) -> Answer:
        """Whether a call is taken so on a device of an architecture (None: not known)."""
        answers = self._ask_version(call.version), self.ask_types(call.inputs, call.outputs)
        if False in answers:
            return False
        return all_of((*answers, self._ask_rest(call, architecture)))

    def ask_types(
        self, inputs: tuple[Operand, ...] | None, outputs: tuple[Operand, ...] | None
    ) -> Answer:
        """Whether it is for operands of such types."""
        taken = _ask_types(self.inputs, inputs)
        return taken if taken is False else all_of((taken, _ask_types(self.outputs, outputs)))

    def ask_untyped(self, call: Call, architecture: str | None) -> Answer:
        """Whether a call would be taken so if all of its types were."""
        return all_of((self._ask_version(call.version), self._ask_rest(call, architecture)))

    def suits_version(self, version: int | None) -> bool:
        """Whether the version of the operation set may be one that it is for."""
        return self._ask_version(version) is not False

    def _ask_rest(self, call: Call, architecture: str | None) -> Answer:
        result = self._ask_architecture(architecture)
        for condition in self.where:
            if result is False:
                return False
            result = all_of((result, condition.ask(call)))
        return result

    def _ask_version(self, version: int | None) -> Answer:
        if self.since is None and self.until is None:
            return True
        if version is None:
            return None
        return (self.since or 0) <= version and (self.until is None or version <= self.until)

    def _ask_architecture(self, architecture: str | None) -> Answer:
        if not self.arch:
            return True
        return None if architecture is None else is_at_least(architecture, self.arch)


def _ask_types(wanted: Types, operands: tuple[Operand, ...] | None) -> Answer:
    """Whether all operands are of types that are taken; those that are left out are."""
    if not wanted:
        return True
    if operands is None:
        return None
    result: Answer = True
    for place, operand in enumerate(operands):
        taken = wanted.get(str(place)) or wanted.get(ANY_PLACE)
        if taken is None or not operand.is_present:
            continue
        if operand.element_type is None:
            result = None
        elif operand.element_type not in taken:
            return False
    return result
