"""Deployables: list, show, and the request to program one."""

from __future__ import annotations

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.errors import NotProgrammable
from cyborg_rr.api.request.path import Route, list_route, parse_uuid
from cyborg_rr.api.request.query import Filter
from cyborg_rr.api.request.version import V2_100, V2_101
from cyborg_rr.api.resources.deployables import policies
from cyborg_rr.api.resources.deployables.schemas import COLLECTION, PROGRAM, render_deployable
from cyborg_rr.api.services import Services
from cyborg_rr.db.hardware import deployables
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.domain.hardware.stored import StoredDeployable

NOUN = "deployable"
LISTED = ListOf(
    COLLECTION,
    deployables.list_deployables,
    render_deployable,
    (
        Filter("name", since=V2_100),
        Filter("device", since=V2_100, parse=parse_uuid, means="a device's uuid"),
        Filter("rp_uuid", since=V2_101, parse=parse_uuid, field="provider_uuid"),
        Filter("driver_name", since=V2_101),
    ),
    takes_nested=True,
)


class Deployables:
    """The schedulable parts of devices."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        item = f"{COLLECTION}/{{uuid}}"
        self.routes = (
            list_route(LISTED, services.database.reading, policies.LIST),
            Route("GET", item, self.show, policies.SHOW),
            Route("PATCH", f"{item}/program", self.program, policies.PROGRAM),
            # The SDK appends the id once more.
            Route("PATCH", f"{item}/program/{{again}}", self.program, policies.PROGRAM),
        )

    def show(self, call: Call) -> Reply:
        """One deployable."""
        return Reply(200, render_deployable(self._get(call), call))

    def program(self, call: Call) -> Reply:
        """Refuse, after every check: no driver of this release can load a bitstream."""
        PROGRAM.check(call.read_json())
        deployable = self._get(call)
        raise NotProgrammable(
            f"deployable {deployable.uuid} cannot be programmed: its driver"
            f" {deployable.fields.driver_name or '(none)'} does not load bitstreams"
        )

    def _get(self, call: Call) -> StoredDeployable:
        uuid = parse_uuid("the deployable", call.path["uuid"])
        with self._database.reading() as session:
            deployable = deployables.find_deployable(session, uuid)
        if deployable is None:
            raise NotFound(NOUN, uuid)
        return deployable
