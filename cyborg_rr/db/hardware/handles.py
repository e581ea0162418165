"""Attach handles: the claim, which is the one place where exclusive use is decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
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
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState, OperatorStatus
from cyborg_rr.domain.requests import Claim

_LEAVING = (HandleState.RELEASING, HandleState.DIRTY, HandleState.QUARANTINED)


@dataclass(frozen=True, slots=True)
class Provider:
    """What a bind must know of the deployable that it addresses."""

    deployable_id: int
    deployable_name: str
    provider_uuid: str
    resource_class: str
    hostname: str
    agent: str
    device_uuid: str
    status: OperatorStatus
    state: DeviceState
    trouble: Trouble | None = None
    host_id: str | None = None
    minor: int = 0


@dataclass(frozen=True, slots=True)
class HostClaim:
    """A claim with the host and the agent that must confirm or release it.

    ``host_id`` and ``minor`` are those of the host's ``HostIdentity``, where its agent said one.
    """

    claim: Claim
    hostname: str
    agent: str
    state: HandleState = HandleState.HELD
    reason_code: str | None = None
    state_since: datetime | None = None
    host_id: str | None = None
    minor: int = 0

    @property
    def place(self) -> AgentPlace:
        """Where a call about the claim goes."""
        return AgentPlace(self.agent, self.hostname, self.host_id, self.minor)


def group_by_host(claims: Iterable[HostClaim]) -> dict[AgentPlace, list[HostClaim]]:
    """Claims by agent and host: one call goes to each."""
    grouped: dict[AgentPlace, list[HostClaim]] = defaultdict(list)
    for claim in claims:
        grouped[claim.place].append(claim)
    return grouped


def find_providers(session: Session, provider_uuids: Collection[str]) -> dict[str, Provider]:
    """The deployables with those provider uuids, by uuid."""
    rows = session.execute(
        select(DeployableRow, DeviceRow, HostRow)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .join(HostRow, HostRow.name == DeviceRow.hostname)
        .where(DeployableRow.provider_uuid.in_(provider_uuids))
    )
    return {
        deployable.provider_uuid: Provider(
            deployable_id=deployable.id,
            deployable_name=deployable.name,
            provider_uuid=deployable.provider_uuid,
            resource_class=deployable.resource_class,
            hostname=device.hostname,
            agent=host.agent,
            device_uuid=device.uuid,
            status=OperatorStatus(device.status),
            state=DeviceState(device.state),
            trouble=to_trouble(device.trouble_code, device.trouble_text),
            host_id=host.host_id,
            minor=host.minor,
        )
        for deployable, device, host in rows
    }


def claim_handle(
    session: Session, provider: Provider, arq_uuid: str, binding_id: str
) -> Claim | None:
    """Take one free handle of the deployable for a request, or None when none is free.

    The UPDATE repeats the condition and its row count decides: of all who try, one gets the row.
    Where the database can lock rows, others skip those that somebody is about to take.
    """
    while True:
        row = session.scalars(
            select(AttachHandleRow)
            .where(
                AttachHandleRow.deployable_id == provider.deployable_id,
                AttachHandleRow.state == HandleState.FREE,
            )
            .order_by(AttachHandleRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        taken = session.execute(
            update(AttachHandleRow)
            .where(AttachHandleRow.id == row.id, AttachHandleRow.state == HandleState.FREE)
            .values(
                state=HandleState.HELD,
                arq_uuid=arq_uuid,
                binding_id=binding_id,
                state_since=utc_now(),
                reason=None,
                updated_at=utc_now(),
            )
        )
        if taken.rowcount == 1:  # type: ignore[attr-defined]
            return Claim(
                binding_id=binding_id,
                arq_uuid=arq_uuid,
                deployable_name=provider.deployable_name,
                handle=to_handle(row),
            )


def start_release(session: Session, arq_uuids: Collection[str], reason: str) -> list[HostClaim]:
    """Take the handles from requests that let go; they stay reserved until the host confirms."""
    claims = _list_claims(session, AttachHandleRow.arq_uuid.in_(arq_uuids))
    if claims:
        change_state(
            session,
            HandleAction.LET_GO,
            AttachHandleRow.arq_uuid.in_(arq_uuids),
            arq_uuid=None,
            reason=reason,
        )
    return claims


def list_leaving(session: Session, hostname: str | None = None) -> list[HostClaim]:
    """Handles that nobody holds any more and that are not free yet, with their states."""
    states = AttachHandleRow.state.in_(_LEAVING)
    if hostname is None:
        return _list_claims(session, states)
    return _list_claims(session, and_(states, DeviceRow.hostname == hostname))


def find_claim(session: Session, handle_uuid: str) -> HostClaim | None:
    """The claim that a handle serves, or served last; None when its host knows of none."""
    found = _list_claims(session, AttachHandleRow.uuid == handle_uuid)
    return next((item for item in found if item.claim.binding_id), None)


def list_held(session: Session, hostname: str) -> list[HostClaim]:
    """Handles of a host that are held."""
    return _list_claims(
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


def _list_claims(session: Session, condition: object) -> list[HostClaim]:
    rows = session.execute(
        select(
            AttachHandleRow,
            DeployableRow.name,
            DeployableRow.part,
            DeviceRow,
            AcceleratorRequestRow.instance_uuid,
            HostRow,
        )
        .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .join(HostRow, HostRow.name == DeviceRow.hostname)
        .outerjoin(AcceleratorRequestRow, AcceleratorRequestRow.uuid == AttachHandleRow.arq_uuid)
        .where(condition)  # type: ignore[arg-type]
    )
    return [
        HostClaim(
            claim=Claim(
                binding_id=handle.binding_id or "",
                arq_uuid=handle.arq_uuid or "",
                deployable_name=name,
                handle=to_handle(handle),
                device_key=device.key,
                part=part or "",
                holder=holder,
            ),
            hostname=host.name,
            agent=host.agent,
            state=HandleState(handle.state),
            reason_code=handle.reason_code,
            state_since=handle.state_since,
            host_id=host.host_id,
            minor=host.minor,
        )
        for handle, name, part, device, holder, host in rows
    ]
