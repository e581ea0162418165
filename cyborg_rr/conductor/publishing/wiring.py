"""What speaks to Placement, made where its options say how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oslo_log import log

from cyborg_rr.conductor.publishing.allocations import Allocations, PlacementAllocations
from cyborg_rr.conductor.publishing.placement import Pace, PlacementPublisher
from cyborg_rr.db.engine import Database
from cyborg_rr.outside.calling import make_caller
from cyborg_rr.outside.placement.client import MICROVERSION, SERVICE, PlacementClient

LOG = log.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlacementSettings:
    """What one call may take (seconds, bytes), how often and how many, and whether binds ask it."""

    call_seconds: float
    max_answer_bytes: int
    pace: Pace
    verifies_allocations: bool


@dataclass(frozen=True, slots=True)
class PlacementParts:
    """Who publishes, and who knows what schedulers gave out (None: nobody is asked)."""

    publisher: PlacementPublisher
    allocations: Allocations | None


def wire_placement(
    conf: Any, group: str, settings: PlacementSettings, database: Database
) -> PlacementParts | None:
    """What an option group describes; None, said once, where it has no ``auth_type``."""
    caller = make_caller(
        conf,
        group,
        SERVICE,
        seconds=settings.call_seconds,
        max_bytes=settings.max_answer_bytes,
        microversion=MICROVERSION,
    )
    if caller is None:
        LOG.info("Nothing is published to Placement: group [%s] names no auth_type", group)
        return None
    client = PlacementClient(caller)
    return PlacementParts(
        PlacementPublisher(database, client, settings.pace),
        PlacementAllocations(client) if settings.verifies_allocations else None,
    )
