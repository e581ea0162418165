"""Changes of the state of attach handles, each a conditional update by the one table of states."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import AttachHandleRow
from cyborg_rr.domain.hardware.life import HandleAction, states_allowing, target_of
from cyborg_rr.domain.hardware.stored import HandleState

_OF_NOBODY: dict[str, Any] = {
    "arq_uuid": None,
    "binding_id": None,
    "state_since": None,
    "reason_code": None,
    "reason": None,
}
"""What a free handle has."""


def change_state(
    session: Session, action: HandleAction, *where: ColumnElement[bool], **columns: Any
) -> int:
    """Take the handles for which ``where`` holds through the table; how many it was allowed for.

    ``columns`` are written with the new state. One that is free afterwards belongs to nobody and
    has no reason; any other is in its state from now on.
    """
    now = utc_now()
    target = target_of(action)
    by_state = _OF_NOBODY if target is HandleState.FREE else {"state_since": now}
    result = session.execute(
        update(AttachHandleRow)
        .where(AttachHandleRow.state.in_(states_allowing(action)), *where)
        .values({"state": target, "updated_at": now, **by_state, **columns})
    )
    return int(result.rowcount)  # type: ignore[attr-defined]
