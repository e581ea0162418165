"""Storing what hosts say of handles that they let go of, and the operator's word on these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.hardware.life import change_state
from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceRow
from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.keys import hash_key
from cyborg_rr.domain.hardware.life import (
    DEVICE_GONE,
    RELEASE_FAILED,
    Cleanings,
    CleanState,
    HandleAction,
    Unclean,
)
from cyborg_rr.domain.hardware.stored import HandleState

_BINDING = AttachHandleRow.binding_id
_DIRTY = "let go of; its host cleans it"


def store_cleanings(session: Session, told: Cleanings) -> int:
    """Write what a host says of bindings that the database knows; how many handles that changed.

    What is not allowed from a handle's state changes nothing, so that it may be told again.
    """
    changed = _finish_cleans(session, told)
    changed += _await_cleans(session, told.unclean)
    by_trouble: dict[Trouble, list[str]] = defaultdict(list)
    for item in told.unclean:
        if item.state is CleanState.QUARANTINED:
            by_trouble[item.trouble].append(item.binding_id)
    for trouble, bindings in by_trouble.items():
        changed += change_state(
            session,
            HandleAction.FAIL_CLEAN,
            _BINDING.in_(bindings),
            reason_code=trouble.code,
            reason=trouble.text,
        )
    return changed


def _finish_cleans(session: Session, told: Cleanings) -> int:
    by_method: dict[str | None, list[str]] = defaultdict(list)
    for item in told.cleaned:
        by_method[item.method].append(item.binding_id)
    changed = 0
    for method, bindings in by_method.items():
        last = {} if method is None else {"clean_method": method, "cleaned_at": utc_now()}
        changed += change_state(session, HandleAction.FINISH_CLEAN, _BINDING.in_(bindings), **last)
    return changed


def _await_cleans(session: Session, unclean: Iterable[Unclean]) -> int:
    dirty = [item.binding_id for item in unclean if item.state is CleanState.DIRTY]
    if not dirty:
        return 0
    return change_state(
        session, HandleAction.AWAIT_CLEAN, _BINDING.in_(dirty), reason_code=None, reason=_DIRTY
    )


def note_failed_release(session: Session, binding_ids: Iterable[str], cause: str) -> int:
    """Keep why the last attempt at a release failed; nothing is written where that is known."""
    result = session.execute(
        update(AttachHandleRow)
        .where(
            _BINDING.in_(list(binding_ids)),
            AttachHandleRow.state == HandleState.RELEASING,
            or_(AttachHandleRow.reason.is_(None), AttachHandleRow.reason != cause),
        )
        .values(reason_code=RELEASE_FAILED, reason=cause)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def follow_again(session: Session, binding_ids: Iterable[str]) -> int:
    """What waited for its device is dirty again, for the device is there."""
    return change_state(
        session,
        HandleAction.RETRY_CLEAN,
        _BINDING.in_(list(binding_ids)),
        AttachHandleRow.reason_code == DEVICE_GONE,
        reason_code=None,
        reason=_DIRTY,
    )


def confirm_releases(session: Session, binding_ids: Iterable[str]) -> int:
    """Free what an agent of the first release let go of: it knows nothing of cleaning."""
    return change_state(session, HandleAction.FINISH_CLEAN, _BINDING.in_(list(binding_ids)))


def adopt_unclean(session: Session, hostname: str, unclean: Iterable[Unclean]) -> int:
    """Take free handles out of use that their host says are not clean; how many there were.

    Neither a held handle is touched (its host refused whoever came later) nor one that has gone.
    """
    return sum(_adopt(session, hostname, item) for item in unclean)


def _adopt(session: Session, hostname: str, item: Unclean) -> int:
    part = (
        select(DeployableRow.id)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(DeviceRow.hostname == hostname, DeployableRow.name == item.deployable_name)
    )
    found = change_state(
        session,
        HandleAction.FIND_DIRTY,
        AttachHandleRow.deployable_id.in_(part),
        AttachHandleRow.handle_key == hash_key(item.handle.key),
        binding_id=item.binding_id,
        reason=_DIRTY,
    )
    if found and item.state is CleanState.QUARANTINED:
        store_cleanings(session, Cleanings((item,)))
    return found
