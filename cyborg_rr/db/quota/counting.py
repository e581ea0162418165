"""What projects hold, and the rows that keep two counts of one project apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from oslo_db.exception import RetryRequest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.paging import Page
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    ProjectRow,
)
from cyborg_rr.domain.errors import InvalidInput, InvalidState
from cyborg_rr.domain.quota import Usage

_HELD = AttachHandleRow.arq_uuid == AcceleratorRequestRow.uuid
"""A handle names a request from its claim until it is let go, and no longer."""

SORT_KEYS = frozenset({"id", "project_id"})


def list_unknown(session: Session, project_ids: Collection[str]) -> set[str]:
    """Those of the projects that have no row yet."""
    known = session.scalars(
        select(ProjectRow.project_id).where(ProjectRow.project_id.in_(project_ids))
    )
    return set(project_ids) - set(known)


def add_projects(session: Session, project_ids: Collection[str]) -> None:
    """Have a row for each; whoever loses a race to insert one gets ``DBDuplicateEntry``."""
    for project_id in sorted(list_unknown(session, project_ids)):
        session.execute(insert(ProjectRow).values(project_id=project_id, created_at=utc_now()))


def lock_projects(session: Session, project_ids: Collection[str]) -> None:
    """Let no other claim for these projects count until the transaction ends, in one order.

    Take them after the requests and the devices: whoever holds one waits for no lock any more.
    """
    locked = session.execute(
        select(ProjectRow.id)
        .where(ProjectRow.project_id.in_(project_ids))
        .order_by(ProjectRow.id)
        .with_for_update()
    ).all()
    if len(locked) != len(set(project_ids)):
        raise RetryRequest(InvalidState("a project's row was removed while it was being counted"))


def count_held(session: Session, project_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """How many handles of each resource class those projects hold, in one statement."""
    held: dict[str, dict[str, int]] = defaultdict(dict)
    rows = session.execute(
        select(AcceleratorRequestRow.project_id, DeployableRow.resource_class, func.count())
        .join(AttachHandleRow, _HELD)
        .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
        .where(AcceleratorRequestRow.project_id.in_(project_ids))
        .group_by(AcceleratorRequestRow.project_id, DeployableRow.resource_class)
    )
    for project_id, resource_class, count in rows:
        held[project_id or ""][resource_class] = count
    return dict(held)


def list_usages(session: Session, page: Page) -> list[Usage]:
    """What each project holds that holds anything, by its id; a marker may be none of them."""
    if page.sort_key not in (None, *SORT_KEYS):
        raise InvalidInput(
            f"sort_key {page.sort_key!r} is not one of {', '.join(sorted(SORT_KEYS))}"
        )
    column = AcceleratorRequestRow.project_id
    statement = select(column).distinct().join(AttachHandleRow, _HELD).where(column.is_not(None))
    if page.marker is not None:
        beyond = column < page.marker if page.descending else column > page.marker
        statement = statement.where(beyond)
    statement = statement.order_by(column.desc() if page.descending else column.asc())
    found = [each for each in session.scalars(statement.limit(page.limit)) if each is not None]
    held = count_held(session, found)
    return [Usage(project_id, held.get(project_id, {})) for project_id in found]
