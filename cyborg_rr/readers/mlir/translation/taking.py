"""Loops that look for places, or take elements from places: argmax, embeddings, resizing."""

from __future__ import annotations

import math
from typing import Final

from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.loops import Loops

_POINTS: Final = 2
"""Values with their places: results of an argmax."""


def find_places(loops: Loops) -> list[Step] | None:
    """The largest or smallest elements along a dimension and where they stand."""
    node = loops.node
    if len(node.outputs) != _POINTS or len(loops.reduced) != 1 or not node.inputs:
        return None
    names = [each.name.rpartition(".")[2] for each in loops.body]
    if "select" not in names or loops.plain[0] != loops.whole:
        return None
    words = [word for each in loops.body for word in each.words]
    smaller = any(word[-2:] in ("lt", "le") for word in words) or "minimumf" in names
    function = "min" if smaller else "max"
    types = node.result_types
    place = next((k for k, t in enumerate(types) if (t.element_type or "f")[0] in "iu"), None)
    if len(types) != _POINTS or place is None:
        return None
    values = node.outputs[1 - place : 2 - place]
    return [
        node.step("reduce", node.inputs[:1], values, function=function, axes=loops.reduced),
        node.step("reduce", node.inputs[:1], node.outputs[place : place + 1],
                  function=f"arg{function}", axes=loops.reduced,
                  element_type=types[place].element_type),
    ]  # fmt: skip


def take_rows(loops: Loops) -> list[Step] | None:
    """``tensor.extract`` at an index that an operand holds: rows of a table, as embeddings are."""
    node = loops.node
    taken = [each for each in loops.body if each.name == "tensor.extract"]
    if len(taken) != 1 or loops.reduced or len(node.outputs) != 1 or not taken[0].operands:
        return None
    origins: dict[str, object] = {name: name for name, _ in loops.block.arguments}
    for operation in loops.body:
        name = operation.name.rpartition(".")[2]
        if not operation.results:
            continue
        if operation.name == "linalg.index":
            origins[operation.results[0]] = next(iter(operation.numbers), -1)
        elif name.startswith("index_cast") and operation.operands:
            origins[operation.results[0]] = origins.get(operation.operands[0])
    table, *indices = *taken[0].operands, *taken[0].indices
    data = node.resolve(table)
    known = node.find_type(data) if data else None
    held = [place for place, each in enumerate(indices) if isinstance(origins.get(each), str)]
    if known is None or known.shape is None or len(known.shape) != len(indices) or len(held) != 1:
        return None
    argument = str(origins[indices[held[0]]])
    places = [place for place, (name, _) in enumerate(loops.block.arguments) if name == argument]
    if not places or places[0] >= loops.inputs:
        return None
    if len(known.shape) - 1 + (node.rank(places[0]) or 0) != loops.rank:
        return None  # some dimensions are those of both
    return [node.step("gather", (data, node.inputs[places[0]]), axis=held[0])]


def take_elements(loops: Loops) -> list[Step] | None:
    """``tensor.extract`` at places that are reckoned: as many elements as the result has."""
    node = loops.node
    last = loops.block.operations[-1].operands
    taken = [each for each in loops.body if each.name == "tensor.extract"]
    sizes = find_static(node.result.shape)
    if len(taken) != 1 or list(taken[0].results) != list(last) or loops.reduced or sizes is None:
        return None
    data = node.resolve(taken[0].operands[0]) if taken[0].operands else ""
    known = node.find_type(data) if data else None
    if known is None or known.elements is None:
        return None
    row, places, found = (node.fresh(word) for word in ("row", "places", "elements"))
    count = math.prod(sizes)
    return [
        node.step("reshape", (data,), (row,), shape=(known.elements,)),
        node.step("iota", (), (places,), shape=(count,), axis=0, element_type="i64"),
        node.step("gather", (row, places), (found,), axis=0),
        node.step("reshape", (found,), shape=sizes, allow_zero=True),
    ]
