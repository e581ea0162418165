"""Attach handles that nobody holds as they are held, or that do not become free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from cyborg_rr.conductor.auditing.finding import Finding, Scene
from cyborg_rr.conductor.auditing.kinds import Code
from cyborg_rr.db.auditing.facts import HandleFacts
from cyborg_rr.domain.hardware.stored import HandleState

BY_OPERATOR = "operator"
"""The code of a handle that an operator took out, who knows of it."""


def find_in_handles(handles: Iterable[HandleFacts], scene: Scene) -> Iterator[Finding]:
    """What is wrong with handles, at most one thing with each."""
    for handle in handles:
        found = _judge(handle, scene)
        if found is not None:
            yield found


def _judge(handle: HandleFacts, scene: Scene) -> Finding | None:
    match handle.state:
        case HandleState.FREE:
            return None
        case HandleState.HELD:
            return _judge_held(handle)
        case HandleState.RELEASING:
            return _judge_leaving(handle, scene, Code.RELEASE_LATE)
        case HandleState.DIRTY:
            return _judge_leaving(handle, scene, Code.CLEAN_LATE)
        case HandleState.QUARANTINED:
            if handle.reason_code == BY_OPERATOR:
                return None
            return _tell(handle, Code.QUARANTINED, _say_why(handle))
        case _:
            assert_never(handle.state)


def _tell(handle: HandleFacts, code: Code, why: str, obstacle: str | None = None) -> Finding:
    return Finding(
        code,
        handle.uuid,
        handle.hostname,
        handle.state_since,
        f"{handle.deployable_name}: {why}",
        handle.binding_id,
        handle.arq_uuid,
        obstacle,
    )


def _judge_held(handle: HandleFacts) -> Finding:
    if handle.owner_state is None:
        why = f"request {handle.arq_uuid} no longer exists"
        return _tell(handle, Code.HANDLE_OWNERLESS, why)
    why = f"request {handle.arq_uuid} is {handle.owner_state}"
    return _tell(handle, Code.HANDLE_IDLE, why)


def _judge_leaving(handle: HandleFacts, scene: Scene, code: Code) -> Finding | None:
    if not scene.has_settled(handle.state_since):
        return None
    is_lost = scene.is_lost(handle.hostname)
    return _tell(handle, code, _say_why(handle), "its host is lost" if is_lost else None)


def _say_why(handle: HandleFacts) -> str:
    why = handle.reason or "nobody noted why"
    return why if handle.reason_code is None else f"{why} ({handle.reason_code})"
