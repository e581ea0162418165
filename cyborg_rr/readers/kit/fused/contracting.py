"""What kernels of Relax are built around: products as numpy has them, normalisations, attention."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from cyborg_rr.domain.graph.graph import AttributeValue, Dimension, Shape, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.fused.calls import Summing
from cyborg_rr.readers.kit.fused.parts import NORM_OPERANDS, Part
from cyborg_rr.readers.kit.fused.writing import Writing

_HEADS_BEHIND: Final = (0, 2, 1, 3)
_RANK_OF_HEADS: Final = 4


class Product(NamedTuple):
    """Which operands a product reads, and the shape of what it yields.

    ``right`` is None where the parts before it make the matrix, which has the shape ``made``.
    """

    left: int
    right: int | None
    shape: Shape
    made: Shape = ()


class Contracting(Writing):
    """The parts of a kernel that read several operands in an order of their own."""

    __slots__ = ()

    def _grow(self, part: Part, known: TensorType | None) -> TensorType | None:
        """What an operation of elements yields where the result of the whole is larger."""
        value = self.types.get(self._value)
        if known is None or value is None or value.shape is None or known.shape is None:
            return known
        if part.role not in ("unary", "number", "binary") or value.elements == known.elements:
            return known
        shape: Shape | None = value.shape
        other = self._type_of(str(self._left[0])).shape if self._left else None
        if part.role == "binary" and other is not None:
            shape = _broadcast(value.shape, other)
        return known if shape is None else TensorType(known.element_type, shape)

    # ---- products

    def _find_product(self, *, turned: bool, is_alone: bool) -> Product | None:
        """The first two operands whose product has as many elements as the result; else any two."""
        found = [
            Product(left, right, shape)
            for left, right in self._list_pairs()
            if (shape := self._multiply_shapes(left, right, turned)) is not None
        ]
        result = self.call.results[0] if self.call.results else TensorType(None, None)
        alike = [each for each in found if TensorType(None, each.shape).elements == result.elements]
        if alike:
            return alike[0]
        made = None if is_alone else self._find_made(result.shape, turned)
        return made or next(iter(found), None)

    def _list_pairs(self) -> Iterator[tuple[int, int]]:
        """Neighbours before others, those in their order before turned ones."""
        count = len(self.call.operands)
        yield from ((at, at + 1) for at in range(count - 1))
        yield from ((at + 1, at) for at in range(count - 1))
        yield from ((0, at) for at in range(2, count))

    def _multiply_shapes(self, left: int, right: int, turned: bool) -> Shape | None:
        """What the product of two operands is like; None where they have none."""
        first, second = self.call.operands[left].shape, self.call.operands[right].shape
        if not first or not second:
            return None
        row = len(second) == 1
        summed = second[-1] if turned or row else second[-2]
        if first[-1] != summed or 0 in (*first, *second):
            return None
        columns: Shape = () if row else (second[-2] if turned else second[-1],)
        batch = _broadcast(first[:-2], second[:-2])
        return None if batch is None else (*batch, *first[-2:-1], *columns)

    def _find_made(self, result: Shape | None, turned: bool) -> Product | None:
        """Data of the result's rows; the matrix is what the parts before make of other operands."""
        for place, operand in enumerate(self.call.operands):
            shape = operand.shape
            if result and shape and len(shape) == len(result) and shape[:-1] == result[:-1]:
                made = (result[-1], shape[-1]) if turned else (shape[-1], result[-1])
                return Product(place, None, result, made)
        return None

    def _write_product(self, part: Part, product: Product | None, turned: bool) -> None:
        known = self.call.results[0] if self.call.results else None
        if product is None:
            self._give_up(part, known)
            return
        element = None if known is None else known.element_type
        right = str(product.right)
        if product.right is None:
            source = next((str(n) for n in range(len(self.call.operands)) if n != product.left), "")
            self.estimated.add("weights that are unpacked on the way")
            kind = self.call.operands[product.left].element_type
            made = TensorType(kind, product.made)
            self._add(part, "copy", (source,), made, {}, step="copy")
            right = self._value
        left = self._value if product.right is not None else str(product.left)
        attributes = {"trans_b": turned}
        self._add(part, "matmul", (left, right), TensorType(element, product.shape), attributes)
        after = None if known is None else find_static(known.shape)
        if after is not None and TensorType(None, product.shape).elements == math.prod(after):
            self._reshape(part, self._value, after)

    # ---- others

    def _normalise(self, part: Part, known: TensorType | None) -> None:
        """Running statistics come out as they went in."""
        wanted = NORM_OPERANDS[part.operation]
        if len(self._left) < wanted:  # statistics that the compiler reckoned beforehand
            self.estimated.add("normalisations of which operands were folded")
            for _ in range(len(self._left) or 1):
                self._add(part, "multiply", (self._value, self._value), known, {})
            self._left.clear()
            return
        others = [str(self._left.pop(0)) for _ in range(wanted)]
        operation = part.operation
        if operation == "group_normalization":  # into how many groups, the name does not tell
            operation = "instance_normalization"
        self._add(part, operation, (self._value, *others), known, {})
        if operation == "batch_normalization":
            self.echoed |= {1: others[2], 2: others[3]}

    def _attend(self, part: Part, known: TensorType | None) -> None:
        """Queries, keys and values whose heads stand behind positions."""
        names = [self._value, *(self._take_other() for _ in range(2))]
        shapes = [find_static(self._type_of(name).shape) if name else None for name in names]
        if any(shape is None or len(shape) != _RANK_OF_HEADS for shape in shapes):
            self._give_up(part, known)
            return
        turned = [
            self._turn(part, name, shape)
            for name, shape in zip(names, shapes, strict=True)
            if shape
        ]
        mask = [str(self._left.pop(0))] if part.name == "attention_bias" and self._left else []
        query, value = shapes[0] or (), shapes[2] or ()
        element = self._type_of(names[0]).element_type
        attended = (query[0], query[2], query[1], value[3])
        self._add(part, "attention", (*turned, *mask), TensorType(element, attended), {})
        self._turn(part, self._value, attended)

    # ---- sums that the code of the kernel states, outer products

    def _sum(self, part: Part, known: TensorType | None) -> None:
        """An einsum, whose equation and operands are those that its code states."""
        summing = self.call.summing
        sizes = None if summing is None else self._find_sizes(summing)
        if summing is None or sizes is None:
            self._give_up(part, known)
            return
        self._left = [place for place in self._left if place not in summing.operands]
        result = tuple(sizes[letter] for letter in summing.equation.partition("->")[2])
        made = TensorType(None if known is None else known.element_type, result)
        names = tuple(map(str, summing.operands))
        self._add(part, "einsum", names, made, {"equation": summing.equation})

    def _find_sizes(self, summing: Summing) -> Mapping[str, Dimension] | None:
        """The size of each letter; None where an operand has another rank than its term."""
        sizes: dict[str, Dimension] = {}
        terms, _, result = summing.equation.partition("->")
        for term, place in zip(terms.split(","), summing.operands, strict=True):
            shape = self.call.operands[place].shape if place < len(self.call.operands) else None
            if shape is None or len(shape) != len(term):
                return None
            for letter, size in zip(term, shape, strict=True):
                if sizes.setdefault(letter, size) != size:
                    return None
        return sizes if sizes.keys() >= set(result) else None

    def _spread(self, part: Part, known: TensorType | None) -> None:
        """Each element of a vector times each of another."""
        shapes = [
            self._type_of(name).shape for name in (self._value, *map(str, self._left[:1])) if name
        ]
        if len(shapes) != 2 or not shapes[0] or not shapes[1] or len(shapes[0]) != 1:
            self._give_up(part, known)
            return
        column = TensorType(self._type_of(self._value).element_type, (*shapes[0], 1))
        turn: dict[str, AttributeValue] = {"axes": (1,)}
        self._add(part, "unsqueeze", (self._value,), column, turn, step="column")
        made = TensorType(None if known is None else known.element_type, (*shapes[0], *shapes[1]))
        self._add(part, "multiply", (self._value, self._take_other()), made, {})

    def _turn(self, part: Part, name: str, shape: tuple[int, ...]) -> str:
        known = TensorType(self._type_of(name).element_type, tuple(shape[n] for n in _HEADS_BEHIND))
        turn = {"permutation": _HEADS_BEHIND}
        self._add(part, "transpose", (name,), known, turn, step="transpose")
        return self._value

    def _take(self, part: Part, known: TensorType | None) -> bool:
        """Rows by their places: along the dimension that the shapes tell; False where none does."""
        data = self._type_of(self._value).shape if self._value else None
        result = None if known is None else known.shape
        if part.name != "take" or data is None or result is None or not self._left:
            return False
        indices = self._type_of(str(self._left[0])).shape
        if indices is None:
            return False
        for axis in range(len(data)):
            if (*data[:axis], *indices, *data[axis + 1 :]) == result:
                operands = (self._value, str(self._left.pop(0)))
                self._add(part, "gather", operands, known, {"axis": axis})
                return True
        return False


def _broadcast(first: Shape, second: Shape) -> Shape | None:
    """The shape of both together; None where they do not go together."""
    longer, shorter = (first, second) if len(first) >= len(second) else (second, first)
    filled = (*(1 for _ in range(len(longer) - len(shorter))), *shorter)
    sizes: list[Dimension] = []
    for one, other in zip(longer, filled, strict=True):
        if one != other and 1 not in (one, other):
            return None
        sizes.append(other if one == 1 else one)
    return tuple(sizes)
