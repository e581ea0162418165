"""What speaks to Placement, made where its options say how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oslo_log import log

from cyborg_rr.conductor.publishing.allocations import Allocations, PlacementAllocations
from cyborg_rr.conductor.publishing.drift import PlacementView
from cyborg_rr.conductor.publishing.placement import Pace, PlacementPublisher
from cyborg_rr.db.engine import Database
from cyborg_rr.outside.calling import make_caller
from cyborg_rr.outside.placement.client import MICROVERSION, SERVICE, PlacementClient

LOG = log.getLogger(__name__)

NOBODY = "cyborg-rr-upgrade-check"
"""A provider that is not there: to ask for it takes the rights of publishing, and little time."""


@dataclass(frozen=True, slots=True)
class PlacementSettings:
    """What one call may take (seconds, bytes), how often and how many, and whether binds ask it."""

    call_seconds: float
    max_answer_bytes: int
    pace: Pace
    verifies_allocations: bool


@dataclass(frozen=True, slots=True)
class PlacementParts:
    """Who publishes, who knows what schedulers gave out (None: nobody is asked), and who looks."""

    publisher: PlacementPublisher
    allocations: Allocations | None
    view: PlacementView


def wire_placement(
    conf: Any,
    group: str,
    settings: PlacementSettings,
    database: Database,
    may_look: Callable[[], bool] = lambda: True,
) -> PlacementParts | None:
    """What an option group describes; None, said once, where it has no ``auth_type``.

    ``may_look`` says whether this conductor is the one that looks at everything now.
    """
    client = _make_client(conf, group, settings)
    if client is None:
        LOG.info("Nothing is published to Placement: group [%s] names no auth_type", group)
        return None
    return PlacementParts(
        PlacementPublisher(database, client, settings.pace, may_look),
        PlacementAllocations(database, client) if settings.verifies_allocations else None,
        PlacementView(database, client),
    )


def check_placement(conf: Any, group: str, settings: PlacementSettings) -> None:
    """``OutsideTrouble`` where Placement does not answer, or refuses the service's credentials.

    Nothing is asked where the group has no ``auth_type``; ``InvalidInput`` for a mistake in it.
    """
    client = _make_client(conf, group, settings)
    if client is not None:
        client.find_by_name(NOBODY)


def _make_client(conf: Any, group: str, settings: PlacementSettings) -> PlacementClient | None:
    caller = make_caller(
        conf,
        group,
        SERVICE,
        seconds=settings.call_seconds,
        max_bytes=settings.max_answer_bytes,
        microversion=MICROVERSION,
    )
    return None if caller is None else PlacementClient(caller)
