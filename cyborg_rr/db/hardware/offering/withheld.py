"""Why deployables are not offered outside as they should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import DeployableRow
from cyborg_rr.domain.hardware.devices import Trouble

_DEPLOYABLES: Any = DeployableRow.__table__


def note_withheld(session: Session, causes: Mapping[int, Trouble | None]) -> None:
    """Store why deployables (by row) are not wholly offered outside; None: they are.

    A cause keeps since when it has its code; one UPDATE for all.
    """
    now = utc_now()
    stored = dict(
        session.execute(
            select(DeployableRow.id, DeployableRow.withheld_code).where(
                DeployableRow.id.in_(causes)
            )
        ).all()
    )
    fresh = [
        (row_id, causes[row_id]) for row_id, code in stored.items() if _is_new(causes[row_id], code)
    ]
    reworded = [
        {"row": row_id, "reason": cause.text}
        for row_id, cause in causes.items()
        if cause is not None and stored.get(row_id) == cause.code
    ]
    by_row = _DEPLOYABLES.c.id == bindparam("row")
    if reworded:
        session.connection().execute(
            update(_DEPLOYABLES).where(by_row).values(withheld_reason=bindparam("reason")), reworded
        )
    if fresh:
        session.connection().execute(
            update(_DEPLOYABLES)
            .where(by_row)
            .values(
                withheld_code=bindparam("code"),
                withheld_reason=bindparam("reason"),
                withheld_since=bindparam("since"),
            ),
            [
                {
                    "row": row_id,
                    "code": None if cause is None else cause.code,
                    "reason": None if cause is None else cause.text,
                    "since": None if cause is None else now,
                }
                for row_id, cause in fresh
            ],
        )


def forget_withheld(session: Session) -> int:
    """Store of no deployable that it is withheld; how many were."""
    nothing = {"withheld_code": None, "withheld_reason": None, "withheld_since": None}
    withheld = _DEPLOYABLES.c.withheld_code.is_not(None)
    return (
        session.connection().execute(update(_DEPLOYABLES).where(withheld).values(nothing)).rowcount
    )


def _is_new(cause: Trouble | None, stored_code: str | None) -> bool:
    return (None if cause is None else cause.code) != stored_code
