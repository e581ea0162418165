"""The conditions that a rule may put: a closed list, each a question to one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never, get_args

from cyborg_rr.domain.representation.coverage.answers import Answer
from cyborg_rr.domain.representation.coverage.calls import Call

Comparison = Literal["is", "in", "not in", "at most", "at least"]
COMPARISONS: tuple[Comparison, ...] = get_args(Comparison)

Standing = Literal["constant", "computed", "given", "absent", "present"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
"""What may be asked of an operand as such: it follows from the file, it does not and is known only
once the model runs, the file does not store it, it is left out, it is there."""


@dataclass(frozen=True, slots=True)
class AttributeIs:
    """How the value of an attribute compares; ``default`` is what it is where it is left out.

    An attribute that is left out and has no default is like no value and within no bounds.
    """

    name: str
    comparison: Comparison
    value: object
    default: object = None

    def ask(self, call: Call) -> Answer:
        """Whether it holds for a call."""
        if call.attributes is None:
            return None
        if self.name in call.attributes:
            value = call.attributes[self.name]
            return None if value is None else compare(value, self.comparison, self.value)
        if self.default is None:
            return self.comparison == "not in"
        return compare(self.default, self.comparison, self.value)


@dataclass(frozen=True, slots=True)
class AttributeAbsent:
    """The call leaves the attribute out."""

    name: str

    def ask(self, call: Call) -> Answer:
        """Whether it holds for a call."""
        return None if call.attributes is None else self.name not in call.attributes


@dataclass(frozen=True, slots=True)
class AttributeSymmetric:
    """The second half of a list is as the first, as of equal padding, or it is left out."""

    name: str

    def ask(self, call: Call) -> Answer:
        """Whether it holds for a call."""
        if call.attributes is None:
            return None
        value = call.attributes.get(self.name, ())
        if not isinstance(value, list | tuple):
            return None
        half = len(value) // 2
        return list(value[:half]) == list(value[half:])


@dataclass(frozen=True, slots=True)
class OperandIs:
    """An operand follows from the file alone (or is left out) or not, is left out, or is there.

    What follows from sizes does so too: a model is compiled for those that it was analysed at.
    """

    place: str
    standing: Standing

    def ask(self, call: Call) -> Answer:
        """Whether it holds for a call."""
        operand = call.find(self.place)
        if operand is None:
            return None
        if self.standing == "constant" or self.standing == "computed":  # for the check of types
            is_constant = operand.is_constant or operand.is_shape or not operand.is_present
            return is_constant == (self.standing == "constant")
        if self.standing == "given":
            return not operand.is_constant or not operand.is_present
        if self.standing == "absent":
            return not operand.is_present
        if self.standing == "present":
            return operand.is_present
        assert_never(self.standing)


@dataclass(frozen=True, slots=True)
class RankIs:
    """How the rank of an operand compares; one that is left out has every rank."""

    place: str
    comparison: Comparison
    value: object

    def ask(self, call: Call) -> Answer:
        """Whether it holds for a call."""
        operand = call.find(self.place)
        if operand is None:
            return None
        if not operand.is_present:
            return True
        return None if operand.rank is None else compare(operand.rank, self.comparison, self.value)


@dataclass(frozen=True, slots=True)
class Unstated:
    """Nobody says whether the tool takes it: the tool reads such a call, and no more is known."""

    def ask(self, call: Call) -> Answer:
        """Never known."""
        return None


Condition = AttributeIs | AttributeAbsent | AttributeSymmetric | OperandIs | RankIs | Unstated


def compare(value: object, comparison: Comparison, wanted: object) -> bool:
    """Hold a value against a wanted one, or against a list of such; what differs in kind fails."""
    if comparison == "is":
        return value == wanted
    if comparison == "in" or comparison == "not in":  # for the check of types
        found = isinstance(wanted, Sequence) and value in wanted
        return found == (comparison == "in")
    if not isinstance(value, int | float) or not isinstance(wanted, int | float):
        return False
    if comparison == "at most":
        return value <= wanted
    if comparison == "at least":
        return value >= wanted
    assert_never(comparison)
