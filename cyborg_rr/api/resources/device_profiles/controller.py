"""Device profiles: list, show, create, change, delete."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from oslo_db import exception as db_exception

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.errors import NotAcceptable, PinnedServerFault
from cyborg_rr.api.request.path import Route, is_uuid_like, list_route, parse_uuid
from cyborg_rr.api.request.query import Filter, Parameter
from cyborg_rr.api.request.version import V2_2, V2_3, V2_101, Version
from cyborg_rr.api.resources.device_profiles import policies
from cyborg_rr.api.resources.device_profiles.schemas import (
    COLLECTION,
    CREATE,
    MAX_DESCRIPTION_LENGTH,
    UPDATE,
    parse_names,
    render_profile,
    render_shown_profile,
)
from cyborg_rr.api.services import Services
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.engine import Session
from cyborg_rr.db.paging import Page
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import Conflict, CyborgError, InvalidInput, NotFound
from cyborg_rr.domain.profiles import DeviceProfile, Group, parse_groups, parse_name
from cyborg_rr.domain.requests import AcceleratorRequest

NOUN = "device profile"
MAX_NAME_LENGTH = 255
MAX_SHOWN_USERS = 10
LISTED = ListOf(
    COLLECTION,
    profiles.list_profiles,
    render_profile,
    (Filter("name", parse=parse_names, means="one or several, separated by commas"),),
)


class DeviceProfiles:
    """Named lists of request groups; they belong to the whole cloud."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        path, item = COLLECTION, f"{COLLECTION}/{{key}}"
        self.routes = (
            list_route(LISTED, services.database.reading, policies.LIST),
            Route("GET", item, self.show, policies.SHOW),
            Route("POST", path, self.create, policies.CREATE),
            Route("PATCH", item, self.update, policies.UPDATE, since=V2_101),
            Route("DELETE", path, self.delete_by_value, policies.DELETE, (Parameter("value"),)),
            Route("DELETE", item, self.delete, policies.DELETE),
        )

    def show(self, call: Call) -> Reply:
        """One profile, by uuid or (from 2.2) by name."""
        key = call.path["key"]
        if not is_uuid_like(key) and call.version < V2_2:
            raise NotAcceptable(f"{key[:100]!r} is not a UUID; names are taken from version 2.2 on")
        with self._database.reading() as session:
            return Reply(200, render_shown_profile(_get(session, key), call))

    def create(self, call: Call) -> Reply:
        """Store a new profile."""
        document = call.read_json()
        CREATE.check(document)
        wanted: dict[str, Any] = document[0]
        name = _read_name(wanted["name"], call.version)
        groups = parse_groups(wanted["groups"])
        description = _read_description(wanted.get("description"))
        uuid = None if wanted.get("uuid") is None else parse_uuid("uuid", wanted["uuid"])
        try:
            profile = self._store(name, groups, description, uuid, call.version)
        except db_exception.DBDuplicateEntry as error:
            raise Conflict(f"a device profile {name} is being created by another call") from error
        return Reply(201, render_profile(profile, call))

    @retry_on_deadlock
    def _store(
        self,
        name: str,
        groups: tuple[Group, ...],
        description: str | None,
        uuid: str | None,
        version: Version,
    ) -> DeviceProfile:
        with self._database.writing() as session:
            named = profiles.find_profile(session, name=name)
            if named is None and uuid and profiles.find_profile(session, uuid=uuid) is not None:
                raise _pin(Conflict(f"a device profile with the uuid {uuid} exists"), version)
            return profiles.create_profile(session, name, groups, description, uuid)

    def update(self, call: Call) -> Reply:
        """Change what the body names; requests made from the profile before keep their group."""
        document = call.read_json()
        UPDATE.check(document)
        changes: dict[str, Any] = {}
        if "name" in document:
            changes["name"] = _read_name(document["name"], call.version)
        if "groups" in document:
            changes["groups"] = parse_groups(document["groups"])
        if "description" in document:
            changes["description"] = _read_description(document["description"])
        try:
            profile = self._change(call.path["key"], changes)
        except db_exception.DBDuplicateEntry as error:
            raise Conflict(f"a device profile {changes.get('name')} exists already") from error
        return Reply(200, render_shown_profile(profile, call))

    @retry_on_deadlock
    def _change(self, key: str, changes: Mapping[str, Any]) -> DeviceProfile:
        with self._database.writing() as session:
            uuid = _get(session, key).uuid
            profiles.update_profile(session, uuid, changes)
            return _get(session, uuid)

    def delete_by_value(self, call: Call) -> Reply:
        """Delete what the query names."""
        value = call.query.find("value")
        if not value:
            raise InvalidInput("the query parameter value must name a device profile")
        return self._delete(value, call)

    def delete(self, call: Call) -> Reply:
        """Delete what the path names."""
        return self._delete(call.path["key"], call)

    def _delete(self, value: str, call: Call) -> Reply:
        project = call.caller.only_project
        missing = self._remove(value, project, keeps_used=call.version >= V2_101)
        if missing is not None:
            raise NotFound(NOUN, missing)
        return Reply(204)

    @retry_on_deadlock
    def _remove(self, value: str, project_id: str | None, *, keeps_used: bool) -> str | None:
        """Delete one by uuid or several by name, in order; returns the first that is missing.

        Those before a missing one are gone then, as in the existing service. One that requests
        were made from is kept where that is asked for: ``Conflict`` names those of the caller's
        project (None: of all), and none is gone.
        """
        with self._database.writing() as session:
            if keeps_used:
                _check_unused(session, value, project_id)
            if is_uuid_like(value):
                return None if profiles.delete_profiles(session, [value]) else value
            names = parse_names("value", value)
            found = {row.name: row.uuid for row in profiles.list_profiles(session, name=names)}
            missing = next((name for name in names if name not in found), None)
            before = names if missing is None else names[: names.index(missing)]
            profiles.delete_profiles(session, [found[name] for name in before])
            return missing


