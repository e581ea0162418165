"""Brings the nodes of an ONNX graph into an order that runs, and refuses values without sense."""

from __future__ import annotations

import heapq

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.dialects.onnx.schema import OnnxGraph, OnnxNode
from cyborg_rr.readers.dialects.onnx.scope import Scope


def check_definitions(graph: OnnxGraph) -> None:
    """Each value has one definition in a graph (an initializer may be listed as an input too)."""
    defined = set(graph.inputs) | set(graph.stored)
    for node in graph.nodes:
        for name in node.outputs:
            if not name:
                continue
            if name in defined:
                raise UnreadableModel(f"{node.place} defines {quote(name)} a second time")
            defined.add(name)


def order_nodes(graph: OnnxGraph, scope: Scope) -> list[OnnxNode]:
    """The nodes so that each comes after what it reads; the file's own list where that holds.

    Raises ``UnreadableModel`` for a value that is never defined, and for a circle.
    """
    made_here = {name for node in graph.nodes for name in node.outputs if name}
    ready: set[str] = set()
    reads = [_reads(node) for node in graph.nodes]
    in_order = True
    for node, names in zip(graph.nodes, reads, strict=True):
        for name in names:
            if name in ready:
                continue
            if name in made_here:
                in_order = False
            elif not scope.defines(name):
                raise UnreadableModel(f"{node.place} reads {quote(name)}, which nothing defines")
        ready.update(node.outputs)
    if in_order:
        return graph.nodes
    return _sorted(graph.nodes, reads, made_here)


def _reads(node: OnnxNode) -> dict[str, None]:
    """Names that a node needs: its inputs, and what the graphs within take from around them.

    In the order of the file, so that the same fault is named each time.
    """
    names = dict.fromkeys(filter(None, node.inputs))
    for graph in node.graphs.values():
        own = {*graph.inputs, *graph.stored}
        for inner in graph.nodes:
            own.update(inner.outputs)
        for inner in graph.nodes:
            names.update({name: None for name in _reads(inner) if name not in own})
        names.update({name: None for name in graph.outputs if name not in own})
    return names


def _sorted(
    nodes: list[OnnxNode], reads: list[dict[str, None]], made_here: set[str]
) -> list[OnnxNode]:
    """Kahn's algorithm, the earliest node in the file first."""
    maker = {name: index for index, node in enumerate(nodes) for name in node.outputs if name}
    needs = [{maker[name] for name in names if name in made_here} for names in reads]
    waiting: list[list[int]] = [[] for _ in nodes]
    for index, needed in enumerate(needs):
        for other in needed:
            waiting[other].append(index)
    missing = [len(needed) for needed in needs]
    ready = [index for index, count in enumerate(missing) if not count]
    order: list[OnnxNode] = []
    while ready:
        index = heapq.heappop(ready)
        order.append(nodes[index])
        for other in waiting[index]:
            missing[other] -= 1
            if not missing[other]:
                heapq.heappush(ready, other)
    if len(order) != len(nodes):
        stuck = next(index for index, count in enumerate(missing) if count)
        raise UnreadableModel(f"{nodes[stuck].place} depends on its own result")
    return order
