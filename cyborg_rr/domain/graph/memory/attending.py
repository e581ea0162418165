"""Which values of an attention are never stored where it runs as one kernel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.graph.inference.attention.finding import find_attentions
from cyborg_rr.domain.graph.inference.attention.whole import find_stored_scores
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.memory.habits import Attending

_COPIES: Final = 2
"""Scores and probabilities lie in memory at once while a softmax makes these of those."""


@dataclass(slots=True)
class Attended:
    """The attentions of a block that run as one kernel each.

    ``moments`` has by the place of a node when the kernel runs that it is a part of: its operands
    have to live until then. ``hidden`` are the places of nodes whose results are not stored,
    ``shown`` by value the one that it only turns or scales as the kernel reads it. ``scores`` are
    the element type and bytes of what single operations store while they run, by their places.
    """

    moments: dict[int, int] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    shown: dict[str, str] = field(default_factory=dict)
    scores: dict[int, tuple[str, int]] = field(default_factory=dict)


def find_attended(typed: TypedBlock, attending: Attending | None) -> Attended:
    """What runs as one kernel in a block."""
    found = Attended()
    if attending is None:
        return found
    if attending == "none":
        found.scores = _list_scores(typed)
        return found
    for attention in find_attentions(typed):
        if attending == "called" and not attention.called:
            continue
        found.moments |= dict.fromkeys(attention.core, attention.last)
        found.hidden |= attention.core - {attention.last}
        for place in attention.aside:
            node = typed.block.nodes[place]
            size = typed.type_of(node.outputs[0]).elements
            alike = (n for n in node.inputs if n and typed.type_of(n).elements == size)
            source = next(alike, None)
            if source is not None:
                found.shown[node.outputs[0]] = source
    return found


def _list_scores(typed: TypedBlock) -> dict[int, tuple[str, int]]:
    """What operations of attention store: the scores, and what the softmax makes of them."""
    found: dict[int, tuple[str, int]] = {}
    for index, operation in enumerate(typed.operations):
        if operation.kind != "attention":
            continue
        stored = find_stored_scores(typed, index)
        if stored is not None:
            query = typed.block.nodes[index].inputs[0]
            found[index] = typed.type_of(query).element_type or "", _COPIES * stored[1]
    return found
