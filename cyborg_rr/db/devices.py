"""Queries on devices, deployables and attributes as callers see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.paging import Page, apply_page
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

DEVICE_SORT_KEYS = frozenset(
    {"id", "uuid", "type", "vendor", "model", "hostname", "status", "created_at"}
)
DEPLOYABLE_SORT_KEYS = frozenset(
    {"id", "uuid", "name", "num_accelerators", "device_id", "created_at"}
)
ATTRIBUTE_SORT_KEYS = frozenset({"id", "uuid", "key", "deployable_id", "created_at"})
OPERATOR = "operator"
DRIVER = "driver"


def list_devices(
    session: Session,
    *,
    type: str | None = None,
    vendor: str | None = None,
    hostname: str | None = None,
    device_class: str | None = None,
    page: Page | None = None,
) -> list[DeviceRecord]:
    """Devices that meet all filters, in one statement (two with a marker)."""
    statement: Any = select(DeviceRow, DeviceClassRow.name).join(
        DeviceClassRow, DeviceClassRow.id == DeviceRow.device_class_id
    )
    for column, value in (
        (DeviceRow.type, type),
        (DeviceRow.vendor, vendor),
        (DeviceRow.hostname, hostname),
        (DeviceClassRow.name, device_class),
    ):
        if value is not None:
            statement = statement.where(column == value)
    statement = apply_page(session, statement, DeviceRow, page or Page(), DEVICE_SORT_KEYS)
    return [to_device(row, name) for row, name in session.execute(statement)]


def find_device(session: Session, uuid: str) -> DeviceRecord | None:
    """One device."""
    found = session.execute(
        select(DeviceRow, DeviceClassRow.name)
        .join(DeviceClassRow, DeviceClassRow.id == DeviceRow.device_class_id)
        .where(DeviceRow.uuid == uuid)
    ).first()
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


def list_deployables(
    session: Session,
    *,
    name: str | None = None,
    device_uuid: str | None = None,
    page: Page | None = None,
) -> list[DeployableRecord]:
    """Deployables with their attributes, in two statements however many there are."""
    statement: Any = select(DeployableRow)
    if name is not None:
        statement = statement.where(DeployableRow.name == name)
    if device_uuid is not None:
        statement = statement.join(DeviceRow, DeviceRow.id == DeployableRow.device_id).where(
            DeviceRow.uuid == device_uuid
        )
    statement = apply_page(session, statement, DeployableRow, page or Page(), DEPLOYABLE_SORT_KEYS)
    rows = list(session.scalars(statement))
    everything = name is None and device_uuid is None and (page is None or page.limit is None)
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


def list_attributes(
    session: Session,
    *,
    deployable_id: int | None = None,
    key: str | None = None,
    page: Page | None = None,
) -> list[AttributeRecord]:
    """Attributes that meet all filters."""
    statement = select(AttributeRow)
    if deployable_id is not None:
        statement = statement.where(AttributeRow.deployable_id == deployable_id)
    if key is not None:
        statement = statement.where(AttributeRow.key == key)
    statement = apply_page(session, statement, AttributeRow, page or Page(), ATTRIBUTE_SORT_KEYS)
    return [to_attribute(row) for row in session.scalars(statement)]


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
