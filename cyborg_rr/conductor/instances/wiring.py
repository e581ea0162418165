"""What speaks to Nova, made where its options say how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oslo_log import log

from cyborg_rr.conductor.instances.events import (
    EventKeeper,
    EventSender,
    Outbox,
    Pace,
)
from cyborg_rr.conductor.instances.gone import Reclaimer, ReclaimPace
from cyborg_rr.conductor.publishing.ends import BindEvents, NoEvents
from cyborg_rr.conductor.service import Worker
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.db.engine import Database
from cyborg_rr.outside.calling import make_caller
from cyborg_rr.outside.nova.client import MICROVERSION, SERVICE, NovaClient

LOG = log.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NovaSettings:
    """The largest answer in bytes, how events are sent, and how leaks are found (None: not)."""

    max_answer_bytes: int
    pace: Pace
    reclaim: ReclaimPace | None


@dataclass(frozen=True, slots=True)
class NovaParts:
    """Who learns how binds end, and what works for that in the background."""

    events: BindEvents
    client: NovaClient | None
    background: tuple[Worker, ...]
    make_reclaimer: Callable[[Unbinder], tuple[Worker, ...]]


def wire_nova(
    conf: Any,
    group: str,
    settings: NovaSettings,
    database: Database,
    may_reclaim: Callable[[], bool] = lambda: True,
) -> NovaParts:
    """What an option group describes; without ``auth_type`` Nova is told nothing, said once.

    Events that are there from before are given up then, as in any case. ``may_reclaim`` says
    whether this conductor is the one that looks for leaks now.
    """
    keeper = EventKeeper(database, settings.pace.patience_seconds)
    caller = make_caller(
        conf,
        group,
        SERVICE,
        seconds=settings.pace.call_seconds,
        max_bytes=settings.max_answer_bytes,
        microversion=MICROVERSION,
    )
    if caller is None:
        LOG.info("Nova is told nothing of binds: group [%s] names no auth_type", group)
        return NovaParts(NoEvents(), None, (keeper,), lambda _: ())
    client = NovaClient(caller)
    outbox = Outbox()
    sender = EventSender(database, client, outbox, settings.pace)
    reclaim = settings.reclaim

    def make_reclaimer(unbinder: Unbinder) -> tuple[Worker, ...]:
        if reclaim is None:
            return ()
        return (Reclaimer(database, client, unbinder, reclaim, may_reclaim),)

    return NovaParts(outbox, client, (keeper, sender), make_reclaimer)
