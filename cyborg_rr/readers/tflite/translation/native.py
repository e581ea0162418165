"""One operation of a TFLite file as a rule sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.domain.graph.shapes import find_whole
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step


@dataclass(slots=True)
class NativeTfliteNode(NativeNode):
    """An operation with its options. ``place`` says where it stands in the file."""

    place: str

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for an operation that cannot be."""
        return UnreadableModel(f"{self.place}: {cause}")

    def result(self) -> TensorType:
        """The type that the file states for the first result."""
        return self.find_type(self.output(0)) or TensorType(None, None)

    def rank(self, index: int) -> int | None:
        """The rank of an input, where it is known."""
        shape = self.shape(index)
        return None if shape is None else len(shape)

    def whole(self, index: int) -> tuple[int, ...] | None:
        """Stored whole numbers of an input."""
        return find_whole(self.values(index))

    def stated(self, *names: str) -> dict[str, TensorType]:
        """Values between steps that have the type of the result."""
        return dict.fromkeys(names, self.result())

    def fitting(self) -> tuple[int, ...] | None:
        """The shape of the result with at most one open size, as -1."""
        shape = self.result().shape
        sizes = tuple(size if isinstance(size, int) else -1 for size in shape or ())
        return sizes if shape is not None and sizes.count(-1) < 2 else None


Rule = Callable[[NativeTfliteNode], list[Step]]
"""Translates one operation; the last step carries its name."""

_ACTIVATIONS: Final[Mapping[int, tuple[str, Mapping[str, AttributeValue]]]] = {
    1: ("relu", {}),
    2: ("clamp", {"minimum": -1.0, "maximum": 1.0}),
    3: ("clamp", {"minimum": 0.0, "maximum": 6.0}),
    4: ("tanh", {}),
    5: ("sign", {}),
}
"""ActivationFunctionType of schema.fbs; 0 is none."""


def fused(rule: Rule) -> Rule:
    """An operation that may have an activation behind it: a step of its own."""

    def with_activation(node: NativeTfliteNode) -> list[Step]:
        steps, code = rule(node), node.integer("fused", default=0)
        if code == 0 or steps[-1].operation == "unknown":
            return steps
        if code not in _ACTIVATIONS:
            raise node.refuse(f"activation {code} is not known")
        operation, attributes = _ACTIVATIONS[code]
        last, plain = steps[-1], node.fresh("linear")
        known = {**last.stated, **node.stated(plain)}
        before = replace(last, outputs=(plain, *last.outputs[1:]), stated=known)
        return [*steps[:-1], before, Step(operation, (plain,), last.outputs[:1], attributes)]

    return with_activation


def needing(rule: Rule, count: int) -> Rule:
    """A rule for nodes that have their first inputs; one that lacks any cannot be."""

    def checked(node: NativeTfliteNode) -> list[Step]:
        missing = next((place for place in range(count) if not node.input(place)), None)
        if missing is not None:
            raise node.refuse(f"it needs {count} operands and lacks number {missing}")
        return rule(node)

    return checked


def first(operation: str, count: int = 1, **constants: AttributeValue) -> Rule:
    """A function of the first inputs."""

    def rule(node: NativeTfliteNode) -> list[Step]:
        return [node.step(operation, node.inputs[:count], node.outputs[:1], **constants)]

    return needing(rule, count)