def _get(session: Session, key: str) -> DeviceProfile:
    """The profile with that uuid or name."""
    profile = (
        profiles.find_profile(session, uuid=key)
        if is_uuid_like(key)
        else profiles.find_profile(session, name=key)
    )
    if profile is None:
        raise NotFound(NOUN, key[:MAX_NAME_LENGTH])
    return profile


def _check_unused(session: Session, value: str, project_id: str | None) -> None:
    """``Conflict`` for a profile that the uuid or the names name and requests were made from.

    It names requests of that project (None: of all) and says of others only that they are.
    """
    if is_uuid_like(value):
        found = profiles.list_profiles(session, uuid=value)
    else:
        found = profiles.list_profiles(session, name=parse_names("value", value))
    for profile in found:
        made_from_it = {"device_profile_name": profile.name}
        if requests.list_requests(session, page=Page(limit=1), **made_from_it):
            page = Page(limit=MAX_SHOWN_USERS + 1)
            users = requests.list_requests(
                session, page=page, project_id=project_id, **made_from_it
            )
            raise Conflict(f"{NOUN} {profile.name} is in use by {_name_users(users)}")


def _name_users(users: Sequence[AcceleratorRequest]) -> str:
    if not users:
        return "accelerator requests of other projects"
    shown = ", ".join(request.uuid for request in users[:MAX_SHOWN_USERS])
    more = " and others" if len(users) > MAX_SHOWN_USERS else ""
    return f"accelerator requests {shown}{more}"


def _read_name(name: object, version: Version) -> str:
    if name == "" or (isinstance(name, str) and len(name) > MAX_NAME_LENGTH):
        raise _pin(InvalidInput(f"name must have 1 to {MAX_NAME_LENGTH} characters"), version)
    return parse_name(name)


def _read_description(value: object) -> str | None:
    text = value if value is None or isinstance(value, str) else json.dumps(value)
    if text is not None and len(text) > MAX_DESCRIPTION_LENGTH:
        raise InvalidInput(f"description has more than {MAX_DESCRIPTION_LENGTH} characters")
    return text


def _pin(error: CyborgError, version: Version) -> CyborgError:
    """The error, or the 500 that clients of the old versions expect in its place."""
    return PinnedServerFault(str(error)) if version <= V2_3 else error
