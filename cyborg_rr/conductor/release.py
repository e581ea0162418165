"""Letting go of attach handles: the host confirms, then the handle is free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from oslo_log import log

from cyborg_rr.db import handles
from cyborg_rr.db.engine import Database
from cyborg_rr.db.handles import HostClaim
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.rpc.agent_client import AgentClient

LOG = log.getLogger(__name__)


class Releaser:
    """Asks hosts to release handles that the database marks as releasing."""

    def __init__(self, database: Database, agents: AgentClient) -> None:
        self._database = database
        self._agents = agents

    def release(self, claims: Iterable[HostClaim]) -> None:
        """Release what each host confirms; the rest stays reserved and is tried again later."""
        by_host: dict[tuple[str, str], list[HostClaim]] = defaultdict(list)
        for claim in claims:
            by_host[claim.agent, claim.hostname].append(claim)
        confirmed: list[str] = []
        for (agent, host), group in by_host.items():
            try:
                self._agents.release(agent, host, [item.claim for item in group])
            except CyborgError as error:
                LOG.warning("%d handles of %s stay reserved: %s", len(group), host, error)
            else:
                confirmed.extend(item.claim.binding_id for item in group)
        if confirmed:
            with self._database.writing() as session:
                handles.finish_release(session, confirmed)
