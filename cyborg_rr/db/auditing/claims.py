"""What healing asks for and changes beside what conductors do: handles that are held by nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cyborg_rr.db import requests
from cyborg_rr.db.hardware import handles
from cyborg_rr.db.hardware.handles import HostClaim
from cyborg_rr.db.tables import AcceleratorRequestRow, AttachHandleRow
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.requests import ArqState

_OWNING = (ArqState.BIND_STARTED.value, ArqState.BOUND.value)


def list_leaving_of(session: Session, handle_uuids: Collection[str]) -> list[HostClaim]:
    """The claims of those handles that their hosts have still to release or to clean."""
    states = (HandleState.RELEASING.value, HandleState.DIRTY.value)
    return handles.list_claims(
        session, AttachHandleRow.uuid.in_(handle_uuids) & AttachHandleRow.state.in_(states)
    )


def release_idle(
    session: Session, arq_uuids: Sequence[str], binding_ids: Sequence[str], reason: str
) -> list[HostClaim]:
    """Start the release of handles, held by these bindings, of requests that are not bound.

    The requests are locked first, as whoever binds one does: one that is bound by now keeps what it
    has.
    """
    requests.lock_requests(session, uuids=arq_uuids)
    idle = session.scalars(
        select(AcceleratorRequestRow.uuid).where(
            AcceleratorRequestRow.uuid.in_(arq_uuids), AcceleratorRequestRow.state.not_in(_OWNING)
        )
    ).all()
    return handles.start_release(session, idle, reason, binding_ids) if idle else []
