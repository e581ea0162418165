"""Resource representations: list and show, one for each class of equal devices."""

from __future__ import annotations

from collections.abc import Callable

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.path import Route, list_route
from cyborg_rr.api.request.version import V2_100
from cyborg_rr.api.resources.resource_representations import policies
from cyborg_rr.api.resources.resource_representations.schemas import COLLECTION, render_class
from cyborg_rr.api.services import Services
from cyborg_rr.db import classes
from cyborg_rr.db.classes import StoredClass
from cyborg_rr.db.engine import Session
from cyborg_rr.db.paging import Page
from cyborg_rr.domain.errors import InvalidInput, NotFound

NOUN = "resource representation"
_SORT_KEYS: dict[str, Callable[[StoredClass], str | int]] = {
    "id": lambda stored: stored.name,
    "device_class": lambda stored: stored.name,
    "devices": lambda stored: stored.devices,
    "free": lambda stored: stored.free,
}


def _list_page(session: Session, *, page: Page) -> list[StoredClass]:
    """The page of a list that is short enough to be read whole; a class name is its own marker."""
    if page.sort_key not in _SORT_KEYS:
        raise InvalidInput(
            f"sort_key {page.sort_key!r} is not one of {', '.join(sorted(_SORT_KEYS))}"
        )
    read = _SORT_KEYS[page.sort_key]
    found = sorted(
        classes.list_classes(session),
        key=lambda stored: (read(stored), stored.name),
        reverse=page.descending,
    )
    if page.marker is not None:
        names = [stored.name for stored in found]
        if page.marker not in names:
            raise InvalidInput(f"marker {page.marker!r} names no row of this list")
        found = found[names.index(page.marker) + 1 :]
    return found if page.limit is None else found[: page.limit]


LISTED = ListOf(COLLECTION, _list_page, render_class, key="name")


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
