"""Hosts: list, show, remove."""

from __future__ import annotations

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.path import Route, list_route
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.api.resources.hosts import policies
from cyborg_rr.api.resources.hosts.schemas import COLLECTION, render_host
from cyborg_rr.api.services import Services
from cyborg_rr.db.hardware import hosts
from cyborg_rr.domain.errors import NotFound

NOUN = "host"
MAX_NAME_LENGTH = 255
LISTED = ListOf(COLLECTION, hosts.list_page, render_host, key="name")


class Hosts:
    """The machines that report devices. The conductor removes those that hold nothing."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._conductor = services.conductor
        item = f"{COLLECTION}/{{name}}"
        self.routes = (
            list_route(LISTED, services.database.reading, policies.LIST, since=V2_101),
            Route("GET", item, self.show, policies.SHOW, since=V2_101),
            Route("DELETE", item, self.delete, policies.DELETE, since=V2_101),
        )

    def show(self, call: Call) -> Reply:
        """One host, by its name."""
        name = call.path["name"]
        with self._database.reading() as session:
            host = hosts.find_host(session, name)
        if host is None:
            raise NotFound(NOUN, name[:MAX_NAME_LENGTH])
        return Reply(200, render_host(host, call))

    def delete(self, call: Call) -> Reply:
        """Forget a host with all that it had; it comes back when its agent reports again."""
        name = call.path["name"]
        if len(name) > MAX_NAME_LENGTH:
            raise NotFound(NOUN, name[:MAX_NAME_LENGTH])  # never another that begins like it
        self._conductor.remove_host(name)
        return Reply(204)
