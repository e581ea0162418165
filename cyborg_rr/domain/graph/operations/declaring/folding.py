"""Evaluating small tensors: the arithmetic by which exported graphs reckon their own shapes.

A fold gives None as soon as anything is unusual (overflow, unknown elements that matter): the
value then counts as unknown, which is always safe.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from cyborg_rr.domain.graph.bounds import (
    Bounded,
    bound,
    bound_by,
    either,
    find_largest,
    find_product,
)
from cyborg_rr.domain.graph.graph import SMALL_CONSTANT_ELEMENTS, Shape
from cyborg_rr.domain.graph.operations.declaring.operation import FoldRule
from cyborg_rr.domain.graph.operations.declaring.typed_node import Element, TypedNode, Value
from cyborg_rr.domain.graph.shapes import ANY, broadcast, find_static
from cyborg_rr.domain.words import find_element_type

_LARGEST: Final = 2**64

Unary = Callable[[float | int], float | int]
Binary = Callable[[Element, Element], Element]


def is_whole(element_type: str | None) -> bool:
    """Whether the element type holds whole numbers or booleans."""
    found = find_element_type(element_type)
    return found is not None and found.is_whole


def count_of(shape: Shape | None) -> int | None:
    """Elements of a static shape that is small enough to fold, otherwise None."""
    static = find_static(shape)
    if static is None:
        return None
    count = math.prod(static)
    return count if count <= SMALL_CONSTANT_ELEMENTS else None


def checked(elements: Sequence[Element]) -> Value | None:
    """The elements as a value, unless one left the range of 64-bit numbers."""
    for element in elements:
        if not isinstance(element, (str, float)) and not -_LARGEST < element < _LARGEST:
            return None
    return tuple(elements)


def fold_unary(function: Unary) -> FoldRule:
    """Apply a function to every element; symbols become unknown."""

    def fold(node: TypedNode) -> Value | None:
        value = node.value(0)
        if value is None:
            return None
        return checked([ANY if isinstance(e, str) else function(e) for e in value])

    return fold


def broadcast_positions(shape: Sequence[int], target: Sequence[int]) -> list[int]:
    """For each element of the target, which element of the broadcast operand it shows."""
    if 0 in target:
        return []  # at once, for the sizes before a 0 may be any
    positions = [0]
    lead = len(target) - len(shape)
    strides, stride = [0] * len(target), 1
    for axis in range(len(shape) - 1, -1, -1):
        strides[lead + axis] = 0 if shape[axis] == 1 else stride
        stride *= shape[axis]
    for size, step in zip(target, strides, strict=True):
        positions = [start + place * step for start in positions for place in range(size)]
    return positions


def _spread(node: TypedNode, indices: Sequence[int]) -> list[list[Element]] | None:
    """The operands' elements, each broadcast to the common shape."""
    values: list[Value] = []
    for index in indices:  # first of all, since mostly one is not known
        value = node.value(index)
        if value is None:
            return None
        values.append(value)
    shapes = [find_static(node.shape(index)) for index in indices]
    if any(shape is None for shape in shapes):
        return None
    known = [shape for shape in shapes if shape is not None]
    target = find_static(broadcast(known))
    if target is None or count_of(target) is None:
        return None
    spread: list[list[Element]] = []
    for value, shape in zip(values, known, strict=True):
        if shape == target:
            spread.append(list(value))
        else:
            spread.append([value[p] for p in broadcast_positions(shape, target)])
    return spread


def fold_binary(function: Binary) -> FoldRule:
    """Combine all operands from the left, element by element, with broadcasting."""

    def fold(node: TypedNode) -> Value | None:
        spread = _spread(node, range(len(node.operands)))
        if not spread:
            return None
        result = spread[0]
        for other in spread[1:]:
            result = [function(a, b) for a, b in zip(result, other, strict=True)]
        return checked(result)

    return fold


def fold_select(node: TypedNode) -> Value | None:
    """Choose elements by a known predicate."""
    spread = _spread(node, (0, 1, 2))
    if spread is None:
        return None

    def choose(choice: Element, yes: Element, no: Element) -> Element:
        if not isinstance(choice, str):
            return yes if choice else no
        return yes if yes == no and yes != ANY else either((yes, no))

    return tuple(choose(*each) for each in zip(*spread, strict=True))


def fold_copy(node: TypedNode) -> Value | None:
    """The elements stay as they are: views and reshapes."""
    return node.value(0)


def fold_convert(node: TypedNode) -> Value | None:
    """Change the element type; a size stays the symbol that it is."""
    value = node.value(0)
    target = node.result_type(node.element_type(1))
    if value is None or target is None:
        return None
    if target == "i1":
        return tuple(ANY if isinstance(e, str) else bool(e) for e in value)
    if is_whole(target):
        return checked([e if isinstance(e, str) else int(e) for e in value])
    return tuple(e if isinstance(e, str) else float(e) for e in value)


