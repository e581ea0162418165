"""Softmaxes of a block: single operations, and those that are spelled out.

Spelled out, a softmax is the exponentials over their sum; what the largest is subtracted from
before is the operand. Exporters may sum in a wider type than they keep the exponentials in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.attention.links import Links

_SPREADING: Final = frozenset(
    {"broadcast_in_dim", "expand", "reshape", "unsqueeze", "convert", "reciprocal", "maximum"}
    | {"add", "copy", "squeeze", "optimization_barrier"}
)
"""What may stand between a sum or largest element of rows and where each element meets it."""

_OF_TWO: Final = frozenset({"add", "maximum"})
_MAX_STEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Softmax:
    """The nodes that make it up, the value it is of, its result and the dimension it is along."""

    nodes: tuple[int, ...]
    source: str
    result: str
    axis: int


def list_softmaxes(links: Links) -> Iterator[Softmax]:
    """In the order of the nodes that they begin with."""
    for index, node in enumerate(links.nodes):
        if node.operation == "softmax" and node.inputs and node.outputs:
            axis = _find_axis(links, node)
            if axis is not None:
                yield Softmax((index,), node.inputs[0], node.outputs[0], axis)
        elif node.operation == "exp" and node.inputs and node.outputs:
            found = _spell(links, index)
            if found is not None:
                yield found


def _find_axis(links: Links, node: Node) -> int | None:
    """The dimension of a softmax; None where it is along several at once."""
    rank = len(links.shape_of(node.inputs[0]))
    flattened, axis = node.attributes.get("flatten_axis"), node.attributes.get("axis", -1)
    if isinstance(flattened, int):
        return rank - 1 if rank and flattened % rank == rank - 1 else None
    return axis % rank if rank and isinstance(axis, int) else None


def _spell(links: Links, index: int) -> Softmax | None:
    """The softmax whose exponentials a node makes."""
    powers = links.nodes[index].outputs[0]
    quotient: int | None = None
    total: tuple[int, int] | None = None
    nodes = {index}
    for reader in _list_readers(links, powers, nodes):
        axis = _find_reduced(links, reader, "sum")
        if axis is not None and total is None:
            total = reader, axis
        elif quotient is None and _is_quotient(links, reader):
            quotient = reader
        else:
            return None
    if total is None or quotient is None or not _meets(links, quotient, powers, total[0], nodes):
        return None
    nodes |= {total[0], quotient}
    source = _find_source(links, index, total[1], nodes)
    if source is None:
        return None
    return Softmax(tuple(sorted(nodes)), source, links.nodes[quotient].outputs[0], total[1])


def _is_quotient(links: Links, index: int) -> bool:
    if _names(links, index) not in ("divide", "multiply"):
        return False
    node = links.nodes[index]
    return len(node.inputs) == 2 and len(node.outputs) == 1


def _names(links: Links, index: int) -> str:
    return links.nodes[index].operation if index >= 0 else ""


def _list_readers(links: Links, name: str, nodes: set[int]) -> list[int]:
    """Who reads a value, conversions looked through, which are added to ``nodes``."""
    found: list[int] = []
    for reader in links.readers.get(name, ()):
        if _names(links, reader) == "convert" and links.nodes[reader].outputs:
            nodes.add(reader)
            found += links.readers.get(links.nodes[reader].outputs[0], ())
        else:
            found.append(reader)
    return list(dict.fromkeys(found))


def _find_reduced(links: Links, index: int, function: str) -> int | None:
    """The one dimension along which a node reduces by a function."""
    if index < 0 or links.nodes[index].attributes.get("function") != function:
        return None
    return find_reduced(links, links.nodes[index])


def find_reduced(links: Links, node: Node) -> int | None:
    """The one dimension along which a node reduces; None where it does not, or along several."""
    if node.operation != "reduce" or not node.inputs:
        return None
    axes: object = node.attributes.get("axes")
    if axes is None and len(node.inputs) > 1:
        axes = links.typed.value_of(node.inputs[1])
    rank = len(links.shape_of(node.inputs[0]))
    first = axes[0] if isinstance(axes, tuple) and len(axes) == 1 else None
    return first % rank if isinstance(first, int) and rank else None


def _meets(links: Links, quotient: int, powers: str, total: int, nodes: set[int]) -> bool:
    """Whether a quotient is that of the powers and of what their sum became."""
    node = links.nodes[quotient]
    operands = [name for name in node.inputs if name]
    if node.operation == "divide":
        operands = operands[1:]
    return any(name != powers and _descends(links, name, total, nodes) for name in operands)


def _descends(links: Links, name: str, ancestor: int, nodes: set[int]) -> bool:
    """Whether a value only spreads what a node makes; the steps between are added to ``nodes``."""
    steps: set[int] = set()
    for _ in range(_MAX_STEPS):
        maker = links.makers.get(name)
        if maker is None:
            return False
        if maker == ancestor:
            nodes |= steps
            return True
        steps.add(maker)
        source = _find_spread(links, links.nodes[maker])
        if source is None:
            return False
        name = source
    return False


def _find_spread(links: Links, node: Node) -> str | None:
    """What a step spreads: its operand, or of two the one that is no number."""
    if node.operation == "divide":
        is_inverse = len(node.inputs) == 2 and links.count_elements(node.inputs[0]) == 1
        return node.inputs[1] if is_inverse else None
    if node.operation not in _SPREADING:
        return None
    made = [each for each in node.inputs if each in links.makers]
    if node.operation in _OF_TWO:
        made = [each for each in made if _is_of_rows(links, each)]
    return made[0] if made else None


def _is_of_rows(links: Links, name: str) -> bool:
    """Whether a value follows from a reduction and not from a number alone."""
    node = links.nodes[links.makers[name]]
    inputs = node.inputs[:1]
    return node.operation == "reduce" or any(links.count_elements(each) > 1 for each in inputs)


def _find_source(links: Links, exponential: int, axis: int, nodes: set[int]) -> str | None:
    """What the softmax is of: the largest of each row may be subtracted from it before.

    None where somebody else reads it, so that it is kept.
    """
    operand = links.nodes[exponential].inputs[0]
    maker = links.makers.get(operand)
    if links.find_reader(operand) is None:
        return None
    if maker is None or _names(links, maker) != "subtract" or len(links.nodes[maker].inputs) != 2:
        return operand
    source, largest = links.nodes[maker].inputs
    own: set[int] = set()
    readers = _list_readers(links, source, own)
    peaks = [each for each in readers if _find_reduced(links, each, "max") == axis]
    if not peaks:
        return operand
    if set(readers) - {maker, peaks[0]} or not _descends(links, largest, peaks[0], own):
        return None
    nodes |= own | {maker, peaks[0]}
    return source
