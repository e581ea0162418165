"""Letting go of attach handles: the host confirms, then the handle is free."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from oslo_log import log

from cyborg_rr.conductor.agents import Agents
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import handles
from cyborg_rr.db.hardware.handles import HostClaim, group_by_host
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.hardware.hosts import AgentPlace

LOG = log.getLogger(__name__)

MAX_CONCURRENT_HOSTS = 8
"""Hosts that are asked at a time; those that do not answer must not keep the others waiting."""


class Releaser:
    """Asks hosts to release handles that the database marks as releasing."""

    def __init__(self, database: Database, agents: Agents) -> None:
        self._database = database
        self._agents = agents

    def release(self, claims: Iterable[HostClaim]) -> None:
        """Release what each host confirms; the rest stays reserved and is tried again later."""
        by_host = group_by_host(claims)
        if len(by_host) == 1:
            ((place, group),) = by_host.items()
            self._release_on_host(place, group)
        elif by_host:
            with ThreadPoolExecutor(min(MAX_CONCURRENT_HOSTS, len(by_host))) as pool:
                list(pool.map(self._release_on_host, by_host.keys(), by_host.values()))

    def _release_on_host(self, place: AgentPlace, group: Sequence[HostClaim]) -> None:
        try:
            self._agents.release(place, [item.claim for item in group])
        except CyborgError as error:
            LOG.warning("%d handles of %s stay reserved: %s", len(group), place.hostname, error)
        else:
            confirm_releases(self._database, [item.claim.binding_id for item in group])


@retry_on_deadlock
def confirm_releases(database: Database, binding_ids: Collection[str]) -> None:
    """The host has let go of these bindings: their handles are free."""
    with database.writing() as session:
        handles.finish_release(session, binding_ids)
