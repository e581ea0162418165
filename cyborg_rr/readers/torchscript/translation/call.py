"""One call of an operation as a rule sees it: its arguments by place or by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.torchscript.drawing import Drawing
from cyborg_rr.readers.torchscript.values import UNKNOWN, Ref, Sequence, Value


class NoRule(Exception):
    """The call has a form that no rule translates; it counts as unknown."""


@dataclass(slots=True)
class Call:
    """``wanted`` is how many results the program takes apart; ``label`` where the call stands."""

    operation: str
    arguments: list[Value]
    named: Mapping[str, Value]
    label: str
    wanted: int
    drawing: Drawing
    steps: list[Step] = field(default_factory=list)

    # ---- arguments

    def get(self, place: int, name: str, default: Value = None) -> Value:
        """An argument."""
        if place < len(self.arguments):
            return self.arguments[place]
        return self.named.get(name, default)

    def tensor(self, place: int, name: str, default: Value = None) -> str:
        """The name of a value of the graph, a number stored as one; empty where it is None."""
        return self.name_of(self.get(place, name, default))

    def name_of(self, value: Value, like: str | None = None) -> str:
        """The name of a value of the graph; a number is stored in the element type of ``like``."""
        if isinstance(value, Ref):
            return value.name
        if isinstance(value, bool | int | float):
            known = self.drawing.elements.get(like or "")
            fits = known is not None and (known[0] in "fbc" or not isinstance(value, float))
            return self.drawing.constant(value, known if fits else None)
        if value is None:
            return ""
        raise NoRule

    def integer(self, place: int, name: str, default: int | None = None) -> int:
        """A whole number that is known."""
        value = self.get(place, name, default)
        if value is None and default is not None:
            return default
        if isinstance(value, int):
            return int(value)
        raise NoRule

    def number(self, place: int, name: str, default: float) -> float:
        """A number that is known."""
        value = self.get(place, name, default)
        if isinstance(value, int | float):
            return value
        raise NoRule

    def flag(self, place: int, name: str, default: bool = False) -> bool:
        """A truth value that is known."""
        value = self.get(place, name, default)
        if isinstance(value, bool):
            return value
        raise NoRule

    def parts(self, place: int, name: str) -> list[Value]:
        """A list."""
        value = self.get(place, name)
        if isinstance(value, Sequence):
            return value.parts
        raise NoRule

    def integers(self, place: int, name: str, count: int | None = None) -> tuple[int, ...]:
        """Whole numbers that are known; one alone is meant for each of ``count``."""
        value = self.get(place, name)
        parts = value.parts if isinstance(value, Sequence) else [value]
        found = tuple(int(part) for part in parts if isinstance(part, int))
        if len(found) != len(parts):
            raise NoRule
        if count is not None and len(found) == 1:
            found *= count
        if count is not None and len(found) != count:
            raise NoRule
        return found

    def rank(self, place: int, name: str) -> int:
        """The rank of a tensor argument."""
        found = self.drawing.rank(self.get(place, name))
        if found is None:
            raise NoRule
        return found

    # ---- results

    def step(
        self,
        operation: str,
        inputs: tuple[str, ...],
        rank: int | None = None,
        element: str | None = None,
        /,
        **attributes: AttributeValue | None,
    ) -> Ref:
        """A step with one result."""
        return self.steps_of(operation, inputs, 1, rank, element, **attributes)[0]

    def steps_of(
        self,
        operation: str,
        inputs: tuple[str, ...],
        count: int,
        rank: int | None = None,
        element: str | None = None,
        /,
        **attributes: AttributeValue | None,
    ) -> list[Ref]:
        """A step with several results, all of one rank and element type."""
        if "" in inputs:
            declared = REGISTRY[operation].operands
            if any(not n and not o.optional for n, o in zip(inputs, declared, strict=False)):
                raise NoRule
        results = [Ref(self.drawing.fresh(self.label)) for _ in range(count)]
        first = self.drawing.elements.get(inputs[0]) if inputs else None
        for result in results:
            self.drawing.know(result.name, rank, element or first)
        kept = {name: value for name, value in attributes.items() if value is not None}
        names = tuple([result.name for result in results])
        self.steps.append(Step(operation, inputs, names, kept))
        return results

    def sizes(self, values: list[Value]) -> str:
        """The name of a tensor that holds a list of sizes, some of them reckoned."""
        parts: list[str] = []
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | Ref):
                raise NoRule
            if isinstance(value, int):
                parts.append(self.drawing.constant((value,)))
            else:
                parts.append(self.step("reshape", (value.name,), 1, "i64", shape=(1,)).name)
        if not parts:
            raise NoRule
        return (
            parts[0] if len(parts) == 1 else self.step("concatenate", tuple(parts), 1, axis=0).name
        )

    def size(self, name: str, dimension: int) -> Ref:
        """One size of a tensor as a number of the graph."""
        if dimension == -1:
            told = self.step("shape_of", (name,), 1, "i64", start=dimension)
        else:
            told = self.step("shape_of", (name,), 1, "i64", start=dimension, end=dimension + 1)
        found = self.step("reshape", (told.name,), 0, "i64", shape=())
        return Ref(found.name, is_number=True)


Rule = Callable[[Call], Value]
"""Adds the steps of a call and gives its value."""


def unknown(call: Call) -> Value:
    """An operation that has no canonical one: whatever it reads, and as many results as taken."""
    names: list[str] = []
    for value in (*call.arguments, *call.named.values()):
        parts = value.parts if isinstance(value, Sequence) else [value]
        names += [part.name for part in parts if isinstance(part, Ref) and part.name]
    results = call.steps_of("unknown", tuple(names), max(call.wanted, 1), None, " ")
    for result in results:
        call.drawing.elements.pop(result.name, None)
    call.drawing.unknown[call.operation] += 1
    return Sequence(list(results), True) if call.wanted > 1 else results[0]


def give(results: list[Ref], wanted: int) -> Value:
    """Results as the program takes them."""
    if wanted > 1 and len(results) != wanted:
        return UNKNOWN
    return Sequence(list(results)) if len(results) > 1 or wanted > 1 else results[0]
