"""How much the projects of a bind may hold: asked before its transaction, counted inside it."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from oslo_log import log

from cyborg_rr.db import requests
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.hardware.claiming import Wanted
from cyborg_rr.db.quota import counting
from cyborg_rr.db.retry import retry_on_race
from cyborg_rr.domain.errors import InvalidState
from cyborg_rr.domain.quota import PREFIX, Limits, check_quota
from cyborg_rr.domain.requests import Binding, Mandate
from cyborg_rr.outside.limits.limits import LimitSource

LOG = log.getLogger(__name__)


class Allowance(Protocol):
    """What the projects of one call may hold."""

    def check(self, session: Session, wanted: Sequence[Wanted]) -> None:
        """``OverQuota`` where a project would hold too much; else nobody adds to it until commit.

        The requests and the devices of the call must be locked.
        """
        ...


class Quota(Protocol):
    """Somebody who allows projects to hold things."""

    def allow(self, bindings: Sequence[Binding], mandate: Mandate) -> Allowance:
        """What the projects of a call may hold; ``LimitsUnavailable`` where nobody says."""
        ...


class Unbounded:
    """Every project may hold what there is: as quota and as allowance."""

    def allow(self, bindings: Sequence[Binding], mandate: Mandate) -> Allowance:
        """Whatever it is."""
        del bindings, mandate
        return self

    def check(self, session: Session, wanted: Sequence[Wanted]) -> None:
        """Nothing to do."""


class LimitedQuota:
    """Projects hold at most what their limits say."""

    def __init__(self, database: Database, limits: LimitSource) -> None:
        self._database = database
        self._limits = limits
        self._tellings = _Tellings()

    def allow(self, bindings: Sequence[Binding], mandate: Mandate) -> Allowance:
        """Asks for nothing where the call will change nothing. Not inside a transaction."""
        with self._database.reading() as session:
            projects = _list_projects(session, bindings, mandate)
            new = counting.list_unknown(session, projects)
        limits = {project_id: self._limits.of_project(project_id) for project_id in projects}
        if new:
            self._add_projects(new)
        return _LimitedAllowance(limits, self._tellings)

    @retry_on_race
    def _add_projects(self, project_ids: Sequence[str]) -> None:
        """A transaction of its own: one that inserts a row and locks it could wait for its like."""
        with self._database.writing() as session:
            counting.add_projects(session, project_ids)


def _list_projects(
    session: Session, bindings: Sequence[Binding], mandate: Mandate
) -> Sequence[str]:
    """Those that would hold more than before; none where the call is refused or stands already."""
    uuids = [binding.arq_uuid for binding in bindings]
    found = {
        request.uuid: request
        for request in requests.list_requests(session, uuids=uuids, project_id=mandate.project_id)
    }
    if any(uuid not in found for uuid in uuids) or all(
        found[binding.arq_uuid].is_bound_as(binding) for binding in bindings
    ):
        return ()
    projects = {each.project_id or found[each.arq_uuid].project_id for each in bindings}
    return sorted(each for each in projects if each is not None)


@dataclass(frozen=True, slots=True)
class _LimitedAllowance:
    """Limits by project, as they were told a moment ago."""

    limits: Mapping[str, Limits]
    tellings: _Tellings

    def check(self, session: Session, wanted: Sequence[Wanted]) -> None:
        """See ``Allowance.check``. What has no project is nobody's and counts for nobody."""
        by_project: dict[str, Counter[str]] = defaultdict(Counter)
        for each in wanted:
            if each.wish.project_id is not None:
                by_project[each.wish.project_id][each.provider.resource_class] += 1
        bounded = []
        for project_id, classes in by_project.items():
            limits = self.limits.get(project_id)
            if limits is None:
                raise InvalidState("an accelerator request of the call has just changed hands")
            self.tellings.tell(limits, classes)
            if any(limits.bounds(name) for name in classes):
                bounded.append(project_id)
        if not bounded:
            return
        counting.lock_projects(session, bounded)
        held = counting.count_held(session, bounded)
        for project_id in bounded:
            check_quota(
                project_id,
                self.limits[project_id],
                held.get(project_id, {}),
                by_project[project_id],
            )


class _Tellings:
    """Says once of each resource class that it has no limit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: set[str] = set()

    def tell(self, limits: Limits, classes: Mapping[str, int]) -> None:
        """Log those of these classes that are new and have none."""
        with self._lock:
            new = {name for name in classes if limits.find(name) is None} - self._told
            self._told |= new
        for name in sorted(new):
            LOG.warning("No limit %s%s is registered: projects hold what there is", PREFIX, name)