def add_elements(left: Element, right: Element) -> Element:
    """Sum; a symbol plus zero stays a symbol."""
    if isinstance(left, str):
        return left if right == 0 else _bound_sum(left, right)
    if isinstance(right, str):
        return right if left == 0 else _bound_sum(right, left)
    return left + right


def _bound_sum(size: str, other: Element) -> Element:
    if not isinstance(size, Bounded):
        return ANY
    more = other if isinstance(other, int) else find_largest(other)
    return ANY if more is None else bound(max(size.most + more, 0))


def subtract_elements(left: Element, right: Element) -> Element:
    """Difference; equal symbols leave zero."""
    if isinstance(left, str) or isinstance(right, str):
        if left == right and left != ANY:
            return 0
        if right == 0:
            return left
        if isinstance(left, Bounded) and isinstance(right, int):
            return bound(max(left.most - right, 0))
        return bound(find_largest(left)) if isinstance(right, Bounded) else ANY
    return left - right


def multiply_elements(left: Element, right: Element) -> Element:
    """Product; a symbol times one stays a symbol."""
    if isinstance(left, str):
        return left if right == 1 else (0 if right == 0 else _bound_product(left, right))
    if isinstance(right, str):
        return right if left == 1 else (0 if left == 0 else _bound_product(right, left))
    return left * right


def _bound_product(size: str, other: Element) -> Element:
    return bound(find_product((size, other))) if isinstance(size, Bounded) else ANY


def divide_elements(left: Element, right: Element) -> Element:
    """Quotient; whole numbers are cut towards zero, as ONNX and StableHLO have it."""
    if isinstance(left, str) or isinstance(right, str):
        if left == right and left != ANY:
            return 1
        return left if right == 1 else _bound_quotient(left, right)
    if right == 0:
        return ANY
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _bound_quotient(left: Element, right: Element) -> Element:
    """The largest quotient of sizes, of which the divisor is not 0."""
    most = find_largest(left)
    if most is None or not (isinstance(left, Bounded) or isinstance(right, Bounded)):
        return ANY
    if isinstance(right, int) and not isinstance(right, bool):
        return bound(most // right) if right > 0 else ANY
    return bound(most) if isinstance(right, Bounded) else ANY


def remainder_elements(left: Element, right: Element) -> Element:
    """Remainder of sizes; conventions differ on negative operands, which stay unknown."""
    if isinstance(left, Bounded) and isinstance(right, int) and right > 0:
        return bound(min(left.most, right - 1))
    if isinstance(left, str) or isinstance(right, str) or left < 0 or right <= 0:
        return ANY
    return left % right


def power_elements(left: Element, right: Element) -> Element:
    """Power, unknown beyond 64 bits."""
    if isinstance(left, str) or isinstance(right, str) or not -64 <= right <= 64:
        return ANY
    if abs(left) > 1 and abs(left) ** abs(float(right)) >= _LARGEST:
        return ANY
    result = left**right
    return result if isinstance(result, (int, float)) else ANY


def pick_smaller(left: Element, right: Element) -> Element:
    """The smaller element: no symbol is larger than a number beside it."""
    if isinstance(left, str) or isinstance(right, str):
        if left == right and left != ANY:
            return left
        if any(isinstance(each, (int, float)) and each < 0 for each in (left, right)):
            return ANY
        return bound_by(left, right)
    return min(left, right)


def pick_larger(left: Element, right: Element) -> Element:
    """The larger element; it has a largest value where both have one."""
    if isinstance(left, str) or isinstance(right, str):
        if left == right and left != ANY:
            return left
        sizes = (left, right)
        below = [each for each in sizes if isinstance(each, (int, float)) and each <= 0]
        return either(each for each in sizes if each not in below)
    return max(left, right)


def whole(function: Callable[[int, int], int]) -> Binary:
    """A function of two whole numbers, such as a bit operation."""

    def combine(left: Element, right: Element) -> Element:
        if not isinstance(left, int) or not isinstance(right, int):
            return ANY
        if not -_LARGEST < left < _LARGEST or not -_LARGEST < right < _LARGEST:
            return ANY
        return function(left, right)

    return combine


_COMPARISONS: dict[str, Callable[[float | int, float | int], bool]] = {
    "EQ": lambda a, b: a == b,
    "NE": lambda a, b: a != b,
    "GE": lambda a, b: a >= b,
    "GT": lambda a, b: a > b,
    "LE": lambda a, b: a <= b,
    "LT": lambda a, b: a < b,
}


def fold_compare(node: TypedNode) -> Value | None:
    """Compare known elements; an unknown size still differs from every negative number."""
    direction = node.text("direction")
    compare = _COMPARISONS.get(direction)
    spread = _spread(node, (0, 1))
    if spread is None or compare is None:
        return None

    def decide(left: Element, right: Element) -> Element:
        if isinstance(left, str) or isinstance(right, str):
            if left == right and left != ANY:
                return compare(0, 0)
            if not isinstance(right, str) and right < 0:
                return compare(0, -1)
            return ANY
        return compare(left, right)

    return tuple(decide(a, b) for a, b in zip(*spread, strict=True))
