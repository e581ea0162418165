"""Usages: list."""

from __future__ import annotations

from dataclasses import replace

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.path import Route
from cyborg_rr.api.request.query import Parameter
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.api.resources.usages import policies
from cyborg_rr.api.resources.usages.schemas import COLLECTION, render_usage
from cyborg_rr.api.services import Services
from cyborg_rr.db.quota import counting
from cyborg_rr.domain.quota import Usage

LISTED = ListOf(
    COLLECTION,
    counting.list_usages,
    render_usage,
    key="project_id",
)


class Usages:
    """What projects hold of each resource class, and what they may hold."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._limits = services.limits
        parameters = (*LISTED.parameters, Parameter("project_id"))
        self.routes = (Route("GET", COLLECTION, self.list, policies.LIST, parameters, V2_101),)

    def list(self, call: Call) -> Reply:
        """One project, which is the caller's own unless named; to administrators, all that hold."""
        wanted = LISTED.read_wanted(call)
        project_id = call.query.find("project_id") or call.caller.only_project
        if project_id is not None:
            return LISTED.reply(call, [self._show(call, project_id)], wanted)
        with self._database.reading() as session:
            usages = counting.list_usages(session, wanted.page)
        find_limits = self._limits.of_projects()
        rows = [replace(usage, limits=find_limits(usage.project_id)) for usage in usages]
        return LISTED.reply(call, rows, wanted)

    def _show(self, call: Call, project_id: str) -> Usage:
        """A project, whether or not it holds anything."""
        call.check_object(project_id)
        limits = self._limits.of_project(project_id)
        with self._database.reading() as session:
            held = counting.count_held(session, [project_id])
        return Usage(project_id, held.get(project_id, {}), limits)
