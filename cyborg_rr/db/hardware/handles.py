"""Attach handles: who holds them, and letting go of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from cyborg_rr.db.hardware.life import change_state
from cyborg_rr.db.rows import to_handle, to_trouble
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    DeviceRow,
    HostRow,
)
from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.hardware.life import HandleAction
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState, OperatorStatus, StatusNote
from cyborg_rr.domain.requests import ArqState, Claim

_LEAVING = (HandleState.RELEASING, HandleState.DIRTY, HandleState.QUARANTINED)


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
    status_note: StatusNote
    status_since: datetime | None
    state: DeviceState
    trouble: str | None
    is_lost: bool
    withheld: Trouble | None


@dataclass(frozen=True, slots=True)
class HostClaim:
    """A claim with the host and the agent that must confirm or release it.

    ``handle_id`` is the row of its handle.
    ``host_id`` and ``minor`` are those of the host's ``HostIdentity``, where its agent said one. It
    ``is_bound`` once its host has prepared it, and its host ``is_lost`` when it is not heard.
    """

    claim: Claim
    hostname: str
    agent: str
    handle_id: int
    state: HandleState = HandleState.HELD
    reason_code: str | None = None
    state_since: datetime | None = None
    host_id: str | None = None
    minor: int = 0
    is_bound: bool = False
    is_lost: bool = False

    @property
    def place(self) -> AgentPlace:
        """Where a call about the claim goes."""
        return AgentPlace(self.agent, self.hostname, self.host_id, self.minor, self.is_lost)


def group_by_host(claims: Iterable[HostClaim]) -> dict[AgentPlace, list[HostClaim]]:
    """Claims by agent and host: one call goes to each."""
    grouped: dict[AgentPlace, list[HostClaim]] = defaultdict(list)
    for claim in claims:
        grouped[claim.place].append(claim)
    return grouped


def find_providers(session: Session, provider_uuids: Collection[str]) -> dict[str, Provider]:
    """The deployables with those provider uuids, by uuid, as they are now."""
    rows = session.execute(
        select(DeployableRow, DeviceRow, HostRow.agent, HostRow.lost_at)
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
            status_note=StatusNote(device.status_author, device.status_reason),
            status_since=device.status_since,
            state=DeviceState(device.state),
            trouble=device.trouble_text if device.trouble_code else None,
            is_lost=lost_at is not None,
            withheld=to_trouble(deployable.withheld_code, deployable.withheld_reason),
        )
        for deployable, device, agent, lost_at in rows
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
        change_state(session, HandleAction.LET_GO, condition, arq_uuid=None, reason=reason)
    return claims


def list_leaving(session: Session, hostname: str | None = None) -> list[HostClaim]:
    """Handles that nobody holds any more and that are not free yet, with their states."""
    states = AttachHandleRow.state.in_(_LEAVING)
    if hostname is None:
        return list_claims(session, states)
    return list_claims(session, and_(states, DeviceRow.hostname == hostname))


def find_claim(session: Session, handle_uuid: str) -> HostClaim | None:
    """The claim that a handle serves, or served last; None when its host knows of none."""
    found = list_claims(session, AttachHandleRow.uuid == handle_uuid)
    return next((item for item in found if item.claim.binding_id), None)


def list_held(session: Session, hostname: str) -> list[HostClaim]:
    """Handles of a host that are held."""
    return list_claims(
        session, (AttachHandleRow.state == HandleState.HELD) & (DeviceRow.hostname == hostname)
    )


def release_ownerless(session: Session) -> int:
    """Start the release of held handles whose request is gone; returns how many there were."""
    owner = exists().where(AcceleratorRequestRow.uuid == AttachHandleRow.arq_uuid)
    return change_state(
        session,
        HandleAction.LET_GO,
        ~owner,
        arq_uuid=None,
        reason="its accelerator request no longer exists",
    )


def list_claims(session: Session, condition: ColumnElement[bool]) -> list[HostClaim]:
    """The claims on the handles that meet a condition, as they are sent to their hosts."""
    rows = session.execute(
        select(AttachHandleRow, DeployableRow, DeviceRow, HostRow)
        .add_columns(AcceleratorRequestRow.instance_uuid, AcceleratorRequestRow.state)
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
                device_key=device.key,
                part=deployable.part or "",
                holder=holder,
                slot_key=device.slot_key or "",
            ),
            hostname=host.name,
            agent=host.agent,
            handle_id=handle.id,
            state=HandleState(handle.state),
            reason_code=handle.reason_code,
            state_since=handle.state_since,
            host_id=host.host_id,
            minor=host.minor,
            is_bound=state == ArqState.BOUND,
            is_lost=host.lost_at is not None,
        )
        for handle, deployable, device, host, holder, state in rows
    ]
