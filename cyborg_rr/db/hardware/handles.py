"""Attach handles: who holds them, and letting go of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.rows import to_handle
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    DeviceRow,
    HostRow,
)
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState, OperatorStatus
from cyborg_rr.domain.requests import Claim


@dataclass(frozen=True, slots=True)
class Provider:
    """What a bind must know of the deployable that it addresses."""

    device_id: int
    deployable_id: int
    deployable_name: str
    provider_uuid: str
    resource_class: str
    hostname: str
    agent: str
    device_uuid: str
    status: OperatorStatus
    state: DeviceState
    trouble: str | None


@dataclass(frozen=True, slots=True)
class HostClaim:
    """A claim with the host and the agent that must confirm or release it.

    ``handle_id`` is the row of its handle.
    """

    claim: Claim
    hostname: str
    agent: str
    handle_id: int
    state_since: datetime | None = None


def group_by_host(claims: Iterable[HostClaim]) -> dict[tuple[str, str], list[HostClaim]]:
    """Claims by agent and hostname: one call goes to each."""
    grouped: dict[tuple[str, str], list[HostClaim]] = defaultdict(list)
    for claim in claims:
        grouped[claim.agent, claim.hostname].append(claim)
    return grouped


def find_providers(session: Session, provider_uuids: Collection[str]) -> dict[str, Provider]:
    """The deployables with those provider uuids, by uuid, as they are now."""
    rows = session.execute(
        select(DeployableRow, DeviceRow, HostRow.agent)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .join(HostRow, HostRow.name == DeviceRow.hostname)
        .where(DeployableRow.provider_uuid.in_(provider_uuids))
        .execution_options(populate_existing=True)  # also when the session has read them before
    )
    return {
        deployable.provider_uuid: Provider(
            device_id=device.id,
            deployable_id=deployable.id,
            deployable_name=deployable.name,
            provider_uuid=deployable.provider_uuid,
            resource_class=deployable.resource_class,
            hostname=device.hostname,
            agent=agent,
            device_uuid=device.uuid,
            status=OperatorStatus(device.status),
            state=DeviceState(device.state),
            trouble=device.trouble_text if device.trouble_code else None,
        )
        for deployable, device, agent in rows
    }


def start_release(
    session: Session,
    arq_uuids: Collection[str],
    reason: str,
    binding_ids: Collection[str] | None = None,
) -> list[HostClaim]:
    """Take the handles from requests that let go; they stay reserved until the host confirms.

    With ``binding_ids`` only those that are held by one of these binds still.
    """
    condition = and_(
        AttachHandleRow.arq_uuid.in_(arq_uuids), AttachHandleRow.state == HandleState.HELD
    )
    if binding_ids is not None:
        condition = and_(condition, AttachHandleRow.binding_id.in_(binding_ids))
    claims = list_claims(session, condition)
    if claims:
        session.execute(
            update(AttachHandleRow)
            .where(condition)
            .values(
                state=HandleState.RELEASING,
                arq_uuid=None,
                state_since=utc_now(),
                reason=reason,
                updated_at=utc_now(),
            )
        )
    return claims


def finish_release(session: Session, binding_ids: Collection[str]) -> int:
    """Free the handles whose release the host confirmed; returns how many."""
    result = session.execute(
        update(AttachHandleRow)
        .where(
            AttachHandleRow.binding_id.in_(binding_ids),
            AttachHandleRow.state == HandleState.RELEASING,
        )
        .values(
            state=HandleState.FREE,
            binding_id=None,
            state_since=None,
            reason=None,
            updated_at=utc_now(),
        )
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def list_releasing(session: Session, hostname: str | None = None) -> list[HostClaim]:
    """Handles whose release is not confirmed yet."""
    condition = AttachHandleRow.state == HandleState.RELEASING
    if hostname is not None:
        condition &= DeviceRow.hostname == hostname
    return list_claims(session, condition)


def list_held_bindings(session: Session, hostname: str) -> set[str]:
    """The binding ids of all handles of a host that are held."""
    rows = session.scalars(
        select(AttachHandleRow.binding_id)
        .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(DeviceRow.hostname == hostname, AttachHandleRow.state == HandleState.HELD)
    )
    return {row for row in rows if row is not None}


def release_ownerless(session: Session) -> int:
    """Start the release of held handles whose request is gone; returns how many there were."""
    owner = exists().where(AcceleratorRequestRow.uuid == AttachHandleRow.arq_uuid)
    result = session.execute(
        update(AttachHandleRow)
        .where(AttachHandleRow.state == HandleState.HELD, ~owner)
        .values(
            state=HandleState.RELEASING,
            arq_uuid=None,
            state_since=utc_now(),
            reason="its accelerator request no longer exists",
            updated_at=utc_now(),
        )
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def list_claims(session: Session, condition: ColumnElement[bool]) -> list[HostClaim]:
    """The claims on the handles that meet a condition, as they are sent to their hosts."""
    rows = session.execute(
        select(AttachHandleRow, DeployableRow, DeviceRow.hostname, DeviceRow.device_key)
        .add_columns(HostRow.agent, AcceleratorRequestRow.instance_uuid)
        .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .join(HostRow, HostRow.name == DeviceRow.hostname)
        .outerjoin(AcceleratorRequestRow, AcceleratorRequestRow.uuid == AttachHandleRow.arq_uuid)
        .where(condition)
        .order_by(AttachHandleRow.id)
    )
    return [
        HostClaim(
            claim=Claim(
                binding_id=handle.binding_id or "",
                arq_uuid=handle.arq_uuid or "",
                deployable_name=deployable.name,
                handle=to_handle(handle),
                device_key=device_key or "",
                part=deployable.part or "",
                holder=holder,
            ),
            hostname=hostname,
            agent=agent,
            handle_id=handle.id,
            state_since=handle.state_since,
        )
        for handle, deployable, hostname, device_key, agent, holder in rows
    ]
