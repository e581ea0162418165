"""Arithmetic on shapes whose dimensions may be symbols, with the limits that keep it safe.

A result that arithmetic cannot name is ``ANY``: a size nobody knows yet. ``Contradiction`` says
that no execution could have these operands; the caller adds which node it was. What is reckoned of
sizes with a largest value has one too: every rule here grows with its operands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cyborg_rr.domain.graph.bounds import ANY as ANY
from cyborg_rr.domain.graph.bounds import MAX_ELEMENTS as MAX_ELEMENTS
from cyborg_rr.domain.graph.bounds import (
    Bounded,
    bound,
    bound_by,
    either,
    find_largest,
    find_product,
)
from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType

UNKNOWN: Final = TensorType(None, None)
"""The type of a value of which nothing is known."""

MAX_RANK: Final = 64
_MAX_TEXT_LENGTH: Final = 200


class Contradiction(Exception):
    """Operands and attributes that cannot belong together; the message is half a sentence."""


def render_shape(shape: Iterable[Dimension]) -> str:
    """Text such as ``1x3x224x224``; ``scalar`` for rank 0."""
    text = "x".join(str(dimension) for dimension in shape) or "scalar"
    return text if len(text) <= _MAX_TEXT_LENGTH else text[:_MAX_TEXT_LENGTH] + "..."


def check_type(tensor: TensorType) -> TensorType:
    """The same type, or ``Contradiction`` for negative or absurd sizes."""
    shape = tensor.shape
    if shape is None:
        return tensor
    if len(shape) > MAX_RANK:
        raise Contradiction(f"rank {len(shape)} exceeds {MAX_RANK}")
    total = 1
    for dimension in shape:
        if isinstance(dimension, int):
            if dimension < 0:
                raise Contradiction(f"the shape {render_shape(shape)} has a negative dimension")
            if dimension > MAX_ELEMENTS:
                raise Contradiction("a dimension exceeds 2**63")
            total *= dimension
    if total > MAX_ELEMENTS:
        raise Contradiction(f"the shape {render_shape(shape)} has more than 2**63 elements")
    return tensor


def find_static(shape: Shape | None) -> tuple[int, ...] | None:
    """The shape when every dimension is a number."""
    if shape is None:
        return None
    for dimension in shape:
        if not isinstance(dimension, int):
            return None
    return shape  # type: ignore[return-value]  # every element was checked just above


def find_whole(values: Iterable[object] | None) -> tuple[int, ...] | None:
    """Stored values as whole numbers (sizes, axes), None where they are not: NaN has no integer."""
    if values is None:
        return None
    whole: list[int] = []
    for value in values:
        if not isinstance(value, int):
            return None
        whole.append(value)
    return tuple(whole)


def multiply(dimensions: Iterable[Dimension]) -> Dimension:
    """The product: a number, a lone symbol when all else is 1, or ``ANY``."""
    total = 1
    symbol: str | None = None
    factors = tuple(dimensions)
    for dimension in factors:
        if isinstance(dimension, int):
            total *= dimension
        elif symbol is None:
            symbol = dimension
        else:
            symbol = ANY
    if symbol is None or total == 0:
        return total
    return symbol if total == 1 and symbol != ANY else bound(find_product(factors))


def add(dimensions: Iterable[Dimension]) -> Dimension:
    """The sum: a number, a lone symbol when all else is 0, or ``ANY``."""
    total = 0
    symbol: str | None = None
    terms = tuple(dimensions)
    for dimension in terms:
        if isinstance(dimension, int):
            total += dimension
        elif symbol is None:
            symbol = dimension
        else:
            symbol = ANY
    if symbol is None:
        return total
    if total == 0 and symbol != ANY:
        return symbol
    largest = [d if isinstance(d, int) else find_largest(d) for d in terms]
    known = [most for most in largest if most is not None]
    return bound(max(sum(known), 0)) if len(known) == len(largest) else ANY


def divide(total: Sequence[Dimension], divisors: Sequence[Dimension]) -> Dimension:
    """The quotient of two products; equal symbols cancel. An inexact one is a contradiction."""
    above, below = list(total), []
    for divisor in divisors:
        if isinstance(divisor, str) and divisor != ANY and divisor in above:
            above.remove(divisor)
        else:
            below.append(divisor)
    numerator, denominator = multiply(above), multiply(below)
    if isinstance(denominator, str):
        return _divide_by_bounded(numerator, below)
    if denominator == 0:
        raise Contradiction("the size of a dimension follows from a division by zero")
    if isinstance(numerator, Bounded) and denominator != 1:
        return bound(numerator.most // denominator)
    if isinstance(numerator, str):
        return numerator if denominator == 1 else ANY
    quotient, rest = divmod(numerator, denominator)
    if rest:
        raise Contradiction(f"{numerator} elements cannot be divided by {denominator}")
    return quotient


def _divide_by_bounded(numerator: Dimension, divisors: Sequence[Dimension]) -> Dimension:
    """A quotient by sizes that depend on data, none of which can be 0."""
    if not all(isinstance(divisor, (int, Bounded)) for divisor in divisors):
        return ANY
    largest, known = find_largest(numerator), multiply(d for d in divisors if isinstance(d, int))
    if largest is None or not isinstance(known, int) or known == 0:
        return ANY
    return bound(largest // known)


def unify(left: Dimension, right: Dimension) -> Dimension:
    """The dimension that is known to equal both; two different numbers are a contradiction."""
    if isinstance(left, Bounded) or isinstance(right, Bounded):
        return _unify_bounded(left, right)
    if left == right:
        return left
    if isinstance(left, int):
        if isinstance(right, int):
            raise Contradiction(f"sizes {left} and {right} should be equal")
        return left
    if isinstance(right, int):
        return right
    return right if left == ANY else left


def _unify_bounded(left: Dimension, right: Dimension) -> Dimension:
    """What is known of each holds for both: a number, else a name and the smaller bound."""
    if isinstance(left, int) or isinstance(right, int):
        return left if isinstance(left, int) else right
    smaller, named = bound_by(left, right), right if left == ANY else left
    found = isinstance(named, Bounded) and named.is_found
    return Bounded(named, smaller.most, found) if isinstance(smaller, Bounded) else named


def join(left: Dimension, right: Dimension) -> Dimension:
    """A size that is the one or the other, as of two branches."""
    if left == right and left != ANY:
        return left
    return either((left, right))


def broadcast_dimension(left: Dimension, right: Dimension) -> Dimension:
    """Broadcast one pair of dimensions by numpy's rule.

    A symbol beside a number above 1 must turn out to be that number or 1, so the number stands.
    """
    if left == right and left != ANY:
        return left
    if left == 1:
        return right
    if right == 1:
        return left
    if isinstance(left, int):
        if isinstance(right, int):
            raise Contradiction(f"sizes {left} and {right} do not broadcast")
        return left
    return right if isinstance(right, int) else either((left, right))


def broadcast(shapes: Iterable[Shape | None]) -> Shape | None:
    """Broadcast shapes by numpy's rule; None as soon as one rank is unknown."""
    result: Shape = ()
    for shape in shapes:
        if shape is None:
            return None
        if shape == result:
            continue
        if not result:
            result = shape
            continue
        longer, shorter = (result, shape) if len(result) >= len(shape) else (shape, result)
        lead = len(longer) - len(shorter)
        result = longer[:lead] + tuple(
            broadcast_dimension(a, b) for a, b in zip(longer[lead:], shorter, strict=True)
        )
    return result


