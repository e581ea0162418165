"""Deployables: list, show, and the request to program one."""

from __future__ import annotations

from cyborg_rr.api.call import Call, Reply
from cyborg_rr.api.errors import NotProgrammable
from cyborg_rr.api.microversion import V2_100
from cyborg_rr.api.paging import (
    FILTER_PARAMETERS,
    PAGE_PARAMETERS,
    read_filtered_page,
    read_filters,
    reply_list,
)
from cyborg_rr.api.query import Parameter
from cyborg_rr.api.resources.deployables import policies
from cyborg_rr.api.resources.deployables.schemas import COLLECTION, PROGRAM, render_deployable
from cyborg_rr.api.routing import Route
from cyborg_rr.api.services import Services
from cyborg_rr.api.validation import parse_uuid
from cyborg_rr.db import deployables
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.domain.hardware.stored import StoredDeployable

NOUN = "deployable"


class Deployables:
    """The schedulable parts of devices."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        path, item = COLLECTION, f"{COLLECTION}/{{uuid}}"
        listed = (
            Parameter("name", since=V2_100),
            Parameter("device", since=V2_100),
            *FILTER_PARAMETERS,
            *PAGE_PARAMETERS,
        )
        self.routes = (
            Route("GET", path, self.list_all, policies.LIST, listed),
            Route("GET", item, self.show, policies.SHOW),
            Route("PATCH", f"{item}/program", self.program, policies.PROGRAM),
            # The SDK appends the id once more.
            Route("PATCH", f"{item}/program/{{again}}", self.program, policies.PROGRAM),
        )

    def list_all(self, call: Call) -> Reply:
        """All deployables, or those that meet the filters."""
        filters = read_filters(call)
        name = filters.get("name", call.query.find("name"))
        device_uuid = call.query.find("device")
        filtered = bool(filters) or name is not None or device_uuid is not None
        wanted = read_filtered_page(call, filters, filtered=filtered)
        if device_uuid is not None:
            parse_uuid("device", device_uuid)
        with self._database.reading() as session:
            found = deployables.list_deployables(
                session, name=name, device_uuid=device_uuid, page=wanted.page
            )
        return reply_list(
            call,
            COLLECTION,
            COLLECTION,
            found,
            wanted,
            lambda deployable: render_deployable(deployable, call.links),
            lambda deployable: deployable.uuid,
        )

    def show(self, call: Call) -> Reply:
        """One deployable."""
        return Reply(200, render_deployable(self._get(call), call.links))

    def program(self, call: Call) -> Reply:
        """Refuse, after every check: no driver of this release can load a bitstream."""
        PROGRAM.check(call.read_json())
        deployable = self._get(call)
        raise NotProgrammable(
            f"deployable {deployable.uuid} cannot be programmed: its driver"
            f" {deployable.driver_name or '(none)'} does not load bitstreams"
        )

    def _get(self, call: Call) -> StoredDeployable:
        uuid = parse_uuid("the deployable", call.path["uuid"])
        with self._database.reading() as session:
            deployable = deployables.find_deployable(session, uuid)
        if deployable is None:
            raise NotFound(NOUN, uuid)
        return deployable
