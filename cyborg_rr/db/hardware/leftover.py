"""What is left of devices that are partly in use."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from cyborg_rr.db.rows import parse_amounts
from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceRow
from cyborg_rr.domain.hardware.capacities import count_fitting
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState, OperatorStatus

IS_USABLE: Any = and_(
    DeviceRow.status == OperatorStatus.ENABLED,
    DeviceRow.state == DeviceState.PRESENT,
    DeviceRow.trouble_code.is_(None),
)
"""The condition of a device that can be given to somebody now."""

BUSY: Any = (
    select(DeployableRow.device_id)
    .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
    .where(AttachHandleRow.state != HandleState.FREE)
    .distinct()
    .subquery()
)
"""The devices (``device_id``) of which something is in use or not clean."""


def count_left(session: Session) -> Mapping[int, int]:
    """By the row of a class of parts: how many can still be held of devices partly in use."""
    rows = session.execute(
        select(
            DeviceRow.id,
            DeviceRow.capacities,
            DeployableRow.id,
            DeployableRow.device_class_id,
            AttachHandleRow.consumes,
            AttachHandleRow.state,
        )
        .join(BUSY, BUSY.c.device_id == DeviceRow.id)
        .join(DeployableRow, DeployableRow.device_id == DeviceRow.id)
        .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
        .where(IS_USABLE)
        .order_by(AttachHandleRow.id)
    )
    left: dict[int, Counter[str]] = {}
    free: dict[tuple[int, int, int], list[Mapping[str, int]]] = defaultdict(list)
    for device_id, capacities, part_id, class_id, consumes, state in rows:
        if device_id not in left:
            left[device_id] = Counter(parse_amounts(capacities))
        if state != HandleState.FREE:
            left[device_id].subtract(parse_amounts(consumes))
        elif class_id is not None:
            free[device_id, part_id, class_id].append(parse_amounts(consumes))
    counts: Counter[int] = Counter()
    for (device_id, _, class_id), consumptions in free.items():
        counts[class_id] += count_fitting(consumptions, left[device_id])
    return counts
