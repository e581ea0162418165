"""Recognises how the converter spells that an element of a list of tensors is written.

TFLite has no lists: the converter makes one tensor of all elements and writes one as
``CONCATENATION(SLICE(all, 0, [i, -1...]), element, SLICE(all, [i + 1, 0...], -1))`` (lowering of
TensorListSetItem, tensorflow/compiler/mlir/lite/transforms/lower_static_tensor_list.cc). Read as it
stands, nothing says that the result is as long as before, so that a loop that fills a list would
have no known size: it is told as a row that is written in place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from cyborg_rr.readers.tflite.model import Subgraph, TfliteOperator

Values = Callable[[int], tuple[int, ...] | None]
"""The whole numbers that are stored for a tensor."""

UPDATES = "updates"
"""Marks a concatenation of which the first operand is written at the places of the others."""


@dataclass(slots=True)
class _Reading:
    """A subgraph with which operator yields each of its tensors."""

    subgraph: Subgraph
    values: Values
    makers: dict[int, int]

    def find(self, tensor: int, operation: str) -> tuple[int, TfliteOperator] | None:
        """The operator of that name that yields a tensor, with its place."""
        place = self.makers.get(tensor)
        if place is None:
            return None
        operator = self.subgraph.operators[place]
        return (place, operator) if _is(operator, operation) else None

    def is_all(self, tensor: int, value: int) -> bool:
        """Whether a tensor is stored and has only this number."""
        found = self.values(tensor)
        return bool(found) and set(found or ()) == {value}

    def follows(self, later: int, earlier: int) -> bool:
        """Whether a number is one more than another."""
        added = self.find(later, "ADD")
        if added is None or len(added[1].inputs) != 2:
            return False
        left, right = added[1].inputs
        return (left == earlier and self.is_all(right, 1)) or (
            right == earlier and self.is_all(left, 1)
        )

    def find_lead(self, tensor: int, rest: int) -> tuple[tuple[int, ...], int, int, int] | None:
        """Of ``[i, rest...]``: the operators, ``i``, its vector and the rest."""
        joined = self.find(tensor, "CONCATENATION")
        if joined is None or len(joined[1].inputs) != 2:
            return None
        vector, others = joined[1].inputs
        shaped = self.find(vector, "RESHAPE")
        if shaped is None or not shaped[1].inputs or not self.is_all(others, rest):
            return None
        return (joined[0], shaped[0]), shaped[1].inputs[0], vector, others


def tell_updates(subgraph: Subgraph, values: Values) -> Subgraph:
    """The subgraph with each such concatenation told as an update, and what only it read gone."""
    if sum(_is(each, "SLICE") for each in subgraph.operators) < 2:
        return subgraph
    makers = {
        tensor: place
        for place, operator in enumerate(subgraph.operators)
        for tensor in operator.outputs
    }
    reading = _Reading(subgraph, values, makers)
    operators = list(subgraph.operators)
    loose: set[int] = set()
    for place, operator in enumerate(subgraph.operators):
        found = _find_update(reading, operator)
        if found is not None:
            operators[place], left = found
            loose.update(left)
    return replace(subgraph, operators=_without_unread(subgraph, operators, loose))


def _find_update(
    reading: _Reading, operator: TfliteOperator
) -> tuple[TfliteOperator, tuple[int, ...]] | None:
    """The update that a concatenation is, and the operators that it may have been alone to read."""
    if not _is(operator, "CONCATENATION") or len(operator.inputs) != 3:
        return None
    if operator.options.get("axis") != 0 or operator.options.get("fused"):
        return None
    before, row, after = operator.inputs
    first, last = reading.find(before, "SLICE"), reading.find(after, "SLICE")
    if first is None or last is None or len(first[1].inputs) != 3 or len(last[1].inputs) != 3:
        return None
    whole, start, size = first[1].inputs
    also, begin, rest = last[1].inputs
    lead, behind = reading.find_lead(size, -1), reading.find_lead(begin, 0)
    if lead is None or behind is None or whole != also or row < 0:
        return None
    if reading.subgraph.tensors[row].shape[:1] != (1,) or not reading.is_all(start, 0):
        return None
    if not reading.is_all(rest, -1) or not reading.follows(behind[1], lead[1]):
        return None
    inputs = (whole, row, lead[2], behind[3])
    update = replace(operator, inputs=inputs, options={**operator.options, UPDATES: True})
    return update, (first[0], last[0], *lead[0], *behind[0])


def _without_unread(
    subgraph: Subgraph, operators: list[TfliteOperator], loose: set[int]
) -> tuple[TfliteOperator, ...]:
    """The operators but those of ``loose`` whose results nobody reads any more."""
    reads = Counter(subgraph.outputs)
    for operator in operators:
        reads.update(operator.inputs)
    gone = set()
    for place in sorted(loose, reverse=True):
        if not any(reads[tensor] for tensor in operators[place].outputs):
            gone.add(place)
            reads.subtract(operators[place].inputs)
    return tuple(each for place, each in enumerate(operators) if place not in gone)


def _is(operator: TfliteOperator, operation: str) -> bool:
    return not operator.domain and operator.operation == operation
