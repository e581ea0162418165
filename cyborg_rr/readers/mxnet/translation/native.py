"""One node of a symbol as a rule sees it: attributes are texts that print values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import AttributeValue, Scalar, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mxnet.element_types import find_element_type_of
from cyborg_rr.readers.mxnet.scope import Scope

_TRUTHS = {"true": True, "false": False}


@dataclass(slots=True)
class NativeMxnetNode(NativeNode):
    """A node whose ``attributes`` are values; ``None`` as a value stands for an absent one."""

    scope: Scope
    _made: int = field(default=0, init=False)

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for a node that cannot be."""
        return UnreadableModel(f"node {quote(self.label)} ({quote(self.operation)}): {cause}")

    def flag(self, *names: str, default: bool = False) -> bool:
        """A truth value: a word in any case, or a number."""
        value = self.attribute(*names)
        if isinstance(value, str) and value.lower() in _TRUTHS:
            return _TRUTHS[value.lower()]
        return self.integer(*names, default=default) != 0

    def integers(self, *names: str) -> tuple[int, ...] | None:
        """A list of whole numbers; one alone is a list of it."""
        value = self.attribute(*names)
        if isinstance(value, int):
            return (value,)
        return NativeNode.integers(self, *names)

    def text(self, *names: str, default: str = "") -> str:
        """A text, also where it looks like another value."""
        value = self.attribute(*names)
        return default if value is None else value if isinstance(value, str) else repr(value)

    def items(self, *names: str) -> tuple[object, ...]:
        """A list of values of any kind, ``None`` among them; empty where it is left out."""
        value = self.attribute(*names)
        if value is None:
            return ()
        return value if isinstance(value, tuple) else (value,)

    def demand_integer(self, name: str) -> int:
        """A whole number that the operation cannot do without."""
        if self.attribute(name) is None:
            raise self.refuse(f"attribute '{name}' is missing")
        return self.integer(name, default=0)

    def demand_integers(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers that the operation cannot do without."""
        found = self.integers(name)
        if not found:
            raise self.refuse(f"attribute '{name}' is missing")
        return found

    def element_type_of(self, name: str = "dtype") -> str | None:
        """The element type that an attribute names; None where it names none."""
        return find_element_type_of(self.text(name))

    def constant(self, values: Sequence[Scalar] | Scalar, element_type: str = "i64") -> str:
        """A stored number, or a vector of numbers."""
        return self.scope.constant(values, element_type)

    def new(self, word: str) -> str:
        """A name for one more value between the steps."""
        self._made += 1
        return self.scope.name(f"{self.fresh(word)}{self._made}")


Rule = Callable[[NativeMxnetNode], list[Step]]
"""Translates one MXNet operation; the last step carries the node's name."""


class Chain:
    """Steps that follow one another: ``put`` gives the name of what a step yields."""

    def __init__(self, node: NativeMxnetNode) -> None:
        self._node = node
        self.steps: list[Step] = []

    def put(self, operation: str, *inputs: str, **attributes: AttributeValue | None) -> str:
        """A step with one new result."""
        result = self._node.new(operation)
        self.steps.append(self._node.step(operation, inputs, (result,), **attributes))
        return result

    def end(
        self, operation: str, *inputs: str, place: int = 0, **attributes: AttributeValue | None
    ) -> list[Step]:
        """The step that yields a result of the node."""
        outputs = (self._node.output(place),)
        self.steps.append(self._node.step(operation, inputs, outputs, **attributes))
        return self.steps


def with_ranges(node: NativeMxnetNode, steps: list[Step]) -> list[Step]:
    """The steps before which the least and largest number of a quantised result are made."""
    ranges = [
        node.step("identity", (node.constant(0.0, "f32"),), (name,)) for name in node.outputs[1:3]
    ]
    return [*ranges, *steps]


def state(node: NativeMxnetNode, element_type: str | None, shape: tuple[int, ...]) -> list[Step]:
    """An operation without a canonical one whose result is known by its attributes."""
    return [node.step("unknown", None, None, {node.output(0): TensorType(element_type, shape)})]
