"""Holds graphs against the declarations of their operations: what a reader got wrong, by name.

The analysis never asks this of a user's file: it is for the tests of readers and of rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, NamedTuple, assert_never

from cyborg_rr.domain.graph.graph import AttributeValue, Block, Graph, Node
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.operations.declaring.declarations import AttributeType, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.words import find_nearest

Cause = Literal[
    "unknown operation",
    "undeclared attribute",
    "wrong attribute type",
    "missing attribute",
    "too few operands",
    "too many operands",
]


class Problem(NamedTuple):
    """One disagreement of a node with the declaration of its operation."""

    cause: Cause
    node: str
    operation: str
    detail: str

    def __str__(self) -> str:
        return f"node {quote(self.node)} ({self.operation}): {self.cause}: {self.detail}"


def check_graph(graph: Graph) -> list[Problem]:
    """Everything in which the nodes of a graph, inner blocks included, disagree."""
    return [problem for block in _list_blocks(graph) for problem in _check_block(block)]


def _list_blocks(graph: Graph) -> Iterator[Block]:
    """Every block once: one that many nodes call stands in all of them."""
    waiting, seen = [graph.body], set[int]()
    while waiting:
        block = waiting.pop()
        if id(block) not in seen:
            seen.add(id(block))
            yield block
            waiting.extend(inner for node in block.nodes for inner in node.blocks)


def _check_block(block: Block) -> Iterator[Problem]:
    for node in block.nodes:
        yield from check_node(node)


def check_node(node: Node) -> Iterator[Problem]:
    """What one node says that its operation does not declare, or lacks."""
    label = node.name or next((name for name in node.outputs if name), "")
    operation = REGISTRY.get(node.operation)
    if operation is None:
        detail = _near(node.operation, REGISTRY)
        yield Problem("unknown operation", label, node.operation, detail)
        return
    found = (*_check_attributes(operation, node), *_check_operands(operation, node))
    for cause, detail in found:
        yield Problem(cause, label, operation.name, detail)


def _near(name: str, known: Collection[str]) -> str:
    """A name with the nearest one that is known."""
    near = find_nearest(name, known)
    return f"{quote(name)}, the nearest is {quote(near[0])}" if near else quote(name)


def _check_attributes(operation: Operation, node: Node) -> Iterator[tuple[Cause, str]]:
    declared: Mapping[str, object] = operation.declared
    for name, value in node.attributes.items():
        if name not in declared:
            yield "undeclared attribute", _near(name, declared)
        elif not fits(operation.declared[name].type, value):
            wanted = operation.declared[name].type
            yield "wrong attribute type", f"{quote(name)} should be of type {wanted}, not {value!r}"
    for attribute in operation.attributes:
        if attribute.required and attribute.name not in node.attributes:
            yield "missing attribute", f"{quote(attribute.name)} is required"


def fits(wanted: AttributeType, value: AttributeValue) -> bool:
    """Whether a value is of the declared type; a whole number is a number too."""
    match wanted:
        case "integer":
            return _is_whole(value)
        case "number":
            return _is_number(value)
        case "flag":
            return isinstance(value, bool)
        case "text":
            return isinstance(value, str)
        case "integers":
            return _is_whole(value) or (isinstance(value, tuple) and all(map(_is_whole, value)))
        case "numbers":
            return _is_number(value) or (isinstance(value, tuple) and all(map(_is_number, value)))
    assert_never(wanted)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, bool))


def _check_operands(operation: Operation, node: Node) -> Iterator[tuple[Cause, str]]:
    operands = operation.operands
    if len(node.inputs) > len(operands) and not any(operand.variadic for operand in operands):
        named = ", ".join(operand.name for operand in operands) or "none"
        yield "too many operands", f"{len(node.inputs)} where {named} is declared"
    for place, operand in enumerate(operands):
        if _is_missing(operand, place, node):
            yield "too few operands", f"{operand.name} is missing"


def _is_missing(operand: Operand, place: int, node: Node) -> bool:
    if operand.optional or operand.variadic:
        return False
    return place >= len(node.inputs) or not node.inputs[place]
