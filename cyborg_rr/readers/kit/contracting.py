"""Products of several tensors, taken apart into the pairs that a runtime multiplies in turn.

Which pairs those are each family says; an index that one operand of a pair alone has, and nothing
after it, is summed before, as torch, ONNX Runtime, OpenVINO and TensorFlow do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step

Path = Sequence[tuple[int, int]]
"""Pairs of places; what a pair yields stands behind all that is left, as opt_einsum has it."""

_DOTS: Final = "..."


@dataclass(frozen=True, slots=True)
class Product:
    """One sum of products of one or two tensors."""

    equation: str
    operands: tuple[str, ...]
    result: str


def go_left_to_right(count: int) -> Path:
    """The first two, then what they yield and the next.

    torch without opt_einsum (aten/src/ATen/native/Linear.cpp, einsum), ONNX Runtime
    (einsum_typed_compute_processor.cc, Run).
    """
    return [(0, 1), *((left, 0) for left in range(count - 2, 0, -1))][: max(count - 1, 0)]


def go_first_with_last(count: int) -> Path:
    """The first and the last, then the next and what they yield.

    OpenVINO (compute_einsum_path of its EinsumDecomposition): what its CPU plug-in runs.
    """
    return [(0, last) for last in range(count - 1, 0, -1)]


def find_path(places: Sequence[int], count: int) -> Path | None:
    """The path that a file states as places in a row; None where it fits no so many operands."""
    pairs = list(zip(places[::2], places[1::2], strict=False))
    if len(places) != 2 * (count - 1):
        return None
    for left, (a, b) in zip(range(count, 1, -1), pairs, strict=True):
        if a == b or not (0 <= a < left and 0 <= b < left):
            return None
    return pairs


def contract(
    equation: str, operands: Sequence[str], path: Path, fresh: Callable[[str], str], result: str
) -> list[Product]:
    """The products in turn; of an equation that does not fit its operands, it alone."""
    terms, wanted = _parse(equation)
    if len(terms) != len(operands) or len(path) != len(operands) - 1 or None in (*terms, wanted):
        return [Product(equation, tuple(operands), result)]
    left = [(name, tuple(term or ())) for name, term in zip(operands, terms, strict=True)]
    needed = Counter(label for _, term in (*left, ("", wanted or ())) for label in set(term))
    products: list[Product] = []
    for a, b in path:
        pair = (left[a], left[b])
        for place in sorted((a, b), reverse=True):
            needed.subtract(set(left.pop(place)[1]))
        first, second = (
            _sum_alone(products, one, set(other[1]), needed, fresh)
            for one, other in (pair, pair[::-1])
        )
        labels = dict.fromkeys((*first[1], *second[1]))
        term = tuple(label for label in labels if needed[label]) if left else tuple(wanted or ())
        target = fresh(f"pair{len(products)}") if left else result
        spelled = f"{_spell(first[1])},{_spell(second[1])}->{_spell(term)}"
        products.append(Product(spelled, (first[0], second[0]), target))
        needed.update(term)
        left.append((target, term))
    return products or [Product(equation, tuple(operands), result)]


_Term = tuple[str, tuple[str, ...]]


def _sum_alone(
    products: list[Product],
    operand: _Term,
    others: set[str],
    needed: Counter[str],
    fresh: Callable[[str], str],
) -> _Term:
    """An operand without the indices that nothing else has."""
    name, term = operand
    kept = tuple(dict.fromkeys(label for label in term if label in others or needed[label]))
    if len(kept) == len(set(term)):
        return operand
    target = fresh(f"sum{len(products)}")
    products.append(Product(f"{_spell(term)}->{_spell(kept)}", (name,), target))
    return target, kept


def spell_products(
    node: NativeNode, equation: str, operands: Sequence[str], path: Path, result: str = ""
) -> list[Step]:
    """The products of a native node as steps; what they yield is its first result, or another."""
    found = contract(equation, operands, path, node.fresh, result or node.output(0))
    return [
        node.step("einsum", each.operands, (each.result,), equation=each.equation) for each in found
    ]


def _parse(equation: str) -> tuple[list[list[str] | None], list[str] | None]:
    """The labels of each operand and of the result; None where they are no labels."""
    given, arrow, right = equation.replace(" ", "").partition("->")
    terms = [_list_labels(term) for term in given.split(",")]
    if arrow:
        return terms, _list_labels(right)
    found = [label for term in terms for label in term or ()]
    once = sorted(label for label in set(found) if label != _DOTS and found.count(label) == 1)
    return terms, [*([_DOTS] if _DOTS in found else []), *once]


def _list_labels(term: str) -> list[str] | None:
    head, dots, tail = term.partition(_DOTS)
    letters = head + tail
    if letters and not (letters.isascii() and letters.isalpha()):
        return None
    return [*head, *([_DOTS] if dots else []), *tail]


def _spell(term: Sequence[str]) -> str:
    return "".join(term)
