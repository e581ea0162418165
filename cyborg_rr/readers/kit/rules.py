"""Makers of the rules that translations of every IR have in common."""

from __future__ import annotations

from collections.abc import Callable

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step

Rule = Callable[[NativeNode], list[Step]]
"""Translates one native operation; the last step carries the node's name."""


def plain(operation: str, **constants: AttributeValue) -> Rule:
    """The same inputs and outputs, with attributes that are always so."""

    def rule(node: NativeNode) -> list[Step]:
        return [node.step(operation, **constants)]

    return rule


def numbers(operation: str, **defaults: float) -> Rule:
    """A function of one tensor with number attributes and their defaults."""

    def rule(node: NativeNode) -> list[Step]:
        stated = {name: node.number(name, default=usual) for name, usual in defaults.items()}
        return [node.step(operation, **stated)]

    return rule


def axis(operation: str, attribute: str, default: int, **constants: AttributeValue) -> Rule:
    """An operation along the one axis that an attribute names."""

    def rule(node: NativeNode) -> list[Step]:
        along = node.integer(attribute, default=default)
        return [node.step(operation, axis=along, **constants)]

    return rule


def unknown(node: NativeNode) -> list[Step]:
    """An operation that has no canonical one."""
    return [node.step("unknown")]
