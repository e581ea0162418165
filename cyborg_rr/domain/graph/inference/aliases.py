"""Which values of a block share memory: views, tuples, values that a loop hands on untouched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.control_flow import scan_operands
from cyborg_rr.domain.graph.inference.loops.carried import invariant_places
from cyborg_rr.domain.graph.operations.declaring.operation import Operation

MAX_MEMBERS: Final = 5_000_000
"""Of all tuples of a block together; tuples of tuples could otherwise grow without bound."""


class Aliases:
    """The root (the value that owns the memory) of every value, built in the order of nodes."""

    def __init__(self) -> None:
        self._roots: dict[str, str] = {}
        self._elements: dict[str, tuple[str, ...]] = {}
        self._members: dict[str, tuple[str, ...]] = {}
        self._member_count = 0

    def root(self, name: str) -> str:
        """The value whose memory this one shows; itself when it has its own."""
        return self._roots.get(name, name)

    def roots(self, name: str) -> tuple[str, ...]:
        """All values whose memory this one keeps alive: several for a tuple."""
        root = self._roots.get(name, name)
        if self._members and root in self._members:
            return self._members[root]
        return (root,)

    def has_own(self, name: str) -> bool:
        """Whether a value has memory of its own: it shows no other's and is no tuple."""
        return name not in self._roots and name not in self._members

    def bind(self, name: str, other: str) -> None:
        """Let a value show another's memory."""
        self._roots[name] = self.root(other)

    def keep(self, name: str, operands: Iterable[str], most: int) -> bool:
        """Let a value that lies nowhere keep alive what it is made of, unless that is too much."""
        members = dict.fromkeys(root for each in operands if each for root in self.roots(each))
        if len(members) > most:
            return False
        self._members[name] = tuple(members)
        return True

    def note(self, operation: Operation, node: Node) -> bool:
        """Take up a node; True when all its results show memory that was there before."""
        if operation.name == "tuple" and node.outputs:
            self._note_tuple(node)
            return True
        if operation.view == "none":
            return False
        if operation.name == "get_tuple_element":
            return self._note_element(node)
        pairs = list(zip(node.outputs, node.inputs, strict=False))
        if operation.view == "first":
            pairs = pairs[:1]
        for output, source in pairs:
            if output and source:
                self.bind(output, source)
        return len(pairs) >= sum(1 for name in node.outputs if name)

    def _note_tuple(self, node: Node) -> None:
        name = node.outputs[0]
        self._elements[name] = tuple(self.root(element) for element in node.inputs)
        members = dict.fromkeys(r for element in node.inputs for r in self.roots(element))
        self._members[name] = tuple(members)
        self._member_count += len(members)
        if self._member_count > MAX_MEMBERS:
            raise UnreadableModel(f"tuples hold more than {MAX_MEMBERS} values")

    def _note_element(self, node: Node) -> bool:
        if not node.inputs or not node.outputs:
            return False
        elements = self._elements.get(self.root(node.inputs[0]))
        place = node.attributes.get("index")
        if elements is not None and isinstance(place, int) and 0 <= place < len(elements):
            self.bind(node.outputs[0], elements[place])
        else:
            self.bind(node.outputs[0], node.inputs[0])
        return True

    def note_loop(self, node: Node) -> None:
        """Results that a loop body hands on untouched are the operands themselves."""
        if not node.blocks:
            return
        if node.operation == "while":
            places, names = invariant_places(node.blocks[-1]), node.inputs
        elif node.operation == "loop":
            places, names = invariant_places(node.blocks[0], 2, 1), node.inputs[2:]
        elif node.operation == "scan":
            places, names = invariant_places(node.blocks[0]), scan_operands(node)
        else:
            return
        for place in places:
            if place < len(names) and place < len(node.outputs) and names[place]:
                self.bind(node.outputs[place], names[place])
