"""What a driver learnt of a function while it could be asked, kept in the memory of its host."""

from __future__ import annotations

from typing import Any, TypeVar

from cyborg_rr import codec
from cyborg_rr.domain.errors import UnreadableDocument
from cyborg_rr.drivers.driver import Memory
from cyborg_rr.drivers.pci.reading.function import PciFunction

FACTS = "facts"

Kind = TypeVar("Kind")


def remember(memory: Memory, function: PciFunction, facts: Any) -> None:
    """Keep facts, a dataclass, for the time when the function cannot be asked."""
    memory.learn(function.slot_key, {FACTS: codec.render(facts)})


def recall(memory: Memory, function: PciFunction, kind: type[Kind]) -> Kind | None:
    """The facts that were learnt last of the same device; None: none, or of another release."""
    known = memory.recall(function.slot_key)
    if known is None or FACTS not in known:
        return None
    try:
        return codec.parse_stored(kind, known[FACTS], FACTS)
    except UnreadableDocument:
        return None
