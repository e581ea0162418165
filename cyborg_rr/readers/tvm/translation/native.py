"""A node of TVM's graph IRs as a rule of its translation sees it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dimension, Scalar, Shape, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tvm.program import Plain, Sizes, Written
from cyborg_rr.readers.tvm.written.types import find_element

Argument = tuple[str, ...] | Sizes | Written
"""An operand as it was written: the tensors of a value, a shape, or a plain value."""


@dataclass(slots=True)
class NativeTvmNode(NativeNode):
    """Its inputs are the tensors of all operands in order; ``arguments`` are the operands."""

    arguments: tuple[Argument, ...]
    keep: Callable[[tuple[Scalar, ...], str, bool], str]

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for a node that cannot be."""
        return UnreadableModel(f"node {quote(self.label)} ({quote(self.operation)}): {cause}")

    def group(self, index: int) -> tuple[str, ...]:
        """The tensors of one operand; none where it is left out or no tensor."""
        found = self.arguments[index] if index < len(self.arguments) else ()
        return found if isinstance(found, tuple) else ()

    def operand(self, index: int) -> str:
        """The one tensor of an operand; empty where there is none."""
        names = self.group(index)
        return names[0] if names else ""

    def operands(self, *indices: int) -> tuple[str, ...]:
        """The tensors of some operands, without the empty ones at the end."""
        names = [self.operand(index) for index in indices]
        while names and not names[-1]:
            names.pop()
        return tuple(names)

    def plain(self, name: str, index: int) -> Plain | tuple[Dimension, ...]:
        """What is stated under a name, or by the operand of that place; None for neither."""
        if self.attributes.get(name) is not None:
            found: Plain = self.attributes[name]  # type: ignore[assignment]
            return found
        operand = self.arguments[index] if index < len(self.arguments) else ()
        if isinstance(operand, Sizes):
            return operand.sizes
        return operand.value if isinstance(operand, Written) else None

    def whole(self, name: str, index: int) -> tuple[int, ...] | None:
        """Whole numbers under a name, as an operand, or stored as one; None for anything else."""
        found: object = self.plain(name, index)
        if found is None and self.operand(index):
            stored = self.find_stored(self.operand(index))
            found = None if stored is None else stored.values
        if type(found) is int:
            return (found,)
        if not isinstance(found, tuple):
            return None
        numbers = tuple(each for each in found if type(each) is int)
        return numbers if len(numbers) == len(found) else None

    def one(self, name: str, index: int) -> int | None:
        """A whole number, as ``whole`` finds it."""
        found = self.whole(name, index)
        return found[0] if found and len(found) == 1 else None

    def one_number(self, name: str, index: int) -> float | None:
        """A number under a name, as an operand, or stored as one; None for anything else."""
        found: object = self.plain(name, index)
        if isinstance(found, tuple) and len(found) == 1:
            found = found[0]
        if found is None and self.operand(index):
            stored = self.find_stored(self.operand(index))
            values = None if stored is None else stored.values
            found = values[0] if values and len(values) == 1 else None
        is_number = isinstance(found, int | float) and math.isfinite(found)
        return found if is_number else None  # type: ignore[return-value]

    def element(self, name: str = "dtype", index: int = 99) -> str | None:
        """The element type that is stated; None where none is, or ``same``."""
        found = self.plain(name, index)
        return find_element(found) if isinstance(found, str) else None

    def axes(self, name: str = "axis", index: int = 99) -> tuple[int, ...] | None:
        """Dimensions, one or several; None where all are meant."""
        return self.whole(name, index)

    def shape_of(self, index: int) -> Shape | None:
        """The shape of an operand where the file states it."""
        known = self.find_type(self.operand(index)) if self.operand(index) else None
        return None if known is None else known.shape

    def rank(self, index: int) -> int | None:
        """The rank of an operand where the file states it."""
        shape = self.shape_of(index)
        return None if shape is None else len(shape)

    def constant(self, values: tuple[Scalar, ...] | Scalar, element: str) -> str:
        """The name of a stored number or list of numbers; equal ones are stored once."""
        if isinstance(values, tuple):
            return self.keep(values, element, False)
        return self.keep((values,), element, True)

    def result(self) -> TensorType:
        """The type of the first result as far as the file states it."""
        return self.find_type(self.output(0)) or TensorType(None, None)

    def result_shape(self) -> tuple[int, ...] | None:
        """The shape of the first result where it is stated and known."""
        shape = self.result().shape
        if shape is None:
            return None
        sizes = tuple(each for each in shape if isinstance(each, int))
        return sizes if len(sizes) == len(shape) else None


Rule = Callable[[NativeTvmNode], list[Step]]
"""Translates one operation; the last step carries its name."""


def as_unknown(node: NativeTvmNode) -> list[Step]:
    """An operation that has no canonical one, or is asked for in a way that has none."""
    return [node.step("unknown")]
