"""Shardings of all values, as far as they follow from those that the file states.

Forwards only: where operands are divided in ways that do not agree, a compiler chooses, so the
result is not known and the operands may be brought together on each device. What is not known is
between an even part and the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import Graph, Node
from cyborg_rr.domain.graph.inference.typed import InnerBlocks, TypedBlock, TypedGraph
from cyborg_rr.domain.graph.sharding.placements import (
    Placement,
    Placements,
    agree,
    agree_all,
    find_rank,
)
from cyborg_rr.domain.graph.sharding.visiting import Visit
from cyborg_rr.domain.graph.shardings import Sharding, whole

_ROUNDS: Final = 4
"""How often a loop is looked at until its values are divided as they were before."""

_VISITS: Final = 8
"""How often a function is looked at for other shardings of its arguments."""


def propagate(typed: TypedGraph) -> Placements:
    """Carry the shardings of a graph's arguments through all of its nodes."""
    found = _Propagation(typed.graph)
    body = typed.body
    for name in (*body.block.inputs, *body.block.stored):
        found.place(body, name, _place_argument(typed, name))
    found.walk(body)
    return found.placements


def _place_argument(typed: TypedGraph, name: str) -> Placement:
    stated = typed.graph.shardings.get(name)
    stored = typed.body.block.stored.get(name)
    if stated is not None:
        return stated
    if stored is not None and stored.kind == "constant":
        return "free"
    rank = find_rank(typed.body.types[name])
    return whole(0) if rank == 0 else "unknown"


class _Propagation:
    """Walks blocks in order; a called function again when it is called with other shardings."""

    def __init__(self, graph: Graph) -> None:
        self.placements = Placements()
        self._stated = graph.shardings
        self._visits: dict[int, list[tuple[Placement, ...]]] = {}

    def place(self, typed: TypedBlock, name: str, placement: Placement) -> None:
        """Note a placement; two that differ make it unknown."""
        key = id(typed), name
        known = self.placements.values.get(key, placement)
        self.placements.values[key] = agree(known, placement)

    def walk(self, typed: TypedBlock) -> None:
        """All nodes of a block whose inputs are placed."""
        for name, stored in typed.block.stored.items():
            if (id(typed), name) not in self.placements.values:
                free = stored.kind == "constant"
                self.place(typed, name, "free" if free else self._stated.get(name, "unknown"))
        for index, node in enumerate(typed.block.nodes):
            inner = typed.inner.get(index)
            if inner is None:
                self._visit(typed, index, node)
            else:
                self._enter(typed, node, inner)

    # ---- blocks within nodes

    def _enter(self, typed: TypedBlock, node: Node, inner: InnerBlocks) -> None:
        operands = [self.placements.find(typed, name) for name in node.inputs if name]
        if node.operation == "while":
            results = self._loop(inner.blocks, operands)
        elif node.operation in ("call", "if", "case"):
            operands = operands if node.operation == "call" else []
            each = [self._run(block, operands) for block in inner.blocks]
            results = [agree_all(places) for places in zip(*each, strict=False)]
        else:
            for block in inner.blocks:
                self._run(block, [])
            results = []
        for place, name in enumerate(node.outputs):
            if name:
                found = results[place] if place < len(results) else "unknown"
                self.place(typed, name, self._stated.get(name, found))

    def _loop(self, blocks: Sequence[TypedBlock], operands: list[Placement]) -> list[Placement]:
        carried = operands
        for _ in range(_ROUNDS):
            results = self._run(blocks[-1], carried)
            agreed = [agree(a, b) for a, b in zip(carried, results, strict=False)]
            if agreed == carried:
                break
            carried = agreed
        else:
            carried = ["unknown"] * len(operands)
            self._run(blocks[-1], carried)
        self._run(blocks[0], carried)
        return carried

    def _run(self, block: TypedBlock, operands: Sequence[Placement]) -> list[Placement]:
        """Walk a block with these placements of its inputs; those of its outputs come back."""
        visits = self._visits.setdefault(id(block), [])
        if tuple(operands) not in visits:
            visits.append(tuple(operands))
            is_known = len(visits) <= _VISITS
            for place, name in enumerate(block.block.inputs):
                is_there = is_known and place < len(operands)
                self.place(block, name, operands[place] if is_there else "unknown")
            self.walk(block)
        return [self.placements.find(block, name) for name in block.block.outputs]

    # ---- nodes

    def _visit(self, typed: TypedBlock, index: int, node: Node) -> None:
        made = Visit(self.placements, typed, node)
        stated = self._find_stated(typed, node)
        if stated is None:
            for name, found in zip(node.outputs, made.find(), strict=True):
                if name:
                    self.place(typed, name, found)
        else:
            for name, wanted in zip(node.outputs, stated, strict=True):
                made.require(wanted, name)
                self.place(typed, name, wanted)
        self.placements.shares[id(typed), index] = made.share

    def _find_stated(self, typed: TypedBlock, node: Node) -> list[Sharding] | None:
        """How the file divides the results; None unless it says so of all."""
        found = [self._stated.get(name) for name in node.outputs]
        stated = [
            each
            for name, each in zip(node.outputs, found, strict=True)
            if each is not None and len(each.dimensions) == find_rank(typed.types[name])
        ]
        return stated if node.inputs and len(stated) == len(found) > 0 else None
