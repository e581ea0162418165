"""Accelerator requests: list, show, create, bind, unbind, delete."""

from __future__ import annotations

from cyborg_rr.api.call import Call, Reply
from cyborg_rr.api.errors import NotResolved, ServiceTokenRequired
from cyborg_rr.api.paging import PAGE_PARAMETERS, read_page, reply_list
from cyborg_rr.api.query import Parameter
from cyborg_rr.api.resources.accelerator_requests import policies
from cyborg_rr.api.resources.accelerator_requests.schemas import (
    COLLECTION,
    CREATE,
    ENVELOPE,
    parse_patch,
    render_request,
)
from cyborg_rr.api.routing import Route
from cyborg_rr.api.services import Services
from cyborg_rr.api.validation import is_uuid_like, parse_uuid
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import InvalidInput, NotFound
from cyborg_rr.domain.requests import RESOLVED_STATES, AcceleratorRequest, Binding, Mandate

NOUN = "accelerator request"
RESOLVED = "resolved"


class AcceleratorRequests:
    """What is asked for and bound. The conductor binds, unbinds and deletes."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._conductor = services.conductor
        path, item = COLLECTION, f"{COLLECTION}/{{key}}"
        instance = Parameter("instance")
        listed = (instance, Parameter("bind_state"), *PAGE_PARAMETERS)
        deleted = (Parameter("arqs"), instance)
        self.routes = (
            Route("GET", path, self.list_all, policies.LIST, listed),
            Route("GET", item, self.show, policies.SHOW),
            Route("POST", path, self.create, policies.CREATE),
            Route("PATCH", path, self.patch, policies.UPDATE),
            Route("PATCH", item, self.patch, policies.UPDATE),
            Route("DELETE", path, self.delete_by_query, policies.DELETE, deleted),
            Route("DELETE", item, self.delete_by_path, policies.DELETE),
        )

    def list_all(self, call: Call) -> Reply:
        """The caller's requests, perhaps of one instance, perhaps only if all are resolved."""
        instance = call.query.find("instance")
        if instance is not None:
            parse_uuid("instance", instance)
        only_resolved = _read_bind_state(call)
        wanted = read_page(call)
        project = call.context.only_project
        with self._database.reading() as session:
            if instance is not None and only_resolved:
                _check_resolved(
                    requests.list_requests(session, project_id=project, instance_uuid=instance)
                )
            found = requests.list_requests(
                session,
                project_id=project,
                instance_uuid=instance,
                states=RESOLVED_STATES if only_resolved else None,
                page=wanted.page,
            )
        return reply_list(
            call,
            COLLECTION,
            ENVELOPE,
            found,
            wanted,
            lambda request: render_request(request, call.links, call.version),
            lambda request: request.uuid,
        )

    def show(self, call: Call) -> Reply:
        """One request of the caller's project."""
        uuid = parse_uuid("the accelerator request", call.path["key"])
        with self._database.reading() as session:
            request = requests.find_request(session, uuid, call.context.only_project)
        if request is None:
            raise NotFound(NOUN, uuid)
        call.check_object(request.project_id)
        return Reply(200, render_request(request, call.links, call.version))

    def create(self, call: Call) -> Reply:
        """Make the requests that a device profile describes."""
        document = call.read_json()
        CREATE.check(document)
        name = document["device_profile_name"]
        made = self._store(name, call.context.project_id)
        return Reply(
            201,
            {ENVELOPE: [render_request(request, call.links, call.version) for request in made]},
        )

    @retry_on_deadlock
    def _store(self, name: str, project_id: str | None) -> list[AcceleratorRequest]:
        with self._database.writing() as session:
            profile = profiles.find_profile(session, name=name)
            if profile is None:
                raise NotFound("device profile", name[:255])
            return requests.create_requests(session, profile, project_id)

    def patch(self, call: Call) -> Reply:
        """Bind some requests, all or none, and unbind others. Only for other services."""
        context = call.context
        binds, unbinds = parse_patch(call.read_json(), call.version, is_admin=context.is_admin)
        if not context.has_service_token:
            raise ServiceTokenRequired("binding or unbinding accelerator requests")
        self._check_owners(call, [*binds, *unbinds])
        if binds:
            self._conductor.bind(
                [
                    Binding(
                        arq_uuid=uuid,
                        hostname=target.hostname,
                        provider_uuid=target.device_rp_uuid,
                        instance_uuid=target.instance_uuid,
                        project_id=target.project_id or context.project_id,
                    )
                    for uuid, target in binds.items()
                ],
                Mandate(context.only_project),
            )
        if unbinds:
            self._conductor.unbind(unbinds, Mandate(context.only_project))
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
            return requests.list_requests(
                session, uuids=uuids, project_id=call.context.only_project
            )

    def delete_by_query(self, call: Call) -> Reply:
        """Delete the listed requests, or those of an instance."""
        arqs, instance = call.query.find("arqs"), call.query.find("instance")
        if bool(arqs) == bool(instance):
            raise InvalidInput("either arqs or instance must be given, and not both")
        if arqs:
            return self._delete(call, arqs.split(","))
        if not call.context.has_service_token:
            raise ServiceTokenRequired("deleting accelerator requests by instance")
        instance = parse_uuid("instance", instance)
        self._conductor.delete_requests_of_instance(instance, Mandate(call.context.only_project))
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
            self._conductor.delete_requests(
                uuids,
                Mandate(call.context.only_project, may_be_bound=call.context.has_service_token),
            )
        for key in keys:
            if not is_uuid_like(key):
                raise NotFound(NOUN, key[:100])
        return Reply(204)


def _read_bind_state(call: Call) -> bool:
    state = call.query.find("bind_state")
    if state not in (None, RESOLVED):
        raise InvalidInput(f"bind_state can only be {RESOLVED}, not {str(state)[:100]!r}")
    return state is not None


def _check_resolved(found: list[AcceleratorRequest]) -> None:
    pending = [request.uuid for request in found if request.state not in RESOLVED_STATES]
    if pending:
        raise NotResolved(f"{len(pending)} of {len(found)} accelerator requests are not resolved")
