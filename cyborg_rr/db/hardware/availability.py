"""What of the inventory can be had now: the same rule as the claim's, over a whole fleet.

Most devices are plain: nothing of them is held, or all of it. SQL decides about these; only what is
held in part, or shares a unit with what is held, is read and looked at handle by handle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from cyborg_rr.db.hardware.claiming import load_stocks
from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceRow
from cyborg_rr.domain.hardware.keys import render_canonical
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState, OperatorStatus

USABLE = and_(
    DeviceRow.status == OperatorStatus.ENABLED,
    DeviceRow.state == DeviceState.PRESENT,
    DeviceRow.trouble_code.is_(None),
)
"""The condition that a device may be given to somebody at all."""

_NOTHING = render_canonical({})
_FREE = AttachHandleRow.state == HandleState.FREE
_OWN_CLASS = DeployableRow.device_class_id.is_not(None)
_BUSY = (
    select(DeployableRow.device_id)
    .distinct()
    .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
    .where(~_FREE)
    .subquery()
)
"""The devices of which anything is not free."""


def list_withdrawn(session: Session, deployables: Iterable[tuple[int, int]]) -> set[int]:
    """Those deployables with free handles of which none can be had now: (its device, it)."""
    of_device: dict[int, list[int]] = {}
    for device_id, deployable_id in deployables:
        of_device.setdefault(device_id, []).append(deployable_id)
    sharing = _list_sharing(session)
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


def count_classes(session: Session) -> dict[int, tuple[int, int]]:
    """How many devices there are of each class (by its row), and how many of them are free.

    A device counts where it can be had whole: free with every handle. A part with a class of its
    own counts as often as it can be had at a time.
    """
    parts = _count_parts(session)
    sharing = _list_sharing(session)
    devices: Counter[int] = Counter()
    free: Counter[int] = Counter()
    for class_id, count, idle in (*_count_wholes(session, has_parts=bool(parts)), *parts):
        devices[class_id] += int(count)
        free[class_id] += int(idle)
    if parts or sharing:
        free.update(_count_contested(session, sharing))
    return {class_id: (count, free[class_id]) for class_id, count in devices.items()}


def _count_wholes(session: Session, *, has_parts: bool) -> list[tuple[int, int, int]]:
    own_class = exists().where(DeployableRow.device_id == DeviceRow.id, _OWN_CLASS)
    whole = exists().where(DeployableRow.device_id == DeviceRow.id, ~_OWN_CLASS)
    counted = and_(USABLE, or_(whole, ~own_class)) if has_parts else USABLE
    statement = (
        select(
            DeviceRow.device_class_id,
            func.sum(case((counted, 1), else_=0)),
            func.sum(case((and_(counted, _BUSY.c.device_id.is_(None)), 1), else_=0)),
        )
        .outerjoin(_BUSY, _BUSY.c.device_id == DeviceRow.id)
        .group_by(DeviceRow.device_class_id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def _count_parts(session: Session) -> list[tuple[int, int, int]]:
    count = DeployableRow.num_accelerators
    statement = (
        select(
            DeployableRow.device_class_id,
            func.sum(case((USABLE, count), else_=0)),
            func.sum(case((and_(USABLE, _BUSY.c.device_id.is_(None)), count), else_=0)),
        )
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .outerjoin(_BUSY, _BUSY.c.device_id == DeviceRow.id)
        .where(_OWN_CLASS)
        .group_by(DeployableRow.device_class_id)
    )
    return [(row[0] or 0, row[1], row[2]) for row in session.execute(statement)]


def _count_contested(session: Session, sharing: Collection[int]) -> Counter[int]:
    """What must be added to the free ones of each class for devices that are held in part."""
    parts = [
        row
        for row in session.execute(
            select(
                DeployableRow.id,
                DeployableRow.device_id,
                DeployableRow.device_class_id,
                DeployableRow.num_accelerators,
                DeviceRow.device_class_id.label("class_of_device"),
                _BUSY.c.device_id.label("busy"),
            )
            .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
            .outerjoin(_BUSY, _BUSY.c.device_id == DeviceRow.id)
            .where(
                USABLE,
                or_(
                    and_(_OWN_CLASS, _BUSY.c.device_id.is_not(None)),
                    and_(DeviceRow.id.in_(sharing), _BUSY.c.device_id.is_(None)),
                ),
            )
        )
    ]
    own = [row for row in parts if row.device_class_id is not None]
    stocks = load_stocks(session, {row.device_id for row in own}.union(sharing)) if own else {}
    change: Counter[int] = Counter()
    for row in own:
        counted = row.num_accelerators if row.busy is None else 0
        change[row.device_class_id] += stocks[row.device_id].count_holdable(row.id) - counted
    blocked = {
        row.device_id: row.class_of_device
        for row in parts
        if row.device_class_id is None and row.busy is None
    }
    change.subtract(Counter(blocked.values()))
    return change


def _list_drawn(session: Session) -> set[int]:
    """Devices with a handle that is not free and that draws something, or lies in a unit."""
    draws = or_(AttachHandleRow.unit.is_not(None), AttachHandleRow.consumes != _NOTHING)
    statement = (
        select(DeployableRow.device_id)
        .distinct()
        .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
        .where(~_FREE, draws)
    )
    return set(session.scalars(statement))


def _list_sharing(session: Session) -> set[int]:
    """Devices in a unit that they share with another device and of which anything is not free."""
    statement = (
        select(DeviceRow.hostname, AttachHandleRow.unit)
        .select_from(AttachHandleRow)
        .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(AttachHandleRow.unit.is_not(None))
        .group_by(DeviceRow.hostname, AttachHandleRow.unit)
        .having(
            func.min(DeviceRow.id) < func.max(DeviceRow.id),
            func.max(case((_FREE, 0), else_=1)) == 1,
        )
    )
    units = {(hostname, unit) for hostname, unit in session.execute(statement)}
    return _list_devices_in(session, units) if units else set()


def _list_devices_in(session: Session, units: Collection[tuple[str, str | None]]) -> set[int]:
    rows = session.execute(
        select(DeviceRow.id, DeviceRow.hostname, AttachHandleRow.unit)
        .join(DeployableRow, DeployableRow.device_id == DeviceRow.id)
        .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
        .where(
            DeviceRow.hostname.in_({hostname for hostname, _ in units}),
            AttachHandleRow.unit.in_({unit for _, unit in units}),
        )
    )
    return {row_id for row_id, hostname, unit in rows if (hostname, unit) in units}
