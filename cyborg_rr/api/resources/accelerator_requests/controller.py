"""Accelerator requests: list, show, create, bind, unbind, delete."""

from __future__ import annotations

from collections.abc import Collection

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.errors import NotResolved, ServiceTokenRequired
from cyborg_rr.api.request.path import Route, is_uuid_like, parse_uuid
from cyborg_rr.api.request.query import Filter, Parameter
from cyborg_rr.api.request.version import V2_3, V2_101
from cyborg_rr.api.resources.accelerator_requests import policies
from cyborg_rr.api.resources.accelerator_requests.schemas import (
    COLLECTION,
    CREATE,
    ENVELOPE,
    parse_bind_state,
    parse_patch,
    parse_state,
    render_request,
)
from cyborg_rr.api.services import Services
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import InvalidInput, NotFound, OverQuota
from cyborg_rr.domain.profiles import count_all
from cyborg_rr.domain.requests import RESOLVED_STATES, AcceleratorRequest

NOUN = "accelerator request"
LISTED = ListOf(
    COLLECTION,
    requests.list_requests,
    render_request,
    (
        Filter("instance", parse=parse_uuid, field="instance_uuid"),
        Filter(
            "bind_state",
            parse=parse_bind_state,
            field="states",
            means="only ``resolved``: those that need not be waited for",
        ),
        Filter("state", since=V2_101, parse=parse_state),
        Filter("project_id", since=V2_101, field="asked_project"),
        Filter("hostname", since=V2_101),
        Filter("device_rp_uuid", since=V2_101, parse=parse_uuid, field="provider_uuid"),
        Filter("device_profile_name", since=V2_101),
    ),
    envelope=ENVELOPE,
)


class AcceleratorRequests:
    """What is asked for and bound. The conductor binds, unbinds and deletes."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._conductor = services.conductor
        self._max_waiting = services.settings.max_waiting_requests
        path, item = COLLECTION, f"{COLLECTION}/{{key}}"
        deleted = (Parameter("arqs"), Parameter("instance"))
        self.routes = (
            Route("GET", path, self.list_all, policies.LIST, LISTED.parameters),
            Route("GET", item, self.show, policies.SHOW),
            Route("POST", path, self.create, policies.CREATE),
            Route("PATCH", path, self.patch, policies.UPDATE),
            Route("PATCH", item, self.patch, policies.UPDATE),
            Route("DELETE", path, self.delete_by_query, policies.DELETE, deleted),
            Route("DELETE", item, self.delete_by_path, policies.DELETE),
        )

    def list_all(self, call: Call) -> Reply:
        """The caller's requests, perhaps of one instance, perhaps only if all are resolved."""
        wanted = LISTED.read_wanted(call)
        project, instance = call.caller.only_project, wanted.where.get("instance_uuid")
        with self._database.reading() as session:
            if instance is not None and "states" in wanted.where:
                _check_resolved(
                    call,
                    requests.list_requests(session, project_id=project, instance_uuid=instance),
                )
            found = requests.list_requests(
                session, page=wanted.page, project_id=project, **wanted.where
            )
        return LISTED.reply(call, found, wanted)

    def show(self, call: Call) -> Reply:
        """One request of the caller's project."""
        uuid = parse_uuid("the accelerator request", call.path["key"])
        with self._database.reading() as session:
            request = requests.find_request(session, uuid, call.caller.only_project)
        if request is None:
            raise NotFound(NOUN, uuid)
        call.check_object(request.project_id)
        return Reply(200, render_request(request, call))

    def create(self, call: Call) -> Reply:
        """Make the requests that a device profile describes."""
        document = call.read_json()
        CREATE.check(document)
        name = document["device_profile_name"]
        made = self._store(name, call.caller.project_id)
        return Reply(
            201,
            {ENVELOPE: [render_request(request, call) for request in made]},
        )

    @retry_on_deadlock
    def _store(self, name: str, project_id: str | None) -> list[AcceleratorRequest]:
        with self._database.writing() as session:
            profile = profiles.find_profile(session, name=name)
            if profile is None:
                raise NotFound("device profile", name[:255])
            most = self._max_waiting
            if requests.count_waiting(session, project_id) + count_all(profile.groups) > most:
                raise OverQuota(f"a project may have {most} requests that are bound to nothing")
            return requests.create_requests(session, profile, project_id)

    def patch(self, call: Call) -> Reply:
        """Bind some requests, all or none, and unbind others. Only for other services."""
        caller = call.caller
        binds, unbinds = parse_patch(call.read_json(), call)
        if not caller.has_service_token:
            raise ServiceTokenRequired("binding or unbinding accelerator requests")
        self._check_owners(call, [*(binding.arq_uuid for binding in binds), *unbinds])
        if binds:
            self._conductor.bind(binds, caller.mandate)
        if unbinds:
            self._conductor.unbind(unbinds, caller.mandate)
        return Reply(202)

    def _check_owners(self, call: Call, uuids: list[str]) -> None:
        """``NotFound`` unless all exist for the caller, whose rule must hold for each."""
        found = {request.uuid: request for request in self._find(call, uuids)}
        for uuid in uuids:
            if uuid not in found:
                raise NotFound(NOUN, uuid)
            call.check_object(found[uuid].project_id)

    def _find(self, call: Call, uuids: list[str]) -> list[AcceleratorRequest]:
        with self._database.reading() as session:
            return requests.list_requests(session, uuids=uuids, project_id=call.caller.only_project)

    def delete_by_query(self, call: Call) -> Reply:
        """Delete the listed requests, or those of an instance."""
        arqs, instance = call.query.find("arqs"), call.query.find("instance")
        if bool(arqs) == bool(instance):
            raise InvalidInput("either arqs or instance must be given, and not both")
        if arqs:
            return self._delete(call, arqs.split(","))
        if not call.caller.has_service_token:
            raise ServiceTokenRequired("deleting accelerator requests by instance")
        instance = parse_uuid("instance", instance)
        self._conductor.delete_requests_of_instance(instance, call.caller.mandate)
        return Reply(204)

    def delete_by_path(self, call: Call) -> Reply:
        """Delete the request or requests that the path names."""
        return self._delete(call, call.path["key"].split(","))

    def _delete(self, call: Call, keys: list[str]) -> Reply:
        """Delete those that exist; 404 names one that does not, and the others are gone then."""
        uuids = list(dict.fromkeys(key for key in keys if is_uuid_like(key)))
        for request in self._find(call, uuids):
            call.check_object(request.project_id)
        if uuids:
            self._conductor.delete_requests(uuids, call.caller.mandate)
        for key in keys:
            if not is_uuid_like(key):
                raise NotFound(NOUN, key[:100])
        return Reply(204)


def _check_resolved(call: Call, found: Collection[AcceleratorRequest]) -> None:
    pending = [request.uuid for request in found if request.shown_state not in RESOLVED_STATES]
    if pending:
        raise NotResolved(
            f"{len(pending)} of {len(found)} accelerator requests are not resolved",
            is_told=call.version > V2_3,
        )
