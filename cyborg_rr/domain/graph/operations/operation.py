"""What an operation is to the analysis: a shape rule, a cost rule and how it behaves in a kernel.

Each family module of this package ends in ``OPERATIONS``; adding an operation is one entry there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cyborg_rr.domain.graph.graph import (
    Attribute,
    Dimension,
    Node,
    Scalar,
    Shape,
    TensorType,
)
from cyborg_rr.domain.graph.shapes import UNKNOWN, Contradiction, normalise_axis
from cyborg_rr.domain.words import WorkKind

Element = Scalar | str
"""An element of a small value; text is the name of the symbol whose size it is (or ``ANY``)."""

Value = tuple[Element, ...]
"""A small tensor's elements in row-major order."""

View = Literal["none", "first", "each"]
"""Which results share memory with operands: none, result 0 with operand 0, or i with i."""


class Cost(NamedTuple):
    """Work of one execution of a node.

    ``read_bytes`` names operands of which less than the whole is read (by position), and
    ``written_bytes`` stands where less than the whole results is written (updates in place).
    """

    macs: int = 0
    flops_other: int = 0
    transcendentals: int = 0
    read_bytes: Mapping[int, int] | None = None
    written_bytes: int | None = None


FREE = Cost()


class Call:
    """One node as its rules see it: operand types and values, attributes and, for costs, results.

    An absent optional operand is None; a present one of which nothing is known is ``UNKNOWN``.
    """

    __slots__ = ("_values", "attributes", "node", "operands", "results")

    def __init__(
        self,
        node: Node,
        operands: Sequence[TensorType | None],
        values: Callable[[str], Value | None],
        results: Sequence[TensorType] = (),
    ) -> None:
        self.node = node
        self.attributes: Mapping[str, Attribute] = node.attributes
        self.operands = operands
        self.results = results
        self._values = values

    def operand(self, index: int) -> TensorType:
        """The type of an operand; ``UNKNOWN`` when it is absent."""
        if index < len(self.operands):
            return self.operands[index] or UNKNOWN
        return UNKNOWN

    def has(self, index: int) -> bool:
        """Whether an optional operand is there."""
        return index < len(self.operands) and self.operands[index] is not None

    def shape(self, index: int = 0) -> Shape | None:
        """The shape of an operand, None while its rank is unknown."""
        return self.operand(index).shape

    def element_type(self, index: int = 0) -> str | None:
        """The element type of an operand, None while unknown."""
        return self.operand(index).element_type

    def value(self, index: int) -> Value | None:
        """The elements of an operand when they are known; some may be symbols."""
        if not self.has(index):
            return None
        return self._values(self.node.inputs[index])

    def integers(self, attribute: str, index: int | None = None) -> tuple[int, ...] | None:
        """Whole numbers from an attribute, or else from the value of an operand."""
        elements = self.dimensions(attribute, index)
        if elements is None or any(isinstance(element, str) for element in elements):
            return None
        return tuple(int(element) for element in elements)

    def dimensions(self, attribute: str, index: int | None = None) -> Shape | None:
        """Like ``integers``, but elements may be symbols."""
        stated = self.attributes.get(attribute)
        elements: Sequence[Element] | None
        if stated is None:
            elements = None if index is None else self.value(index)
        elif isinstance(stated, tuple):
            elements = stated
        elif isinstance(stated, str):
            raise Contradiction(f"the attribute {attribute} should be numbers")
        else:
            elements = (stated,)
        if elements is None:
            return None
        return tuple(e if isinstance(e, str) else int(e) for e in elements)

    def integer(self, attribute: str, default: int) -> int:
        """A whole number from an attribute."""
        stated = self.attributes.get(attribute, default)
        if isinstance(stated, (str, tuple)):
            raise Contradiction(f"the attribute {attribute} should be a number")
        return int(stated)

    def flag(self, attribute: str, default: bool = False) -> bool:
        """A truth value from an attribute."""
        return bool(self.attributes.get(attribute, default))

    def text(self, attribute: str, default: str = "") -> str:
        """Text from an attribute."""
        stated = self.attributes.get(attribute, default)
        return stated if isinstance(stated, str) else default

    def result_type(self, fallback: str | None) -> str | None:
        """The element type that the attribute ``element_type`` states, or else the fallback."""
        stated = self.attributes.get("element_type")
        return stated if isinstance(stated, str) else fallback

    def axis(self, rank: int, default: int = 0) -> int:
        """The attribute ``axis`` counted from the front."""
        return normalise_axis(self.integer("axis", default), rank)

    def elements(self, index: int = 0) -> int:
        """Number of elements of an operand; for cost rules, where operands are static."""
        return self.operand(index).elements or 0

    def result_elements(self, index: int = 0) -> int:
        """Number of elements of a result; for cost rules."""
        return self.results[index].elements or 0


ShapeRule = Callable[[Call], Sequence[TensorType]]
CostRule = Callable[[Call], Cost]
FoldRule = Callable[[Call], Value | None]
CompleteRule = Callable[[Call], Mapping[int, TensorType]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One canonical operation.

    ``shape`` gives the result types as far as they follow from the operands (missing ones count as
    unknown) and raises ``Contradiction``. ``cost`` is asked only when all types are static.
    ``fold`` gives the elements of a small result. ``complete`` gives types of operands that the
    file leaves open, such as weights of an IR without shapes. ``view`` results take no memory.
    A ``repeats`` operation only repeats its operand (or a number) and melts into what reads it.
    """

    name: str
    kind: WorkKind
    shape: ShapeRule
    cost: CostRule
    fold: FoldRule | None = None
    complete: CompleteRule | None = None
    view: View = "none"
    repeats: bool = False


def no_cost(call: Call) -> Cost:
    """Nothing is computed: data only moves."""
    return FREE


def same_as_first(call: Call) -> Sequence[TensorType]:
    """One result of the type of operand 0."""
    return (call.operand(0),)


def same_as_each(call: Call) -> Sequence[TensorType]:
    """As many results as outputs, each of the type of the operand at its place."""
    return [call.operand(index) for index in range(len(call.node.outputs))]


def as_stated(call: Call) -> Sequence[TensorType]:
    """Nothing can be said: the file has to state the type."""
    return ()


def tensor(element_type: str | None, shape: Sequence[Dimension] | None) -> TensorType:
    """Shorthand of the rules for a type from any sequence of dimensions."""
    return TensorType(element_type, None if shape is None else tuple(shape))
