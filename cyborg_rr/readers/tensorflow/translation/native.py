"""One node of a TensorFlow graph as a rule sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import AttributeValue, Dimension, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote, shorten
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tensorflow.values import TypeWord


class Known(Protocol):
    """What a block in the making knows beside types: see ``Scope``."""

    sizes: dict[str, tuple[int | None, ...]]
    channels: dict[str, Dimension]

    def pass_on(self, name: str, source: str) -> None:
        """Note that a value is another one."""
        ...

    def mark(self, name: str) -> None:
        """Call a stored tensor a parameter."""
        ...

    def hold(self, name: str, tensor: StoredTensor) -> None:
        """Store a tensor under a name of its own."""
        ...

    def constant(self, values: tuple[int, ...], element_type: str, name: str) -> str:
        """Store a row of numbers under a name that begins so."""
        ...


@dataclass(slots=True)
class NativeTensorflowNode(NativeNode):
    """A node with what its block knows."""

    known: Known

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for a node that cannot be."""
        return UnreadableModel(f"node {quote(self.label)} ({shorten(self.operation)}): {cause}")

    def whole(self, index: int) -> tuple[int, ...] | None:
        """Whole numbers of an input that are stored, or follow from stored ones."""
        values = self.values(index)
        if values is not None:
            return tuple(int(value) for value in values)
        sizes = self.known.sizes.get(self.input(index))
        known = tuple(size for size in sizes or () if size is not None)
        return known if sizes is not None and len(known) == len(sizes) else None

    def lone(self, index: int) -> int | None:
        """The one stored whole number of an input."""
        values = self.whole(index)
        return values[0] if values is not None and len(values) == 1 else None

    def element(self, *names: str) -> str | None:
        """The element type that an attribute names."""
        word = self.attribute(*names)
        return word.element_type if isinstance(word, TypeWord) else None

    def typed(self, *names: str) -> dict[str, TensorType]:
        """Values between steps, of which the type of the elements is that of ``T``."""
        return dict.fromkeys(names, TensorType(self.element("T"), None))

    def channels(self, index: int) -> Dimension | None:
        """How many channels an input has, where something said so."""
        return self.known.channels.get(self.input(index))

    def note_channels(self, channels: Dimension | None) -> None:
        """Say how many channels the first result has."""
        if channels is not None and self.output(0):
            self.known.channels[self.output(0)] = channels

    def is_channels_first(self) -> bool:
        """Whether channels stand behind the batch and not last."""
        layout = self.text("data_format", default="NHWC")
        if layout not in ("NHWC", "NCHW", "NDHWC", "NCDHW", "NWC", "NCW"):
            raise self.refuse(f"data format {quote(layout)} is not known")
        return layout[1] == "C"


Rule = Callable[[NativeTensorflowNode], list[Step]]
"""Translates one operation; the last step carries its name."""

_PASSING: Final = frozenset({"identity", "relu", "clamp", "sigmoid", "tanh", "elu", "leaky_relu",
                             "add", "multiply", "subtract", "divide"})  # fmt: skip
"""Operations after which the channels are those of an operand."""


def needing(rule: Rule, count: int) -> Rule:
    """A rule for nodes that have their first inputs; one that lacks any cannot be."""

    def checked(node: NativeTensorflowNode) -> list[Step]:
        if len(node.inputs) < count:
            raise node.refuse(f"it needs {count} operands and has {len(node.inputs)}")
        return rule(node)

    return checked


def first(operation: str, count: int = 1, **constants: AttributeValue) -> Rule:
    """A function of the first inputs, with one result."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        if operation in _PASSING:
            pass_channels(node, count)
        return [node.step(operation, node.inputs[:count], node.outputs[:1], **constants)]

    return needing(rule, count)


def pass_channels(node: NativeTensorflowNode, count: int = 1) -> None:
    """The result has as many channels as the first operand that says how many it has."""
    known = (node.channels(index) for index in range(count))
    found = [each for each in known if each is not None]
    node.note_channels(next((each for each in found if each != 1), None))


def chain(node: NativeTensorflowNode, *steps: tuple[str, dict[str, AttributeValue]]) -> list[Step]:
    """Operations on the first operand, each on what the one before yields."""
    chained, source = [], node.input(0)
    for place, (operation, attributes) in enumerate(steps):
        last = place == len(steps) - 1
        target = node.output(0) if last else node.fresh(f"part{place}")
        stated = {} if last else {target: TensorType(None, None)}
        chained.append(Step(operation, (source,), (target,), attributes, stated))
        source = target
    return chained
