"""What operators do with hosts: adopt a machine as one, forget one with all that it had."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.hardware.hosts import HOST
from cyborg_rr.db.tables import (
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceRow,
    HostRow,
)
from cyborg_rr.domain.errors import Conflict, NotFound
from cyborg_rr.domain.hardware.stored import HandleState


def lock_host(session: Session, name: str) -> None:
    """Keep reports of a host waiting until the commit; ``NotFound`` when there is none.

    MariaDB takes a name with blanks at its end for the same: the name itself is looked at.
    """
    row = select(HostRow.name).where(HostRow.name == name).with_for_update()
    if session.scalars(row).first() != name:
        raise NotFound(HOST, name)


def adopt_host(session: Session, name: str, host_id: str) -> None:
    """Let the machine with that id be the host from now on, with any agent and any ledger.

    ``Conflict`` when another host has the id.
    """
    lock_host(session, name)
    other = select(HostRow.name).where(HostRow.host_id == host_id, HostRow.name != name)
    owner = session.scalars(other).first()
    if owner is not None:
        raise Conflict(f"host {owner} has the id {host_id}")
    session.execute(
        update(HostRow)
        .where(HostRow.name == name)
        .values(
            host_id=host_id,
            machine=None,
            run=None,
            content_hash=None,
            refused_at=None,
            refused_reason=None,
            updated_at=utc_now(),
        )
    )


def delete_host(session: Session, name: str, *, is_gone: bool = False) -> None:
    """Delete a host with its devices, in a fixed number of statements.

    ``NotFound`` when there is none, ``Conflict`` while any of its handles is not free. Of a machine
    that ``is_gone`` no release and no clean is waited for: only what is held is in the way.
    """
    lock_host(session, name)
    devices = select(DeviceRow.id).where(DeviceRow.hostname == name)
    deployables = select(DeployableRow.id).where(DeployableRow.device_id.in_(devices))
    of_host = AttachHandleRow.deployable_id.in_(deployables)
    state = AttachHandleRow.state
    is_over = state != HandleState.HELD if is_gone else state == HandleState.FREE
    # Those only: what is claimed at this moment is then still there, and counted below.
    _delete(session, AttachHandleRow, of_host & is_over)
    left = session.scalar(select(func.count()).select_from(AttachHandleRow).where(of_host))
    if left:
        verb, words = "is" if left == 1 else "are", "held" if is_gone else "not free"
        raise Conflict(
            f"host {name} cannot be removed: {left} of its attach handles {verb} {words}; list"
            f" them with GET /v2/attach_handles?hostname={name}"
        )
    _delete(session, AttributeRow, AttributeRow.deployable_id.in_(deployables))
    _delete(session, DeployableRow, DeployableRow.device_id.in_(devices))
    _delete(session, DeviceRow, DeviceRow.hostname == name)
    _delete(session, HostRow, HostRow.name == name)


def _delete(session: Session, table: Any, condition: Any) -> None:
    session.execute(delete(table).where(condition).execution_options(synchronize_session=False))
