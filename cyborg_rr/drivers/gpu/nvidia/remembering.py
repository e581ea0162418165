"""What is remembered of a GPU from one look, and one run of the agent, to the next."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import Look, Memory
from cyborg_rr.drivers.gpu.nvidia.facts import GpuFacts, parse_facts, render_facts
from cyborg_rr.drivers.gpu.nvidia.mig.profiles import HANDLE_TYPE, list_places

FACTS = "gpu"
MADE = "made"
"""Keys of what is remembered of a GPU: its facts, and the places of MIG instances made here."""

XIDS = "xids"
"""What stands before the slot of a GPU where its errors are counted: forgotten when it goes."""


def recall_facts(memory: Memory, slot_key: str) -> GpuFacts:
    """What the GPU in a slot said when it was last asked; nothing where that cannot be read."""
    known = (memory.recall(slot_key) or {}).get(FACTS)
    if not isinstance(known, Mapping):
        return GpuFacts()
    try:
        return parse_facts(known)
    except (KeyError, TypeError, ValueError):
        return GpuFacts()


def remember_facts(memory: Memory, slot_key: str, facts: GpuFacts) -> None:
    """Write down what a GPU says; of the MIG instances made here, those that are still there."""
    there = list_places(facts.mig) if facts.mig is not None else frozenset()
    made = recall_made(memory, slot_key) & there
    memory.learn(slot_key, {FACTS: render_facts(facts), MADE: sorted(made)})


def recall_made(memory: Memory, slot_key: str) -> frozenset[str]:
    """The places of MIG instances of a GPU that were made here."""
    return frozenset((memory.recall(slot_key) or {}).get(MADE, ()))


def recognise_made(look: Look, address: PciAddress, slot_key: str) -> None:
    """Take what is there for made here where somebody holds its place, given without a UUID.

    The agent may have ended after it was made and before that was written down.
    """
    path = address.render_handle_info().items()
    held = {
        handle.place
        for handle in look.held
        if handle.type == HANDLE_TYPE and "uuid" not in handle.info and path <= handle.info.items()
    }
    made = recall_made(look.memory, slot_key)
    if held - made:
        remember_made(look.memory, slot_key, made | held)


def remember_made(memory: Memory, slot_key: str, made: frozenset[str]) -> None:
    """Write down the places of MIG instances of a GPU that were made here."""
    memory.learn(slot_key, {**(memory.recall(slot_key) or {}), MADE: sorted(made)})


def count_xids(memory: Memory, slot_key: str, new: Mapping[int, int]) -> dict[str, str]:
    """How often each error (Xid) of a GPU has come, with the new ones, as attributes."""
    key = f"{XIDS}:{slot_key}"
    known = memory.recall(key) or {}
    counts = {name: count for name, count in known.items() if isinstance(count, int)}
    for number, count in new.items():
        name = f"xid_{number}"
        counts[name] = counts.get(name, 0) + count
    if new:
        memory.learn(key, counts)
    return {name: str(count) for name, count in sorted(counts.items())}
