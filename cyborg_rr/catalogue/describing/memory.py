"""How much memory of a device can be counted on, and how that is known."""

from __future__ import annotations

import math
from typing import NamedTuple

from cyborg_rr.catalogue.describing.draft import Draft
from cyborg_rr.catalogue.describing.identify import Identity
from cyborg_rr.catalogue.partitions import GIB
from cyborg_rr.catalogue.products import Product
from cyborg_rr.catalogue.tables import ArchitectureFacts
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.representation.representation import Partition

SAME_MEMORY = 0.01
"""Devices whose memory differs by less than this share are of one class."""


class Memory(NamedTuple):
    """Bytes to count on, how that is known, and the nominal size where no more is known."""

    size: int | None = None
    source: str | None = None
    nominal: int | None = None


def find_memory(
    known: ArchitectureFacts,
    draft: Draft,
    facts: DeviceFacts,
    identity: Identity,
    partition: Partition | None,
) -> Memory:
    """Bytes to count on and where the figure comes from: driver, catalogue, nominal."""
    stated = _find_stated(known, draft, identity, partition)
    reported, most = facts.memory_bytes, stated.size
    if partition is None and stated.size is not None:
        most = max(stated.size, draft.product.usable_memory_bytes or 0)
    if reported is None or reported <= 0 or _is_of_whole_card(reported, partition):
        return stated
    if stated.size is not None and most is not None and _lies_within(reported, stated.size, most):
        return stated._replace(nominal=None)
    memory = _round_memory(reported)
    draft.differs["memory_bytes"] = memory
    return Memory(memory, "reported by the driver")


SAME_BANDWIDTH = 0.03
"""Reported bandwidth this near to the catalogue's is the catalogue's: vendors round theirs."""


def find_bandwidth(draft: Draft, facts: DeviceFacts) -> float | None:
    """Bytes per second of the whole memory: what the driver reports, unless it says the same."""
    stated, reported = draft.product.bandwidth_bytes_per_second, facts.bandwidth_bytes_per_second
    if reported is None or reported <= 0:
        return stated
    if stated is not None and abs(reported - stated) <= SAME_BANDWIDTH * stated:
        return stated
    draft.differs["bandwidth_bytes_per_second"] = reported
    return float(reported)


def _find_stated(
    known: ArchitectureFacts,
    draft: Draft,
    identity: Identity,
    partition: Partition | None,
) -> Memory:
    product = draft.product
    share = known.usable_memory_share or 1.0
    margin = f"less a margin of {round((1 - share) * 100)} %"
    if draft.is_virtual:
        return Memory()
    if partition is not None:
        own = partition.memory_bytes
        if own is None:
            return Memory()
        return Memory(int(own * share), f"size of the partition {margin}", own)
    if product.usable_memory_bytes is not None:
        return Memory(*_find_reported(known, product, product.usable_memory_bytes))
    nominal = product.nominal_memory_bytes
    if identity.memory_gib is not None:
        nominal = int(identity.memory_gib * GIB)
        if nominal != product.nominal_memory_bytes:
            draft.differs["memory_bytes"] = nominal
    if nominal is None:
        return Memory()
    return Memory(int(nominal * share), f"nominal size {margin}", nominal)


def _find_reported(known: ArchitectureFacts, product: Product, reported: int) -> tuple[int, str]:
    """What programs can have of a figure that a driver reported."""
    reserve = known.driver_reserve_share or 0.0
    if not product.memory_has_reserve or not reserve:
        return reported, "driver-reported value in the catalogue"
    kept = f"less {round(reserve * 100)} % that the driver keeps"
    return int(reported * (1 - reserve)), f"driver-reported total in the catalogue {kept}"


def _lies_within(reported: int, least: int, most: int) -> bool:
    """Whether a device is of the class whose drivers report from the one to the other."""
    return least * (1 - SAME_MEMORY) < reported < most * (1 + SAME_MEMORY)


def _is_of_whole_card(reported: int, partition: Partition | None) -> bool:
    """Whether the driver of a slice reported what the whole card has."""
    own = None if partition is None else partition.memory_bytes
    return own is not None and reported > own * (1 + 2 * SAME_MEMORY)


def _round_memory(reported: int) -> int:
    """The nearest step below on a scale of 1 %, so that like devices are of one class."""
    step = math.floor(math.log(reported) / math.log1p(SAME_MEMORY) + 1e-9)
    return math.floor((1 + SAME_MEMORY) ** step)
