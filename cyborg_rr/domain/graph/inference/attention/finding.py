"""Attention in a block: two products with a softmax of the scores between them.

It counts as one operation where nobody else reads scores or probabilities, so that a kernel which
never stores them computes the same: the softmax is along the keys, which is what the second product
sums over, and scores are only scaled, capped, masked or biased. The walk begins at each softmax and
ends at the next product, so that it is as long as the steps of all attentions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.inference.attention.labels import Product, find_product
from cyborg_rr.domain.graph.inference.attention.links import Links, link
from cyborg_rr.domain.graph.inference.attention.softmaxes import (
    Softmax,
    find_reduced,
    list_softmaxes,
)
from cyborg_rr.domain.graph.inference.attention.steps import (
    OF_PROBABILITIES,
    OF_SCORES,
    is_rearranging,
    list_sources,
    move_axis,
)
from cyborg_rr.domain.graph.inference.recognised import Attention
from cyborg_rr.domain.graph.inference.typed import TypedBlock

_ANCHORS: Final = frozenset({"softmax", "exp"})
_MAX_STEPS: Final = 24
_SCALING: Final = frozenset({"multiply", "divide"})
_ASKING: Final = frozenset({"compare", "not", "is_inf"})
_MAX_STEPS_TO_ROWS: Final = 3
_NOBODY: Final = -1

MAX_WIDTH: Final = 256
"""The widest heads that kernels are made for which store no scores (Dao-AILab/flash-attention,
README: "all head dimensions up to 256"; 2026-11-27)."""


def find_attentions(typed: TypedBlock) -> tuple[Attention, ...]:
    """The attentions that a block spells out, in the order of their softmaxes; found once."""
    if typed.attentions is None:
        names = {node.operation for node in typed.block.nodes}
        typed.attentions = tuple(_find(link(typed))) if names & _ANCHORS else ()
    return typed.attentions


def _find(links: Links) -> Iterator[Attention]:
    taken: set[int] = set()
    for softmax in list_softmaxes(links):
        found = _find_around(links, softmax)
        if found is not None and taken.isdisjoint(found.nodes):
            taken |= found.nodes
            yield found


@dataclass(frozen=True, slots=True)
class _End:
    """Where a walk from a softmax ends: the product, the label of the keys, the steps between."""

    index: int
    product: Product
    keys: str
    steps: frozenset[int]
    place: int = 0


def _find_around(links: Links, softmax: Softmax) -> Attention | None:
    after = _descend(links, softmax)
    before = None if after is None else _climb(links, softmax)
    if before is None or after is None:
        return None
    first, second = before.product, after.product
    turned = int(before.keys in first.left)
    summed, others = first.summed, second.result
    queries = frozenset(first.side(turned)) - first.batch - summed
    values = frozenset(second.side(1 - after.place)) - second.batch - second.summed
    if before.keys not in frozenset(first.side(1 - turned)) or not summed or not values:
        return None
    if second.summed != {after.keys} or not queries or others is None:
        return None
    core = before.steps | after.steps | {before.index, after.index, *softmax.nodes}
    inputs = links.nodes[before.index].inputs
    query = _look_through(links, inputs[turned])
    key = _look_through(links, inputs[1 - turned])
    value = _look_through(links, links.nodes[after.index].inputs[1 - after.place])
    result = links.nodes[after.index].outputs[0]
    turns, result = _look_behind(links, result)
    aside = query.steps | key.steps | value.steps | turns
    width, value_width = first.count(summed), second.count(values)
    if max(width, value_width) > MAX_WIDTH or _is_stored(links, key.name, value.name):
        return None
    scores = first.result
    keys = first.sizes[before.keys]
    return Attention(
        first=before.index,
        last=after.index,
        core=frozenset(core),
        aside=frozenset(aside),
        heads=first.count(scores) // max(first.count(queries) * keys, 1),
        queries=first.count(queries),
        keys=keys,
        width=width,
        value_width=value_width,
        scores=links.nodes[before.index].outputs[0],
        called=query.scaled and key.scaled,
    )


def _climb(links: Links, softmax: Softmax) -> _End | None:
    """From the operand of a softmax up to the product that makes the scores."""
    readers = set(links.readers.get(softmax.source, ())) - set(softmax.nodes)
    side = frozenset[int]()
    for reader in readers:
        rows = _end_in_rows(links, reader, softmax.axis)
        if rows is None:
            return None
        side |= rows
    return _climb_from(links, softmax.source, softmax.axis, side, _MAX_STEPS)


def _end_in_rows(links: Links, index: int, axis: int) -> frozenset[int] | None:
    """The nodes that tell of whole rows whether they are masked; None where this is no such."""
    steps: set[int] = set()
    while index >= 0 and len(steps) < _MAX_STEPS_TO_ROWS:
        node = links.nodes[index]
        if steps and find_reduced(links, node) == axis:
            return frozenset({*steps, index})
        if node.operation not in _ASKING or not node.outputs:
            return None
        steps.add(index)
        index = links.find_reader(node.outputs[0]) or _NOBODY
    return None


def _climb_from(
    links: Links, name: str, axis: int, steps: frozenset[int], budget: int
) -> _End | None:
    index = links.makers.get(name)
    if index is None or budget == 0:
        return None
    node = links.nodes[index]
    product = find_product(links, node)
    if product is not None:
        if axis >= len(product.result) or product.result[axis] in product.batch:
            return None
        return _End(index, product, product.result[axis], steps)
    for source in list_sources(links, index, OF_SCORES):
        if links.find_reader(source) != index:
            continue
        place = move_axis(links, node, axis, source, back=True)
        if place is not None:
            found = _climb_from(links, source, place, steps | {index}, budget - 1)
            if found is not None:
                return found
    return None


def _descend(links: Links, softmax: Softmax) -> _End | None:
    """From the probabilities down to the product that sums over the keys."""
    name, axis = softmax.result, softmax.axis
    steps: set[int] = set()
    for _ in range(_MAX_STEPS):
        index = _find_next(links, name, steps)
        if index is None:
            return None
        node = links.nodes[index]
        product = find_product(links, node)
        if product is not None:
            if node.inputs[:2].count(name) != 1 or name in node.inputs[2:]:
                return None
            place = node.inputs.index(name)
            side = product.side(place)
            if axis >= len(side) or side[axis] not in product.summed:
                return None
            return _End(index, product, side[axis], frozenset(steps), place)
        if name not in list_sources(links, index, OF_PROBABILITIES):
            return None
        moved = move_axis(links, node, axis, name, back=False)
        if moved is None:
            return None
        steps.add(index)
        name, axis = node.outputs[0], moved
    return None


def _find_next(links: Links, name: str, steps: set[int]) -> int | None:
    """Who reads probabilities; one that asks whether they are numbers goes with who chooses."""
    readers = links.readers.get(name, ())
    asking = [each for each in readers if each >= 0 and links.nodes[each].operation == "is_nan"]
    others = [each for each in readers if each not in asking]
    if len(others) != 1 or others[0] < 0 or len(asking) > 1:
        return None
    if asking:
        answers = links.nodes[asking[0]].outputs
        if len(answers) != 1 or links.find_reader(answers[0]) != others[0]:
            return None
        steps.add(asking[0])
    return others[0]


@dataclass(frozen=True, slots=True)
class _Operand:
    """The steps that only arrange or scale an operand for the product, and what they begin at."""

    name: str
    steps: frozenset[int]
    scaled: bool


def _look_through(links: Links, name: str) -> _Operand:
    """What a kernel does to an operand as it reads it: turns heads, and multiplies by a number."""
    steps: list[int] = []
    pending: list[int] = []
    scaled = False
    for _ in range(_MAX_STEPS):
        index = links.makers.get(name)
        if index is None or links.find_reader(name) is None:
            break
        source = _find_scaled(links, index)
        if source is not None:
            scaled = True
        elif is_rearranging(links, index):
            source = links.nodes[index].inputs[0]
        else:
            break
        pending.append(index)
        steps, pending = [*steps, *pending], []
        name = source
    return _Operand(name, frozenset(steps), scaled)


def _is_stored(links: Links, *names: str) -> bool:
    """Whether keys and values are weights: a choice among embeddings, of no sequence."""
    return all(links.typed.is_parameter(name) for name in names)


def _find_scaled(links: Links, index: int) -> str | None:
    """What a node multiplies by a number that is the same for all elements."""
    node = links.nodes[index]
    if node.operation not in _SCALING or len(node.inputs) != 2:
        return None
    for name, other in (node.inputs, node.inputs[::-1]):
        if links.count_elements(other) == 1 and links.count_elements(name) > 1:
            return name
    return None


def _look_behind(links: Links, name: str) -> tuple[frozenset[int], str]:
    """The steps that only arrange the result, with what it becomes."""
    steps: set[int] = set()
    for _ in range(_MAX_STEPS):
        index = links.find_reader(name)
        if index is None or not is_rearranging(links, index):
            break
        steps.add(index)
        name = links.nodes[index].outputs[0]
    return frozenset(steps), name
