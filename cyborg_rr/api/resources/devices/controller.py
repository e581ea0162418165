"""Devices: list, show, enable, disable."""

from __future__ import annotations

from cyborg_rr.api.call import Call, Reply
from cyborg_rr.api.microversion import V2_100
from cyborg_rr.api.paging import (
    FILTER_PARAMETERS,
    PAGE_PARAMETERS,
    read_filtered_page,
    read_filters,
    reply_list,
)
from cyborg_rr.api.query import Parameter
from cyborg_rr.api.resources.devices import policies
from cyborg_rr.api.resources.devices.schemas import COLLECTION, render_device
from cyborg_rr.api.routing import Route
from cyborg_rr.api.services import Services
from cyborg_rr.api.validation import is_uuid_like
from cyborg_rr.db import devices
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.domain.hardware.stored import ENABLED, MAINTAINING

NOUN = "device"
_FIELDS = ("type", "vendor", "hostname", "device_class")


class Devices:
    """What hosts report. The conductor takes devices out of use and puts them back."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._conductor = services.conductor
        path, item = COLLECTION, f"{COLLECTION}/{{uuid}}"
        listed = (
            Parameter("type"),
            Parameter("vendor"),
            Parameter("hostname"),
            Parameter("device_class", since=V2_100),
            *FILTER_PARAMETERS,
            *PAGE_PARAMETERS,
        )
        self.routes = (
            Route("GET", path, self.list_all, policies.LIST, listed),
            Route("GET", item, self.show, policies.SHOW),
            Route("POST", f"{item}/enable", self.enable, policies.ENABLE),
            Route("POST", f"{item}/disable", self.disable, policies.DISABLE),
        )

    def list_all(self, call: Call) -> Reply:
        """All devices, or those that meet the filters."""
        filters = read_filters(call)
        chosen = {name: call.query.find(name) for name in _FIELDS}
        filtered = bool(filters) or any(value is not None for value in chosen.values())
        wanted = read_filtered_page(call, filters, filtered=filtered)
        with self._database.reading() as session:
            found = devices.list_devices(session, **chosen, page=wanted.page)
        return reply_list(
            call,
            COLLECTION,
            COLLECTION,
            found,
            wanted,
            lambda device: render_device(device, call.links, call.version),
            lambda device: device.uuid,
        )

    def show(self, call: Call) -> Reply:
        """One device."""
        uuid = _read_uuid(call)
        with self._database.reading() as session:
            device = devices.find_device(session, uuid)
        if device is None:
            raise NotFound(NOUN, uuid)
        return Reply(200, render_device(device, call.links, call.version))

    def enable(self, call: Call) -> Reply:
        """Put a device back into use; a body is not looked at."""
        self._conductor.set_device_status(_read_uuid(call), ENABLED)
        return Reply(204)

    def disable(self, call: Call) -> Reply:
        """Take a device out of use; what is bound stays bound."""
        self._conductor.set_device_status(_read_uuid(call), MAINTAINING)
        return Reply(204)


def _read_uuid(call: Call) -> str:
    uuid = call.path["uuid"]
    if not is_uuid_like(uuid):
        raise NotFound(NOUN, uuid[:100])
    return uuid
