"""Conductors: list."""

from __future__ import annotations

from cyborg_rr.api.request.answer import Call, Reply
from cyborg_rr.api.request.path import Route
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.api.resources.conductors import policies
from cyborg_rr.api.resources.conductors.schemas import COLLECTION, render_conductor
from cyborg_rr.api.services import Services
from cyborg_rr.db import leases


class Conductors:
    """The conductors, by their leases in the database: none of them need answer for that."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self.routes = (Route("GET", COLLECTION, self.list, policies.LIST, since=V2_101),)

    def list(self, _call: Call) -> Reply:
        """All conductors, by name, with those that ended in the last days."""
        with self._database.reading() as session:
            found = leases.list_conductors(session)
        rows = [render_conductor(name, lease) for name, lease in found.items()]
        return Reply(200, {COLLECTION: rows})
