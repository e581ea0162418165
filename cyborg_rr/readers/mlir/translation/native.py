"""One operation on tensors as a rule sees it, and makers of the rules that have nothing to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cyborg_rr.domain.graph.graph import AttributeValue, Scalar, TensorType
from cyborg_rr.domain.graph.shapes import find_whole
from cyborg_rr.readers.dialects.mlir.native import NativeModuleNode
from cyborg_rr.readers.kit.steps import Step


@dataclass(slots=True)
class NativeMlirNode(NativeModuleNode):
    """``inits`` are the destinations of linalg, empty for one whose elements do not matter.

    ``resolve`` gives the tensor that a name of the text stands for, empty for none; ``constant``
    stores numbers and gives their name.
    """

    inits: tuple[str, ...] = ()
    resolve: Callable[[str], str] = str
    constant: Callable[[tuple[Scalar, ...], TensorType], str] = lambda *_: ""

    @property
    def result(self) -> TensorType:
        """The type of the first result."""
        return self.result_types[0] if self.result_types else TensorType(None, None)

    def rank(self, index: int) -> int | None:
        """The rank of an input, where it is stated."""
        shape = self.shape(index)
        return None if shape is None else len(shape)

    def whole(self, index: int) -> tuple[int, ...] | None:
        """Stored whole numbers of an input."""
        return find_whole(self.values(index))

    def numbers_of(self, name: str, index: int) -> tuple[int, ...] | None:
        """Whole numbers that older forms have as an attribute and newer ones as an operand."""
        stated = self.integers(name)
        return self.whole(index) if stated is None else stated

    def between(self, word: str, shape: tuple[int | str, ...] | None) -> dict[str, TensorType]:
        """The type of a value between steps, with the element type of the result."""
        return {self.fresh(word): TensorType(self.result.element_type, shape)}


Rule = Callable[[NativeMlirNode], list[Step]]
"""Translates one operation; the last step carries its name."""


def unknown(node: NativeMlirNode) -> list[Step]:
    """An operation that has no canonical one."""
    return [node.step("unknown")]


def first(operation: str, count: int = 1, /, **constants: AttributeValue) -> Rule:
    """A function of the first inputs."""

    def rule(node: NativeMlirNode) -> list[Step]:
        return [node.step(operation, node.inputs[:count], **constants)]

    return rule


def table(rows: Mapping[str, str], count: int) -> dict[str, Rule]:
    """Rules for operations of so many inputs by the names of the canonical ones."""
    return {name: first(operation, count) for name, operation in rows.items()}


def to_result_type(operation: str) -> Rule:
    """A change of the element type into that of the result."""

    def rule(node: NativeMlirNode) -> list[Step]:
        return [node.step(operation, node.inputs[:1], **node.result_element_type())]

    return rule


def reshape(node: NativeMlirNode) -> list[Step]:
    """The same elements in the stated shape of the result: at most one size open."""
    sizes = reshape_sizes(node.result)
    if sizes is None:
        return unknown(node)
    return [node.step("reshape", node.inputs[:1], shape=sizes, allow_zero=True)]


def reshape_sizes(result: TensorType) -> tuple[int, ...] | None:
    """A shape as the attribute of a reshape; None where more than one size is open."""
    if result.shape is None:
        return None
    sizes = tuple(size if isinstance(size, int) else -1 for size in result.shape)
    return sizes if sizes.count(-1) < 2 else None
