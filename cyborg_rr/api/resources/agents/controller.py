"""Agents: list, show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.path import Route
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.api.resources.agents import policies
from cyborg_rr.api.resources.agents.schemas import COLLECTION, Heard, Silence, render_agent
from cyborg_rr.api.services import Services
from cyborg_rr.db.hardware import hosts
from cyborg_rr.domain.errors import AgentUnavailable, NoConductor, NotFound
from cyborg_rr.domain.hardware.hosts import StoredHost

NOUN = "agent of host"
MAX_NAME_LENGTH = 255
NOBODY = Heard(None, datetime.min)


def _render(host: StoredHost, call: Call) -> dict[str, Any]:
    return render_agent(host, NOBODY, call)


LISTED = ListOf(COLLECTION, hosts.list_page, _render, key="name")


class Agents:
    """The agents of hosts, by the names of these. When each was heard only conductors know."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._conductor = services.conductor
        self._silent_since: datetime | None = None
        item = f"{COLLECTION}/{{name}}"
        self.routes = (
            Route("GET", COLLECTION, self.list, policies.LIST, LISTED.parameters, V2_101),
            Route("GET", item, self.show, policies.SHOW, since=V2_101),
        )

    def list(self, call: Call) -> Reply:
        """The agents that the call asks for."""
        wanted = LISTED.read_wanted(call)
        with self._database.reading() as session:
            found = LISTED.read(session, page=wanted.page, **wanted.where)
        heard = self._ask([host.name for host in found])
        listed = replace(LISTED, render=lambda host, call: render_agent(host, heard, call))
        return listed.reply(call, found, wanted)

    def show(self, call: Call) -> Reply:
        """One agent, by the name of its host."""
        name = call.path["name"]
        with self._database.reading() as session:
            host = hosts.find_host(session, name)
        if host is None:
            raise NotFound(NOUN, name[:MAX_NAME_LENGTH])
        return Reply(200, render_agent(host, self._ask([name]), call))

    def _ask(self, hostnames: Sequence[str]) -> Heard:
        """When hosts were heard; that nobody can say so is no reason to show nothing."""
        try:
            ages = self._conductor.list_last_seen(hostnames) if hostnames else {}
        except AgentUnavailable as error:
            return Heard(None, _now(), self._note_silence(error))
        self._silent_since = None
        return Heard(ages, _now())

    def _note_silence(self, error: AgentUnavailable) -> Silence:
        """Since the last conductor was seen, or since this process first had no answer."""
        if isinstance(error, NoConductor) and error.since is not None:
            return Silence(error.since, str(error))
        since = self._silent_since = self._silent_since or _now()
        return Silence(since, str(error))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
