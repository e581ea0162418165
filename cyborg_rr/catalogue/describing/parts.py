"""What a device can be divided into: what it says itself, described as the catalogue does."""

from __future__ import annotations

from cyborg_rr.catalogue.describing.draft import Draft
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.representation.representation import Partition


def find_partitions(draft: Draft, facts: DeviceFacts) -> tuple[Partition, ...]:
    """The ways to slice it; one that the catalogue does not know has its name alone."""
    stated = draft.product.partitions
    if not facts.partition_modes:
        return stated
    known = {partition.profile: partition for partition in stated}
    if set(known) == set(facts.partition_modes):
        return stated
    draft.differs["partitions"] = sorted(facts.partition_modes)
    return tuple(known.get(name) or Partition(name) for name in facts.partition_modes)
