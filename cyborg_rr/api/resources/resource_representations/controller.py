"""Resource representations: list and show, one for each class of equal devices."""

from __future__ import annotations

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.path import Route, list_route
from cyborg_rr.api.request.version import V2_100
from cyborg_rr.api.resources.resource_representations import policies
from cyborg_rr.api.resources.resource_representations.schemas import COLLECTION, render_class
from cyborg_rr.api.services import Services
from cyborg_rr.db.hardware import classes
from cyborg_rr.domain.errors import NotFound

NOUN = "resource representation"
LISTED = ListOf(COLLECTION, classes.list_page, render_class, key="name")


class ResourceRepresentations:
    """What the devices of the inventory offer."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        item = f"{COLLECTION}/{{device_class}}"
        self.routes = (
            list_route(LISTED, services.database.reading, policies.LIST, since=V2_100),
            Route("GET", item, self.show, policies.SHOW, since=V2_100),
        )

    def show(self, call: Call) -> Reply:
        """One representation, by the name of its device class."""
        name = call.path["device_class"]
        with self._database.reading() as session:
            found = classes.list_classes(session, name)
        if not found:
            raise NotFound(NOUN, name[:255])
        return Reply(200, render_class(found[0], call))
