"""Attributes of deployables: list, show, create, delete."""

from __future__ import annotations

from oslo_db import exception as db_exception

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.path import Route, is_uuid_like, list_route, parse_uuid
from cyborg_rr.api.request.query import Filter, parse_number
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.api.resources.attributes import policies
from cyborg_rr.api.resources.attributes.schemas import (
    COLLECTION,
    parse_attribute,
    render_attribute,
)
from cyborg_rr.api.services import Services
from cyborg_rr.db.engine import Session
from cyborg_rr.db.hardware import attributes, deployables
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import Conflict, InvalidInput, NotFound
from cyborg_rr.domain.hardware.stored import StoredAttribute

NOUN = "attribute"
LISTED = ListOf(
    COLLECTION,
    attributes.list_attributes,
    render_attribute,
    (
        Filter("deployable_id", parse=parse_number, means="a number"),
        Filter("key"),
        Filter("deployable", since=V2_101, parse=parse_uuid, means="a deployable's uuid"),
    ),
)


class Attributes:
    """Keys and values of deployables, reported by drivers or added by operators."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        path, item = COLLECTION, f"{COLLECTION}/{{uuid}}"
        self.routes = (
            list_route(LISTED, services.database.reading, policies.LIST),
            Route("GET", item, self.show, policies.SHOW),
            Route("POST", path, self.create, policies.CREATE),
            Route("DELETE", path, self.refuse_delete_of_all, policies.DELETE),
            Route("DELETE", item, self.delete, policies.DELETE),
        )

    def show(self, call: Call) -> Reply:
        """One attribute."""
        uuid = parse_uuid("the attribute", call.path["uuid"])
        with self._database.reading() as session:
            attribute = attributes.find_attribute(session, uuid)
        if attribute is None:
            raise NotFound(NOUN, uuid)
        return Reply(200, render_attribute(attribute, call))

    def create(self, call: Call) -> Reply:
        """Add an attribute to a deployable, which is named by its number or its uuid."""
        wanted = parse_attribute(call.read_json())
        uuid = wanted.get("uuid")
        try:
            attribute = self._store(wanted["deployable_id"], wanted["key"], wanted["value"], uuid)
        except db_exception.DBDuplicateEntry as error:
            raise Conflict(f"an attribute with the uuid {uuid} exists already") from error
        except db_exception.DBReferenceError as error:  # it went after it was found
            raise NotFound("deployable", str(wanted["deployable_id"])) from error
        return Reply(201, render_attribute(attribute, call))

    @retry_on_deadlock
    def _store(
        self, deployable: int | str, key: str, value: str, uuid: str | None
    ) -> StoredAttribute:
        with self._database.writing() as session:
            return attributes.create_attribute(
                session, _find_deployable_id(session, deployable), key, value, uuid
            )

    def refuse_delete_of_all(self, _call: Call) -> Reply:
        """There is no operation that deletes all attributes."""
        raise InvalidInput("the URL must end in the uuid of the attribute to delete")

    def delete(self, call: Call) -> Reply:
        """Delete one attribute."""
        uuid = call.path["uuid"]
        if not is_uuid_like(uuid) or not self._remove(uuid):
            raise NotFound(NOUN, uuid[:100])
        return Reply(204)

    @retry_on_deadlock
    def _remove(self, uuid: str) -> bool:
        with self._database.writing() as session:
            return attributes.delete_attribute(session, uuid)


def _find_deployable_id(session: Session, key: int | str) -> int:
    if is_uuid_like(key):
        found = deployables.find_deployable(session, str(key))
    else:
        number = parse_number("deployable_id", str(key))
        found = deployables.find_deployable(session, row_id=number)
    if found is None:
        raise NotFound("deployable", str(key))
    return found.id
