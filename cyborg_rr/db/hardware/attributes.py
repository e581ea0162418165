"""Queries on the attributes of deployables; those of a driver hold the traits too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from cyborg_rr.db.class_traits import CLASS_OF_PART, load_class_traits
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.paging import Listing
from cyborg_rr.db.rows import to_attribute
from cyborg_rr.db.tables import AttributeRow, DeployableRow, DeviceRow
from cyborg_rr.domain.hardware.devices import TRAIT_KEY
from cyborg_rr.domain.hardware.stored import AttributeOrigin, StoredAttribute

HOLDS_TRAIT = AttributeRow.key.startswith(TRAIT_KEY)
"""The condition of an attribute that holds a trait, whoever wrote it."""


def _is_of_deployable(uuid: str) -> Any:
    found = select(DeployableRow.id).where(DeployableRow.uuid == uuid)
    return AttributeRow.deployable_id == found.scalar_subquery()


list_attributes = Listing(
    select(AttributeRow),
    AttributeRow,
    to_attribute,
    frozenset({"id", "uuid", "key", "deployable_id", "created_at"}),
    conditions={"deployable": _is_of_deployable},
).read
"""The attributes whose fields have the given values; ``deployable`` is a deployable's uuid."""


def find_attribute(session: Session, uuid: str) -> StoredAttribute | None:
    """One attribute."""
    row = session.scalars(select(AttributeRow).where(AttributeRow.uuid == uuid)).first()
    return None if row is None else to_attribute(row)


def create_attribute(
    session: Session, deployable_id: int, key: str, value: str, uuid: str | None = None
) -> StoredAttribute:
    """Add an operator's attribute to a deployable that exists."""
    uuid = uuid or uuidutils.generate_uuid()
    session.execute(
        insert(AttributeRow).values(
            uuid=uuid,
            deployable_id=deployable_id,
            key=key,
            value=value,
            origin=AttributeOrigin.OPERATOR,
            created_at=utc_now(),
        )
    )
    created = find_attribute(session, uuid)
    assert created is not None  # noqa: S101  # this very transaction wrote it
    return created


def delete_attribute(session: Session, uuid: str) -> bool:
    """Delete one attribute; False when there was none."""
    result = session.execute(delete(AttributeRow).where(AttributeRow.uuid == uuid))
    return bool(result.rowcount)  # type: ignore[attr-defined]


def traits_by_deployable(
    session: Session, deployable_ids: Collection[int]
) -> dict[int, frozenset[str]]:
    """The traits of deployables: those in their attributes, and those of their classes."""
    rows = session.execute(
        select(AttributeRow.deployable_id, AttributeRow.value).where(
            AttributeRow.deployable_id.in_(deployable_ids), HOLDS_TRAIT
        )
    )
    traits: dict[int, set[str]] = defaultdict(set)
    for deployable_id, value in rows:
        traits[deployable_id].add(value)
    for deployable_id, of_class in _list_class_traits(session, deployable_ids):
        traits[deployable_id] |= of_class
    return {row_id: frozenset(values) for row_id, values in traits.items()}


def _list_class_traits(
    session: Session, deployable_ids: Collection[int]
) -> list[tuple[int, frozenset[str]]]:
    classes = session.execute(
        select(DeployableRow.id, CLASS_OF_PART)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(DeployableRow.id.in_(deployable_ids))
    ).all()
    traits = load_class_traits(session, {class_id for _, class_id in classes})
    return [(row_id, traits[class_id]) for row_id, class_id in classes]
