"""Which dimensions of a node's operands and results belong together, so that one division does.

Two dimensions with one label are divided alike: devices then compute their parts alone. A label
that no result has is summed over, and devices add their sums up. What XLA and Shardy call sharding
rules of operations (openxla.org/shardy/propagation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.operations.registry import find_operation

Labels = tuple[int | None, ...]
"""A label for each dimension; None for one that must be whole."""

Sizes = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Correspondence:
    """Labels of the operands and results; ``is_exact`` where parts must be equal in size."""

    operands: tuple[Labels, ...]
    results: tuple[Labels, ...]
    is_exact: bool = False


Rule = Callable[[Node, Sequence[Sizes], Sequence[Sizes]], Correspondence | None]


def find_correspondence(
    node: Node, operands: Sequence[Sizes], results: Sequence[Sizes]
) -> Correspondence | None:
    """The labels of a node with these shapes, or None where no rule knows any."""
    rule = _RULES.get(node.operation)
    if rule is None:
        operation = find_operation(node.operation)
        if operation.view == "each" or operation.kind == "elementwise":
            rule = _pass_each if operation.view == "each" else _per_element
    if rule is None or not results:
        return None
    try:
        found = rule(node, operands, results)
    except (IndexError, ValueError):
        return None
    return found if found is not None and _fits(found, operands, results) else None


def _fits(found: Correspondence, operands: Sequence[Sizes], results: Sequence[Sizes]) -> bool:
    """Whether each dimension has its label; what a file states of a result may be wrong."""
    labels = (*found.operands, *found.results)
    return [len(each) for each in labels] == [len(sizes) for sizes in (*operands, *results)]


def _integers(node: Node, name: str) -> tuple[int, ...]:
    value = node.attributes.get(name, ())
    if not isinstance(value, tuple):
        return ()
    return tuple(number for number in value if isinstance(number, int))


def _all(sizes: Sizes) -> Labels:
    return tuple(range(len(sizes)))


def _align(sizes: Sizes, result: Sizes) -> Labels:
    """Labels of the last dimensions of a result, where the sizes are equal."""
    shift = len(result) - len(sizes)
    if shift < 0:
        raise ValueError("an operand has more dimensions than the result")
    return tuple(
        place + shift if size == result[place + shift] else None for place, size in enumerate(sizes)
    )


def _per_element(
    node: Node, operands: Sequence[Sizes], results: Sequence[Sizes]
) -> Correspondence | None:
    if any(sizes != results[0] for sizes in results):
        return None
    found = tuple(_align(sizes, results[0]) for sizes in operands)
    return Correspondence(found, (_all(results[0]),) * len(results))


def _pass_each(
    node: Node, operands: Sequence[Sizes], results: Sequence[Sizes]
) -> Correspondence | None:
    """Values handed on, each its own."""
    if list(operands[: len(results)]) != list(results):
        return None
    numbers = count()
    labels = tuple(tuple(next(numbers) for _ in sizes) for sizes in operands)
    return Correspondence(labels, labels[: len(results)])


def _dot_general(
    node: Node, operands: Sequence[Sizes], results: Sequence[Sizes]
) -> Correspondence | None:
    left: list[int | None] = [None] * len(operands[0])
    right: list[int | None] = [None] * len(operands[1])
    numbers = count()
    result: list[int] = []
    for kind in ("batching", "contracting"):
        pairs = zip(_integers(node, f"lhs_{kind}"), _integers(node, f"rhs_{kind}"), strict=True)
        for first, second in pairs:
            left[first] = right[second] = number = next(numbers)
            if kind == "batching":
                result.append(number)
    for side in (left, right):
        for place, label in enumerate(side):
            if label is None:
                side[place] = number = next(numbers)
                result.append(number)
    return Correspondence((tuple(left), tuple(right)), (tuple(result),))


def _transpose(
    node: Node, operands: Sequence[Sizes], results: Sequence[Sizes]
) -> Correspondence | None:
    order = _integers(node, "permutation") or tuple(reversed(range(len(operands[0]))))
    return Correspondence((_all(operands[0]),), (order,))


def _broadcast_in_dim(
    node: Node, operands: Sequence[Sizes], results: Sequence[Sizes]
) -> Correspondence | None:
    places = _integers(node, "broadcast_dimensions")
    labels = tuple(
        place if size == results[0][place] else None
        for place, size in zip(places, operands[0], strict=True)
    )
    return Correspondence((labels,), (_all(results[0]),))


def _reduce(
    node: Node, operands: Sequence[Sizes], results: Sequence[Sizes]
) -> Correspondence | None:
    axes = set(_integers(node, "axes"))
    labels = _all(operands[0])
    kept = tuple(label for label in labels if label not in axes)
    if any(len(sizes) != len(kept) for sizes in results):
        return None
    found = tuple(labels if sizes == operands[0] else (None,) * len(sizes) for sizes in operands)
    return Correspondence(found, (kept,) * len(results))


def _reshape(
    node: Node, operands: Sequence[Sizes], results: Sequence[Sizes]
) -> Correspondence | None:
    """The outermost dimensions of those that become one another belong together."""
    old, new = operands[0], results[0]
    before: list[int | None] = [None] * len(old)
    after: list[int | None] = [None] * len(new)
    left = [(place, size) for place, size in enumerate(old) if size != 1]
    right = [(place, size) for place, size in enumerate(new) if size != 1]
    i = j = label = 0
    while i < len(left) and j < len(right):
        before[left[i][0]] = after[right[j][0]] = label
        label += 1
        rest, other = left[i][1], right[j][1]
        i, j = i + 1, j + 1
        while rest != other:
            if rest < other and i < len(left):
                rest *= left[i][1]
                i += 1
            elif other < rest and j < len(right):
                other *= right[j][1]
                j += 1
            else:
                return None
    return Correspondence((tuple(before),), (tuple(after),), is_exact=True)


def _same_rank(
    node: Node, operands: Sequence[Sizes], results: Sequence[Sizes]
) -> Correspondence | None:
    """Dimensions that keep their sizes belong together, those that change are whole."""
    result = results[0]
    kept = [True] * len(result)
    alike = [sizes for sizes in operands if len(sizes) == len(result) and result]
    for sizes in alike:
        for place, size in enumerate(sizes):
            kept[place] = kept[place] and size == result[place]
    axis = node.attributes.get("axis")
    touched = [axis] if isinstance(axis, int) and node.operation in _ALONG_AXIS else []
    for place in (*touched, *_integers(node, "axes" if node.operation == "reverse" else "")):
        kept[place] = False
    labels = tuple(place if keeps else None for place, keeps in enumerate(kept))
    found = tuple(
        labels if len(sizes) == len(result) else (None,) * len(sizes) for sizes in operands
    )
    return Correspondence(found, (labels,) * len(results))


def _general_gather(
    node: Node, operands: Sequence[Sizes], results: Sequence[Sizes]
) -> Correspondence | None:
    """Rows of a table: a table divided along what is looked up gives sums of masked rows."""
    table, indices = operands[0], operands[1]
    offsets = _integers(node, "offset_dims")
    sizes = _integers(node, "slice_sizes")
    collapsed = set(_integers(node, "collapsed_slice_dims"))
    batching = set(_integers(node, "operand_batching_dims"))
    vector = node.attributes.get("index_vector_dim")
    result: list[int | None] = list(_all(results[0]))
    numbers = count(len(result))
    labels: list[int | None] = []
    blocks = iter(offsets)
    for place, size in enumerate(table):
        if place in collapsed:
            labels.append(next(numbers))
        elif place in batching:
            labels.append(None)
        else:
            target = next(blocks, None)
            if target is None:
                return None
            whole = sizes[place] == size
            labels.append(target if whole else None)
            if not whole:
                result[target] = None
    rows = iter([place for place in range(len(result)) if place not in offsets])
    found = tuple(None if place == vector else next(rows, None) for place in range(len(indices)))
    rest = tuple((None,) * len(each) for each in operands[2:])
    return Correspondence((tuple(labels), found, *rest), (tuple(result),))


_ALONG_AXIS: Final = frozenset({"concatenate", "sort", "cumulative", "top_k"})

_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "broadcast_in_dim": _broadcast_in_dim,
        "dot_general": _dot_general,
        "general_gather": _general_gather,
        "reduce": _reduce,
        "reshape": _reshape,
        "transpose": _transpose,
        "copy": _per_element,
        "identity": _per_element,
        "all_reduce": _per_element,
        **dict.fromkeys(
            (
                "concatenate", "cumulative", "dynamic_slice", "dynamic_update_slice", "pad",
                "reverse", "slice", "sort",
            ),
            _same_rank,
        ),
    }
)  # fmt: skip
