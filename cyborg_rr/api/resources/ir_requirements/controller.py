"""IR requirements: list, show, make from a model file or from a document, delete."""

from __future__ import annotations

from cyborg_rr import codec
from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.body import JSON, OCTETS
from cyborg_rr.api.request.errors import UnsupportedMediaType
from cyborg_rr.api.request.path import Route, is_uuid_like, list_route
from cyborg_rr.api.request.query import Parameter, parse_number
from cyborg_rr.api.request.version import V2_100, V2_101
from cyborg_rr.api.resources.ir_requirements import policies
from cyborg_rr.api.resources.ir_requirements.reading import ModelReader
from cyborg_rr.api.resources.ir_requirements.schemas import (
    COLLECTION,
    MAX_NAME_LENGTH,
    render_requirement,
    render_summary,
)
from cyborg_rr.api.services import Services
from cyborg_rr.db import requirements
from cyborg_rr.db.engine import Session
from cyborg_rr.db.requirements import StoredRequirement
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import InvalidInput, NotFound, OverQuota
from cyborg_rr.domain.requirement.checking import check_replaced
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.options import parse_options

NOUN = "IR requirement"
LISTED = ListOf(COLLECTION, requirements.list_requirements, render_summary, of_project=True)


class IrRequirements:
    """What models ask of devices. The models themselves are read once and never kept."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._reader = ModelReader(services.settings.reading)
        self._most = services.settings.max_ir_requirements
        path, item = COLLECTION, f"{COLLECTION}/{{uuid}}"
        made = (
            Parameter("name"),
            Parameter("batch"),
            Parameter("input"),
            Parameter("weights", since=V2_101),
        )
        self.routes = (
            list_route(LISTED, services.database.reading, policies.LIST, since=V2_100),
            Route("GET", item, self.show, policies.SHOW, since=V2_100),
            Route("POST", path, self.create, policies.CREATE, made, since=V2_100),
            Route("DELETE", item, self.delete, policies.DELETE, since=V2_100),
        )

    def show(self, call: Call) -> Reply:
        """One requirement of the caller's project."""
        return Reply(200, render_requirement(self._get(call), call))

    def create(self, call: Call) -> Reply:
        """Read a model file, or take a requirement that was extracted elsewhere."""
        name = call.query.find_single("name")
        if name is not None and not 1 <= len(name) <= MAX_NAME_LENGTH:
            raise InvalidInput(f"name must have 1 to {MAX_NAME_LENGTH} characters")
        if call.body.content_type == OCTETS:
            batch = call.query.find_single("batch")
            weights = call.query.list_all("weights")
            options = parse_options(
                None if batch is None else parse_number("batch", batch, 1),
                call.query.list_all("input"),
                ",".join(weights) if weights else None,
            )
            requirement = self._reader.read(call.body, name or "model", options)
        else:
            requirement = self._read_document(call)
        stored = self._store(
            name or requirement.name[:MAX_NAME_LENGTH], requirement, call.caller.project_id
        )
        return Reply(
            201,
            render_requirement(stored, call),
            {"Location": call.links.item(COLLECTION, stored.uuid)},
        )

    @staticmethod
    def _read_document(call: Call) -> IRRequirement:
        if call.body.content_type not in (JSON, ""):
            raise UnsupportedMediaType(
                f"the body must be {OCTETS} (a model file) or {JSON} (an IR requirement)"
            )
        for parameter in ("batch", "input", "weights"):
            if parameter in call.query:
                raise InvalidInput(f"{parameter} is for model files; the body is a requirement")
        return check_replaced(codec.parse(IRRequirement, call.read_json(), "requirement"))

    @retry_on_deadlock
    def _store(
        self, name: str, requirement: IRRequirement, project_id: str | None
    ) -> StoredRequirement:
        with self._database.writing() as session:
            self._check_room(session, project_id)
            return requirements.create_requirement(
                session, name, codec.render(requirement), project_id
            )

    def _check_room(self, session: Session, project_id: str | None) -> None:
        if requirements.count_requirements(session, project_id) >= self._most:
            raise OverQuota(f"{self._most} IR requirements are kept for a project; delete some")

    def delete(self, call: Call) -> Reply:
        """Delete one requirement of the caller's project."""
        stored = self._get(call)
        if not self._remove(stored.uuid):
            raise NotFound(NOUN, stored.uuid)
        return Reply(204)

    @retry_on_deadlock
    def _remove(self, uuid: str) -> bool:
        with self._database.writing() as session:
            return requirements.delete_requirement(session, uuid)

    def _get(self, call: Call) -> StoredRequirement:
        uuid = call.path["uuid"]
        stored = None
        if is_uuid_like(uuid):
            with self._database.reading() as session:
                stored = requirements.find_requirement(session, uuid, call.caller.only_project)
        if stored is None:
            raise NotFound(NOUN, uuid[:100])
        call.check_object(stored.project_id)
        return stored
