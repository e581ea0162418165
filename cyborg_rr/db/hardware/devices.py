"""Queries on devices as callers see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case, exists, or_, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.class_traits import CLASS_OF_PART, list_classes_with
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.hardware.attributes import HOLDS_TRAIT
from cyborg_rr.db.hardware.claiming import load_stocks
from cyborg_rr.db.hardware.classes import USABLE, list_sharing
from cyborg_rr.db.paging import Listing
from cyborg_rr.db.rows import to_device
from cyborg_rr.db.tables import (
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceClassRow,
    DeviceRow,
)
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.domain.hardware.keys import render_canonical
from cyborg_rr.domain.hardware.offering.offered import NOT_OFFERED
from cyborg_rr.domain.hardware.stored import DeviceHealth, HandleState, StatusNote, StoredDevice
from cyborg_rr.domain.profiles import Group, resources_of, traits_of
from cyborg_rr.domain.representation.traits import PREFIX

NOTHING_NOTED = StatusNote()
_NOTHING = render_canonical({})
_DEVICES = select(DeviceRow, DeviceClassRow.name).join(
    DeviceClassRow, DeviceClassRow.id == DeviceRow.device_class_id
)
_HEALTH = case(
    (DeviceRow.trouble_code.is_(None), DeviceHealth.OK.value), else_=DeviceHealth.TROUBLE.value
)
list_devices = Listing(
    _DEVICES,
    DeviceRow,
    to_device,
    frozenset({"id", "uuid", "type", "vendor", "model", "hostname", "status", "created_at"}),
    {"device_class": DeviceClassRow.name, "health": _HEALTH},
).read
"""The devices whose fields have the given values."""


def find_device(session: Session, uuid: str) -> StoredDevice | None:
    """One device."""
    found = session.execute(_DEVICES.where(DeviceRow.uuid == uuid)).first()
    return None if found is None else to_device(found[0], found[1])


def set_device_status(
    session: Session, uuid: str, status: str, note: StatusNote = NOTHING_NOTED
) -> StoredDevice:
    """Store the operator's word on a device; ``NotFound`` when there is none.

    Where it has that status already only another reason is news.
    """
    is_news = DeviceRow.status != status
    if note.reason is not None:
        is_news |= DeviceRow.status_reason.is_distinct_from(note.reason)
    now = utc_now()
    session.execute(
        update(DeviceRow)
        .where(DeviceRow.uuid == uuid, is_news)
        .values(
            status=status,
            status_author=note.author,
            status_reason=note.reason,
            status_since=now,
            updated_at=now,
        )
    )
    device = find_device(session, uuid)
    if device is None:
        raise NotFound("device", uuid)
    return device


def list_selected(session: Session, groups: Sequence[Group]) -> list[str]:
    """The uuids of the devices that serve one of the groups and have a handle that can be had.

    They have the group's resource class and traits, are there, well and not in maintenance, on a
    host that is heard, and nothing keeps them out of Placement: what a query of it made from a
    device profile finds.
    """
    distinct = {tuple(sorted(group.items())): group for group in groups}  # a set repeats its group
    found = [
        row for group in distinct.values() for row in session.execute(_select_for(session, group))
    ]
    withdrawn = _list_withdrawn(session, ((row.device_id, row.id) for row in found))
    return list(dict.fromkeys(row.uuid for row in found if row.id not in withdrawn))


def _select_for(session: Session, group: Group) -> Any:
    def has_trait(trait: str) -> Any:
        own = exists().where(
            AttributeRow.deployable_id == DeployableRow.id,
            HOLDS_TRAIT,
            AttributeRow.value == trait,
        )
        if not trait.startswith(PREFIX):
            return own
        return or_(own, CLASS_OF_PART.in_(list_classes_with(session, trait)))

    free = exists().where(
        AttachHandleRow.deployable_id == DeployableRow.id, AttachHandleRow.state == HandleState.FREE
    )
    return (
        select(DeviceRow.uuid, DeployableRow.device_id, DeployableRow.id)
        .join(DeployableRow, DeployableRow.device_id == DeviceRow.id)
        .where(
            or_(
                DeployableRow.withheld_code.is_(None),
                DeployableRow.withheld_code.not_in(NOT_OFFERED),
            ),
            DeployableRow.resource_class.in_(list(resources_of(group))),
            USABLE,
            free,
            *(has_trait(trait) for trait in sorted(traits_of(group, "required"))),
            *(~has_trait(trait) for trait in sorted(traits_of(group, "forbidden"))),
        )
        .order_by(DeviceRow.id)
    )


def _list_withdrawn(session: Session, deployables: Iterable[tuple[int, int]]) -> set[int]:
    """Those deployables with free handles of which none can be had now: (its device, it)."""
    of_device: dict[int, list[int]] = {}
    for device_id, deployable_id in deployables:
        of_device.setdefault(device_id, []).append(deployable_id)
    sharing = list_sharing(session)
    contested = (sharing | _list_drawn(session)) & of_device.keys()
    if not contested:
        return set()
    stocks = load_stocks(session, contested | sharing)
    return {
        deployable_id
        for device_id in contested
        for deployable_id in of_device[device_id]
        if not stocks[device_id].list_holdable(deployable_id)
    }


def _list_drawn(session: Session) -> set[int]:
    """Devices with a handle that is not free and that draws something, or lies in a unit.

    What is not known to draw anything draws all that its device has.
    """
    draws = or_(
        AttachHandleRow.unit.is_not(None),
        AttachHandleRow.consumes != _NOTHING,
        DeviceRow.capacities != _NOTHING,
    )
    statement = (
        select(DeployableRow.device_id)
        .distinct()
        .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(AttachHandleRow.state != HandleState.FREE, draws)
    )
    return set(session.scalars(statement))
