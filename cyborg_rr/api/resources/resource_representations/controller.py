"""Resource representations: list and show, one for each class of equal devices."""

from __future__ import annotations

from collections.abc import Callable

from cyborg_rr.api.call import Call, Reply
from cyborg_rr.api.microversion import V2_100
from cyborg_rr.api.paging import PAGE_PARAMETERS, Wanted, read_page, reply_list
from cyborg_rr.api.resources.resource_representations import policies
from cyborg_rr.api.resources.resource_representations.schemas import COLLECTION, render_class
from cyborg_rr.api.routing import Route
from cyborg_rr.api.services import Services
from cyborg_rr.db import classes
from cyborg_rr.db.classes import StoredClass
from cyborg_rr.domain.errors import InvalidInput, NotFound

NOUN = "resource representation"
_SORT_KEYS: dict[str, Callable[[StoredClass], str | int]] = {
    "id": lambda stored: stored.name,
    "device_class": lambda stored: stored.name,
    "devices": lambda stored: stored.devices,
    "free": lambda stored: stored.free,
}


class ResourceRepresentations:
    """What the devices of the inventory offer."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        path, item = COLLECTION, f"{COLLECTION}/{{device_class}}"
        self.routes = (
            Route("GET", path, self.list_all, policies.LIST, PAGE_PARAMETERS, since=V2_100),
            Route("GET", item, self.show, policies.SHOW, since=V2_100),
        )

    def list_all(self, call: Call) -> Reply:
        """The representations of all classes that have devices."""
        wanted = read_page(call)
        with self._database.reading() as session:
            found = classes.list_classes(session)
        return reply_list(
            call,
            COLLECTION,
            COLLECTION,
            _cut(found, wanted),
            wanted,
            lambda stored: render_class(stored, call.links),
            lambda stored: stored.name,
        )

    def show(self, call: Call) -> Reply:
        """One representation, by the name of its device class."""
        name = call.path["device_class"]
        with self._database.reading() as session:
            found = classes.list_classes(session, name)
        if not found:
            raise NotFound(NOUN, name[:255])
        return Reply(200, render_class(found[0], call.links))


def _cut(found: list[StoredClass], wanted: Wanted) -> list[StoredClass]:
    """The page of a list that is short enough to be read whole; a class name is its own marker."""
    page = wanted.page
    if page.sort_key not in _SORT_KEYS:
        raise InvalidInput(
            f"sort_key {page.sort_key!r} is not one of {', '.join(sorted(_SORT_KEYS))}"
        )
    read = _SORT_KEYS[page.sort_key]
    found = sorted(found, key=lambda stored: (read(stored), stored.name), reverse=page.descending)
    if page.marker is not None:
        names = [stored.name for stored in found]
        if page.marker not in names:
            raise InvalidInput(f"marker {page.marker!r} names no row of this list")
        found = found[names.index(page.marker) + 1 :]
    return found if page.limit is None else found[: page.limit]
