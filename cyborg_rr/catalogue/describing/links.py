"""How a device is reached: what it says itself, else what the catalogue says of the product."""

from __future__ import annotations

from cyborg_rr.catalogue.describing.draft import Draft
from cyborg_rr.catalogue.products import parse_pcie
from cyborg_rr.catalogue.tables import ArchitectureFacts
from cyborg_rr.domain.hardware.devices import NO_LINKS, DeviceFacts
from cyborg_rr.domain.representation.representation import Link

SAME_RATE = 0.03
"""A reported rate this near to the catalogue's is the catalogue's: vendors round theirs."""


def find_interconnect(draft: Draft, facts: DeviceFacts) -> Link | None:
    """The links between devices of the class; a card without a bridge has fewer than its product.

    A device that says that no peer is linked to it has none, whatever the product can.
    """
    stated = _find_stated(draft)
    if facts.interconnect is None:
        return stated
    reported = None
    if facts.interconnect != NO_LINKS:
        reported = Link(facts.interconnect, facts.interconnect_bytes_per_second)
    if _is_same(stated, reported):
        return stated
    draft.differs["interconnect"] = None if reported is None else reported.bytes_per_second
    return reported


def _find_stated(draft: Draft) -> Link | None:
    product = draft.product
    if product.interconnect is None:
        return None
    return Link(product.interconnect, product.interconnect_bytes_per_second)


def _is_same(stated: Link | None, reported: Link | None) -> bool:
    if stated is None or reported is None:
        return stated is reported
    ours, theirs = stated.bytes_per_second, reported.bytes_per_second
    return theirs is None or (ours is not None and abs(ours - theirs) <= SAME_RATE * ours)


def find_host_link(draft: Draft, facts: DeviceFacts, known: ArchitectureFacts) -> Link | None:
    """The link to the host: that of the slot where the driver tells it, else of the product."""
    pcie = draft.product.pcie
    if facts.pcie is not None and parse_pcie(facts.pcie) is not None and facts.pcie != pcie:
        draft.differs["pcie"] = pcie = facts.pcie
    if pcie is None:
        return None
    generation, lanes = parse_pcie(pcie) or ("", 0)
    rate = known.pcie_lane_bytes_per_second.get(generation)
    return Link(f"PCIe {pcie}", None if rate is None else rate * lanes)