def normalise_axis(axis: int, rank: int) -> int:
    """The axis counted from the front; outside the rank is a contradiction."""
    if not -rank <= axis < rank:
        raise Contradiction(f"axis {axis} is outside rank {rank}")
    return axis % rank


def normalise_axes(axes: Iterable[int], rank: int) -> tuple[int, ...]:
    """Every axis counted from the front, without repetition."""
    result = tuple([normalise_axis(axis, rank) for axis in axes])
    if len(result) > 1 and len(set(result)) != len(result):
        raise Contradiction(f"axes {result} repeat one another")
    return result


def without(shape: Shape, axes: Iterable[int]) -> Shape:
    """The shape with these (normalised) axes taken out."""
    dropped = set(axes)
    return tuple([d for axis, d in enumerate(shape) if axis not in dropped])


def slide_window(
    size: Dimension,
    window: int,
    stride: int,
    dilation: int,
    padding: tuple[int, int],
    *,
    base_dilation: int = 1,
    ceil_mode: bool = False,
) -> Dimension:
    """How many places a window takes along one dimension.

    With ``ceil_mode`` a partial window counts too, unless it would start in the padding beyond
    the end, as frameworks agree.
    """
    if stride < 1 or dilation < 1 or base_dilation < 1 or window < 1:
        raise Contradiction("window, stride and dilation must be positive")
    if not isinstance(size, int):
        if (stride, base_dilation) == (1, 1) and sum(padding) == (window - 1) * dilation:
            return size
        if not isinstance(size, Bounded):
            return ANY
        try:
            places = _slide(size.most, window, stride, dilation, padding, base_dilation, ceil_mode)
        except Contradiction:  # no size but 0 goes on
            return 0
        return bound(max(places, 0))
    return _slide(size, window, stride, dilation, padding, base_dilation, ceil_mode)


def _slide(
    size: int,
    window: int,
    stride: int,
    dilation: int,
    padding: tuple[int, int],
    base_dilation: int,
    ceil_mode: bool,
) -> int:
    low, high = padding
    dilated = (size - 1) * base_dilation + 1 if size else 0
    room = dilated + low + high - ((window - 1) * dilation + 1)
    if room < 0:
        if dilated == 0:
            return 0
        raise Contradiction(f"a window of {window} does not fit into size {size}")
    if not ceil_mode:
        return room // stride + 1
    places = -(-room // stride) + 1
    return places - 1 if (places - 1) * stride >= size + low else places
