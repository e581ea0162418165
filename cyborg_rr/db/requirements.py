"""Queries on stored IR requirements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.paging import Listing
from cyborg_rr.db.tables import IrRequirementRow
from cyborg_rr.domain.errors import InvalidInput

MAX_DOCUMENT_BYTES = 8 * 1024**2
"""Half of the largest packet that MariaDB accepts by default, and of its column."""


@dataclass(frozen=True, slots=True)
class StoredRequirement:
    """A requirement document with its uuid and owner."""

    uuid: str
    project_id: str | None
    name: str
    document: Mapping[str, Any]
    created_at: datetime


def _to_stored(row: IrRequirementRow) -> StoredRequirement:
    return StoredRequirement(
        row.uuid, row.project_id, row.name, json.loads(row.document), row.created_at
    )


def create_requirement(
    session: Session, name: str, document: Mapping[str, Any], project_id: str | None
) -> StoredRequirement:
    """Store a checked document; ``InvalidInput`` when it is larger than databases take at once."""
    text = json.dumps(document, sort_keys=True)
    if len(text) > MAX_DOCUMENT_BYTES:  # all ASCII: one byte for each character
        raise InvalidInput(
            f"{name}: the requirement has {len(text)} bytes as a document, at most"
            f" {MAX_DOCUMENT_BYTES} are kept; it names very many different operations"
        )
    stored = StoredRequirement(uuidutils.generate_uuid(), project_id, name, document, utc_now())
    session.execute(
        insert(IrRequirementRow).values(
            uuid=stored.uuid,
            project_id=project_id,
            name=name,
            document=text,
            created_at=stored.created_at,
        )
    )
    return stored


def count_requirements(session: Session, project_id: str | None) -> int:
    """How many requirements the project has."""
    of_project = IrRequirementRow.project_id == project_id
    return session.scalars(
        select(func.count()).select_from(IrRequirementRow).where(of_project)
    ).one()


list_requirements = Listing(
    select(IrRequirementRow),
    IrRequirementRow,
    _to_stored,
    frozenset({"id", "uuid", "name", "created_at"}),
).read
"""The requirements whose fields have the given values."""


def find_requirement(
    session: Session, uuid: str, project_id: str | None = None
) -> StoredRequirement | None:
    """One requirement, of that project when one is given."""
    statement = select(IrRequirementRow).where(IrRequirementRow.uuid == uuid)
    if project_id is not None:
        statement = statement.where(IrRequirementRow.project_id == project_id)
    row = session.scalars(statement).first()
    return None if row is None else _to_stored(row)


def delete_requirement(session: Session, uuid: str, project_id: str | None = None) -> bool:
    """Delete one requirement; False when there was none (of that project)."""
    statement = delete(IrRequirementRow).where(IrRequirementRow.uuid == uuid)
    if project_id is not None:
        statement = statement.where(IrRequirementRow.project_id == project_id)
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]
