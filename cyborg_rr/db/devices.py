"""Queries on devices, deployables and attributes as callers see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.paging import Listing, Page
from cyborg_rr.db.rows import to_attribute, to_deployable, to_device
from cyborg_rr.db.tables import (
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceClassRow,
    DeviceRow,
)
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.domain.hardware.inventory import (
    ENABLED,
    FREE,
    PRESENT,
    AttributeRecord,
    DeployableRecord,
    DeviceRecord,
)
from cyborg_rr.domain.profiles import Group, resources_of, traits_of

OPERATOR = "operator"
DRIVER = "driver"

_DEVICES = select(DeviceRow, DeviceClassRow.name).join(
    DeviceClassRow, DeviceClassRow.id == DeviceRow.device_class_id
)
list_devices = Listing(
    _DEVICES,
    DeviceRow,
    to_device,
    frozenset({"id", "uuid", "type", "vendor", "model", "hostname", "status", "created_at"}),
    {"device_class": DeviceClassRow.name},
).read
"""The devices whose fields have the given values."""


def find_device(session: Session, uuid: str) -> DeviceRecord | None:
    """One device."""
    found = session.execute(_DEVICES.where(DeviceRow.uuid == uuid)).first()
    return None if found is None else to_device(found[0], found[1])


def set_device_status(session: Session, uuid: str, status: str) -> DeviceRecord:
    """Store the operator's word on a device; ``NotFound`` when there is none."""
    session.execute(
        update(DeviceRow)
        .where(DeviceRow.uuid == uuid, DeviceRow.status != status)
        .values(status=status, updated_at=utc_now())
    )
    device = find_device(session, uuid)
    if device is None:
        raise NotFound("device", uuid)
    return device


def _same(row: DeployableRow) -> DeployableRow:
    return row


_list_deployable_rows = Listing(
    select(DeployableRow),
    DeployableRow,
    _same,
    frozenset({"id", "uuid", "name", "num_accelerators", "device_id", "created_at"}),
).read


def list_deployables(
    session: Session, *, page: Page | None = None, device: str | None = None, **where: Any
) -> list[DeployableRecord]:
    """Deployables with their attributes, in two statements however many there are.

    ``device`` is the uuid of the device that they are part of.
    """
    if device is not None:
        found = select(DeviceRow.id).where(DeviceRow.uuid == device)
        where["device_id"] = found.scalar_subquery()
    rows = _list_deployable_rows(session, page=page, **where)
    is_cut = page is not None and page.limit is not None
    everything = not is_cut and all(value is None for value in where.values())
    return _with_attributes(session, rows, everything=everything)


def find_deployable(
    session: Session, uuid: str | None = None, *, row_id: int | None = None
) -> DeployableRecord | None:
    """One deployable, by its uuid or by its internal number."""
    condition = DeployableRow.uuid == uuid if uuid is not None else DeployableRow.id == row_id
    rows = list(session.scalars(select(DeployableRow).where(condition)))
    found = _with_attributes(session, rows, everything=False)
    return found[0] if found else None


def _with_attributes(
    session: Session, rows: Iterable[DeployableRow], *, everything: bool
) -> list[DeployableRecord]:
    rows = list(rows)
    by_deployable: dict[int, list[tuple[str, str]]] = defaultdict(list)
    statement = select(AttributeRow.deployable_id, AttributeRow.key, AttributeRow.value)
    if not everything:
        statement = statement.where(AttributeRow.deployable_id.in_([row.id for row in rows]))
    if rows:
        for deployable_id, key, value in session.execute(statement.order_by(AttributeRow.id)):
            by_deployable[deployable_id].append((key, value))
    return [to_deployable(row, by_deployable[row.id]) for row in rows]


def list_selected(session: Session, groups: Sequence[Group]) -> list[str]:
    """The uuids of the devices that serve one of the groups and have a handle free.

    They have the group's resource class and traits, are there and not in maintenance: what a query
    of Placement made from a device profile finds.
    """
    uuids: dict[str, None] = {}
    distinct = {tuple(sorted(group.items())): group for group in groups}  # a set repeats its group
    for group in distinct.values():
        uuids.update(dict.fromkeys(session.scalars(_select_for(group))))
    return list(uuids)


def _select_for(group: Group) -> Any:
    def has_trait(trait: str) -> Any:
        return exists().where(
            AttributeRow.deployable_id == DeployableRow.id,
            AttributeRow.key.startswith("trait"),
            AttributeRow.value == trait,
        )

    free = exists().where(
        AttachHandleRow.deployable_id == DeployableRow.id, AttachHandleRow.state == FREE
    )
    return (
        select(DeviceRow.uuid)
        .join(DeployableRow, DeployableRow.device_id == DeviceRow.id)
        .where(
            DeployableRow.resource_class.in_(list(resources_of(group))),
            DeviceRow.status == ENABLED,
            DeviceRow.state == PRESENT,
            free,
            *(has_trait(trait) for trait in sorted(traits_of(group, "required"))),
            *(~has_trait(trait) for trait in sorted(traits_of(group, "forbidden"))),
        )
        .order_by(DeviceRow.id)
    )


list_attributes = Listing(
    select(AttributeRow),
    AttributeRow,
    to_attribute,
    frozenset({"id", "uuid", "key", "deployable_id", "created_at"}),
).read
"""The attributes whose fields have the given values."""


def find_attribute(session: Session, uuid: str) -> AttributeRecord | None:
    """One attribute."""
    row = session.scalars(select(AttributeRow).where(AttributeRow.uuid == uuid)).first()
    return None if row is None else to_attribute(row)


def create_attribute(
    session: Session, deployable_id: int, key: str, value: str, uuid: str | None = None
) -> AttributeRecord:
    """Add an operator's attribute to a deployable that exists."""
    uuid = uuid or uuidutils.generate_uuid()
    session.execute(
        insert(AttributeRow).values(
            uuid=uuid,
            deployable_id=deployable_id,
            key=key,
            value=value,
            origin=OPERATOR,
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
    """The traits of deployables: the values of their attributes whose key begins with ``trait``."""
    rows = session.execute(
        select(AttributeRow.deployable_id, AttributeRow.value).where(
            AttributeRow.deployable_id.in_(deployable_ids), AttributeRow.key.startswith("trait")
        )
    )
    traits: dict[int, set[str]] = defaultdict(set)
    for deployable_id, value in rows:
        traits[deployable_id].add(value)
    return {row_id: frozenset(values) for row_id, values in traits.items()}
