"""One node as the rules of its operation see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cyborg_rr.domain.graph.graph import AttributeValue, Block, Node, Scalar, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Declared, UndeclaredAttribute
from cyborg_rr.domain.graph.shapes import UNKNOWN, Contradiction, normalise_axis

Element = Scalar | str
"""An element of a small value; text is the name of the symbol whose size it is (or ``ANY``)."""

Value = tuple[Element, ...]
"""A small tensor's elements in row-major order."""


class TypedNode:
    """One node as its rules see it: operand types and values, attributes and, for costs, results.

    An absent optional operand is None; a present one of which nothing is known is ``UNKNOWN``. An
    attribute that the node lacks has the default that the operation declares; lacking a required
    one is a ``Contradiction``. Asking for one that it does not declare raises
    ``UndeclaredAttribute``.
    """

    __slots__ = ("_attributes", "_declared", "_values", "node", "operands", "results")

    def __init__(
        self,
        declared: Declared,
        node: Node,
        operands: Sequence[TensorType | None],
        values: Callable[[str], Value | None],
        results: Sequence[TensorType] = (),
    ) -> None:
        self.node = node
        self.operands = operands
        self.results = results
        self._declared = declared
        self._attributes: Mapping[str, AttributeValue] = node.attributes
        self._values = values

    # ---- operands and results

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

    def integers_at(self, index: int) -> tuple[int, ...] | None:
        """Whole numbers from the value of an operand."""
        return _known_integers(self.value(index))

    def dimensions_at(self, index: int) -> Shape | None:
        """Like ``integers_at``, but elements may be symbols."""
        return _as_dimensions(self.value(index))

    def elements(self, index: int = 0) -> int:
        """Number of elements of an operand; for cost rules, where operands are static."""
        return self.operand(index).elements or 0

    def result_elements(self, index: int = 0) -> int:
        """Number of elements of a result; for cost rules."""
        return self.results[index].elements or 0

    @property
    def output_count(self) -> int:
        """How many results the node has, those that nobody names included."""
        return len(self.node.outputs)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the node."""
        return self.node.blocks

    # ---- attributes

    @property
    def states_any(self) -> bool:
        """Whether the node itself carries any attribute."""
        return bool(self._attributes)

    def states(self, attribute: str) -> bool:
        """Whether the node itself carries an attribute."""
        return self._declared[attribute].name in self._attributes

    def integers(self, attribute: str, index: int | None = None) -> tuple[int, ...] | None:
        """Whole numbers from an attribute, or else from the value of an operand."""
        return _known_integers(self._sequence(attribute, index))

    def dimensions(self, attribute: str, index: int | None = None) -> Shape | None:
        """Like ``integers``, but elements may be symbols."""
        return _as_dimensions(self._sequence(attribute, index))

    def numbers(self, attribute: str, index: int | None = None) -> tuple[float, ...] | None:
        """Numbers from an attribute, or else from the value of an operand."""
        elements = self._sequence(attribute, index)
        if elements is None or any(isinstance(element, str) for element in elements):
            return None
        return tuple(float(element) for element in elements)

    def integer(self, attribute: str) -> int:
        """A whole number from an attribute that has a default or is required."""
        found = self.find_integer(attribute)
        if found is None:
            raise UndeclaredAttribute(f"the attribute {attribute} has no default to go by")
        return found

    def find_integer(self, attribute: str) -> int | None:
        """A whole number from an attribute, None where it is neither stated nor has a default."""
        stated = self._find(attribute)
        if stated is None:
            return None
        if isinstance(stated, (str, tuple)):
            raise Contradiction(f"the attribute {attribute} should be a number")
        return int(stated)

    def find_count(self, attribute: str) -> int | None:
        """How many of its operands an attribute speaks of; never more than there are."""
        found = self.find_integer(attribute)
        if found is not None and not 0 <= found <= len(self.operands):
            raise Contradiction(f"{attribute} is {found}, there are {len(self.operands)} operands")
        return found

    def scalar(self, attribute: str) -> Scalar:
        """A number or truth value from an attribute, which may hold a list of one."""
        stated = self._find(attribute)
        first = stated[0] if isinstance(stated, tuple) else stated
        if first is None or isinstance(first, str):
            raise Contradiction(f"the attribute {attribute} should be a number")
        return first

    def flag(self, attribute: str) -> bool:
        """A truth value from an attribute."""
        return bool(self._find(attribute))

    def text(self, attribute: str) -> str:
        """Text from an attribute; empty where it is neither stated nor has a default."""
        stated, default = self._find(attribute), self._declared[attribute].default
        if isinstance(stated, str):
            return stated
        return default if isinstance(default, str) else ""

    def result_type(self, fallback: str | None = None) -> str | None:
        """The element type that the attribute ``element_type`` says, or else the fallback."""
        return self.text("element_type") or fallback

    def axis(self, rank: int) -> int:
        """The attribute ``axis`` counted from the front."""
        return normalise_axis(self.integer("axis"), rank)

    def _find(self, attribute: str) -> AttributeValue | None:
        """What the node states, or else the declared default."""
        declared = self._declared[attribute]
        stated = self._attributes.get(attribute, declared.default)
        if stated is None and declared.required:
            raise Contradiction(f"the attribute {attribute} is missing")
        return stated

    def _sequence(self, attribute: str, index: int | None) -> Sequence[Element] | None:
        stated = self._find(attribute)
        if stated is None:
            return None if index is None else self.value(index)
        if isinstance(stated, tuple):
            return stated
        if isinstance(stated, str):
            raise Contradiction(f"the attribute {attribute} should be numbers")
        return (stated,)


def _as_dimensions(elements: Sequence[Element] | None) -> Shape | None:
    if elements is None:
        return None
    return tuple(e if isinstance(e, str) else int(e) for e in elements)


def _known_integers(elements: Sequence[Element] | None) -> tuple[int, ...] | None:
    if elements is None:
        return None
    found: list[int] = []
    for element in elements:
        if isinstance(element, str):
            return None
        found.append(int(element))
    return tuple(found)
