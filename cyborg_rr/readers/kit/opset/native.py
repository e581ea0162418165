"""One operation of an opset as a rule sees it, whichever file it stands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import AttributeValue, Scalar, Shape, TensorType
from cyborg_rr.domain.graph.shapes import find_static, find_whole
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step


@dataclass(slots=True)
class OpsetNode(NativeNode):
    """An operation with the number of its opset. ``describe`` says where it stands in the file.

    ``constant`` stores numbers that a rule needs and gives their name.
    """

    describe: Callable[[], str]
    version: int
    constant: Callable[[tuple[Scalar, ...], str], str]

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for an operation that cannot be."""
        return UnreadableModel(f"{self.describe()}: {cause}")

    def read_type(self, value: object) -> str | None:
        """The element type that a word of the family means; None where it is not known."""
        raise NotImplementedError

    def typed(self, *names: str, default: str = "") -> str | None:
        """The element type that an attribute names."""
        return self.read_type(self.text(*names, default=default).lower())

    def result(self, index: int = 0) -> TensorType:
        """The type that the file states for a result."""
        name = self.output(index)
        return (self.find_type(name) if name else None) or TensorType(None, None)

    def rank(self, index: int) -> int | None:
        """The rank of an input, where it is known."""
        shape = self.shape(index)
        return None if shape is None else len(shape)

    def whole(self, index: int) -> tuple[int, ...] | None:
        """Stored whole numbers of an input."""
        return find_whole(self.values(index))

    def static(self, index: int) -> tuple[int, ...] | None:
        """The shape of an input, where all of it is known."""
        return find_static(self.shape(index))

    def one(self, index: int) -> int | None:
        """The one stored whole number of an input."""
        found = self.whole(index)
        return found[0] if found is not None and len(found) == 1 else None

    def stated(self, name: str, shape: Shape | None = None) -> dict[str, TensorType]:
        """A value between steps with the element type of the result."""
        return {name: TensorType(self.result().element_type, shape)}

    def has_input(self, index: int) -> bool:
        """Whether an input is there."""
        return bool(self.input(index))


Rule = Callable[[OpsetNode], list[Step]]
"""Translates one operation; the last step carries its name."""

UNKNOWN: Final = "unknown"


def unknown(node: OpsetNode) -> list[Step]:
    """An operation that has no canonical one."""
    return [node.step(UNKNOWN)]


def needing(count: int, rule: Rule) -> Rule:
    """A rule for nodes that have their first inputs; one that lacks any cannot be."""

    def checked(node: OpsetNode) -> list[Step]:
        inputs = node.inputs
        for place in range(count):
            if place >= len(inputs) or not inputs[place]:
                raise node.refuse(f"it needs {count} operands and lacks number {place}")
        if not node.output(0):
            raise node.refuse("it has no result")
        return rule(node)

    return checked


def first(operation: str, count: int = 1, /, **constants: AttributeValue) -> Rule:
    """A function of the first inputs."""

    def rule(node: OpsetNode) -> list[Step]:
        return [node.step(operation, node.inputs[:count], node.outputs[:1], **constants)]

    return needing(count, rule)


def chain(
    node: OpsetNode,
    found: list[tuple[str, tuple[str, ...], Mapping[str, AttributeValue]]],
) -> list[Step]:
    """Steps that each take what the one before yields in front of their other operands."""
    steps, source, last = [], node.input(0), len(found) - 1
    for place, (operation, others, attributes) in enumerate(found):
        target = node.output(0) if place == last else node.fresh(f"{operation}{place}")
        steps.append(Step(operation, (source, *others), (target,), attributes))
        source = target
    return steps
