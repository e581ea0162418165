"""Loops of an exported program: map, scan and while_loop, whose graphs become blocks.

torch/_higher_order_ops: ``map_impl(f, xs, others)``, ``scan(f, init, xs, others)`` and
``while_loop(condition, body, carried, others)``. What is the same in each run is read from around.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node
from cyborg_rr.readers.dialects.aten.arguments import Arguments
from cyborg_rr.readers.kit.steps import Step, make_nodes

BlockMaker = Callable[[str, Mapping[str, object], int, tuple[str, ...]], Block | None]
"""Makes a block of a graph by its name, how many inputs it has, and what it reads from around."""

_PARTS: Final[Mapping[str, tuple[int, int]]] = {
    "map_impl": (1, 0), "scan": (1, 1), "while_loop": (2, 1),
}  # fmt: skip
"""By operation: how many graphs it has, and how many lists of values it carries along."""


def is_loop(operation: tuple[str, str], arguments: Arguments) -> bool:
    """Whether an operation runs the graphs that it is given over and over."""
    domain, name = operation
    return (
        domain == "higher_order" and name in _PARTS and (len(arguments.graphs) == _PARTS[name][0])
    )


def draw_loop(
    name: str,
    arguments: Arguments,
    outputs: tuple[str, ...],
    native_name: str,
    label: str,
    make_block: BlockMaker,
) -> list[Node] | None:
    """The loop as a canonical node; None where its operands are not those of its graphs."""
    graphs, states = _PARTS[name]
    lists = [_list_values(arguments, key) for key in arguments.order[graphs:]]
    while len(lists) < 3:
        lists.append(())
    carried = lists[0] if states else ()
    scanned = () if name == "while_loop" else lists[states]
    others = lists[1] if name == "while_loop" or not states else lists[2]
    operands = (*carried, *scanned)
    blocks = [
        make_block(called, graph, len(operands), others) for called, graph in arguments.graphs
    ]
    found = tuple(block for block in blocks if block is not None)
    if len(found) != len(blocks):
        return None
    wanted = len(outputs)
    if len(found[-1].outputs) != wanted or wanted < len(carried):
        raise UnreadableModel(f"{label} and its graph have different numbers of results")
    if name == "while_loop":
        if wanted != len(carried) or len(found[0].outputs) != 1:
            raise UnreadableModel(f"{label} carries {len(carried)} values, unlike its graphs")
        return make_nodes([Step("while", operands, outputs, {})], native_name, label, found)
    if not scanned:
        return None
    step = Step("scan", operands, outputs, {"num_scan_inputs": len(scanned)})
    return make_nodes([step], native_name, label, found)


def _list_values(arguments: Arguments, key: str) -> tuple[str, ...]:
    """The values of one list of operands; numbers that the exporter knew are none."""
    if key in arguments.tensors:
        return tuple(filter(None, arguments.tensors[key]))
    return Arguments(plain={key: arguments.plain.get(key)}, order=[key]).operands()
