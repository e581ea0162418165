"""One node of an exported program as a rule sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import AttributeValue, Scalar, Shape, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.dialects.aten.arguments import Arguments, Symbol
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step


@dataclass(slots=True)
class NativeTorchNode(NativeNode):
    """A node with its arguments by the names of the operation's schema.

    ``inputs`` are all tensors that it reads, in order. ``constant`` gives the name of a stored
    number: what PyTorch writes into a call is an operand of canonical operations.
    """

    arguments: Arguments
    constant: Callable[[Scalar, str], str]

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for a node that cannot be."""
        return UnreadableModel(f"node {quote(self.label)} ({self.operation}): {cause}")

    # ---- arguments

    def tensor(self, *names: str) -> str:
        """Name of a tensor argument, empty where it is left out."""
        for name in names:
            found = self.arguments.tensors.get(name)
            if found:
                return found[0]
        return ""

    def tensors(self, name: str) -> tuple[str, ...]:
        """Names of a list of tensors."""
        return self.arguments.tensors.get(name, ())

    def type_of(self, name: str) -> TensorType:
        """The type of a value; what is not stated is open."""
        return (self.find_type(name) if name else None) or TensorType(None, None)

    def rank(self, name: str) -> int:
        """The rank of a tensor argument; a node that lacks it cannot be."""
        shape = self.type_of(self.tensor(name)).shape
        if shape is None:
            raise self.refuse(f"the shape of '{name}' is not stated")
        return len(shape)

    def result_shape(self) -> Shape | None:
        """The shape of the first result."""
        return self.type_of(self.output(0)).shape

    def operand(self, name: str, element_type: str | None = None) -> str:
        """An argument that is a tensor or a number as a value: a number is stored."""
        if name in self.arguments.tensors:
            return self.tensor(name)
        value = self.attribute(name)
        if isinstance(value, Symbol):
            return value.name
        if isinstance(value, bool | int | float):
            return self.constant(value, element_type or self._scalar_type(value))
        return ""

    def _scalar_type(self, value: Scalar) -> str:
        """What a number is computed in: as its tensors, unless they are whole and it is not."""
        for name in (*self.inputs, *self.outputs):
            known = self.type_of(name).element_type
            if known is not None and (known[0] in "fbc" or not isinstance(value, float)):
                return known
        return "f32" if isinstance(value, float) else "i64"

    def operands(self, count: int) -> tuple[str, ...]:
        """The first arguments as values, whatever their names; a node that lacks one cannot be."""
        found = tuple(self.operand(name) for name in self.arguments.order[:count])
        if len(found) != count or not all(found):
            raise self.refuse(f"it needs {count} operands")
        return found

    def axis(self, name: str, default: int | None = None) -> int | None:
        """A dimension that may be left out."""
        value = self.attribute(name)
        return default if value is None else self.integer(name, default=0)

    def sizes(self, name: str, count: int, default: int | None = None) -> tuple[int, ...]:
        """So many numbers, one alone meant for each; none where ``default`` says what they are."""
        value = self.attribute(name)
        if isinstance(value, int):
            return (value,) * count
        if not value and default is not None:
            return (default,) * count
        found = self.integers(name) or ()
        if len(found) == 1:
            return found * count
        if len(found) != count:
            raise self.refuse(f"'{name}' has {len(found)} numbers and not {count}")
        return found

    # ---- results

    def stated(self, *names: str) -> dict[str, TensorType]:
        """Values between steps that have the type of the result."""
        return dict.fromkeys(names, self.type_of(self.output(0)))

    def element_only(self, name: str) -> dict[str, TensorType]:
        """A value between steps of which only the element type is that of the result."""
        return {name: TensorType(self.type_of(self.output(0)).element_type, None)}

    def static_result(self) -> dict[str, AttributeValue]:
        """The attribute ``shape`` of the result: at most one open size, as -1; else nothing."""
        shape = self.result_shape()
        if shape is None:
            return {}
        sizes = tuple(size if isinstance(size, int) else -1 for size in shape)
        return {"shape": sizes} if sizes.count(-1) < 2 else {}


Rule = Callable[[NativeTorchNode], list[Step]]
"""Translates one operation; no steps at all for one that does nothing."""
