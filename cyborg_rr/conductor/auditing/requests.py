"""Accelerator requests that are stuck, or have not what they are bound to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import assert_never

from cyborg_rr.conductor.auditing.finding import Finding, Scene
from cyborg_rr.conductor.auditing.kinds import Code
from cyborg_rr.db.auditing.facts import ConductorFacts, EventFacts, HeldFacts, RequestFacts
from cyborg_rr.domain.hardware.stored import DeviceState
from cyborg_rr.domain.requests import ArqState


def find_in_requests(requests: Iterable[RequestFacts], scene: Scene) -> Iterator[Finding]:
    """What is wrong with requests, at most one thing with each."""
    for request in requests:
        found = _judge(request, scene)
        if found is not None:
            yield found


def _judge(request: RequestFacts, scene: Scene) -> Finding | None:
    match request.state:
        case ArqState.BIND_STARTED:
            return _judge_bind(request, scene)
        case ArqState.BOUND:
            return _judge_bound(request, scene)
        case ArqState.BIND_FAILED:
            return _judge_failed(request, scene)
        case ArqState.INITIAL | ArqState.UNBOUND:
            return None
        case _:
            assert_never(request.state)


def _tell(
    request: RequestFacts, code: Code, since: datetime | None, why: str, host: str | None = None
) -> Finding:
    where = host or request.hostname
    return Finding(code, request.uuid, where, since, why, request.binding_id, request.uuid)


def has_left(request: RequestFacts, scene: Scene) -> bool:
    """Whether a request is being bound by a conductor that has ended since it began."""
    lease = scene.conductors.get(request.conductor or "nobody")
    is_binding = request.state is ArqState.BIND_STARTED
    return is_binding and lease is not None and _left(request.bind_started_at, lease)


def _judge_bind(request: RequestFacts, scene: Scene) -> Finding | None:
    """A conductor that has no lease is of the first release, or takes one just now: it has time.

    So has one that began the bind after its lease expired: it has come back.
    """
    name = request.conductor or "nobody"
    lease = scene.conductors.get(name)
    started = request.bind_started_at
    if lease is not None and _left(started, lease):
        why = f"conductor {name} began it, and its lease has expired"
        return _tell(request, Code.BIND_ABANDONED, lease.expires_at, why)
    if scene.is_over(started, scene.patience.bind):
        seconds = scene.patience.bind.total_seconds()
        why = f"conductor {name} has not finished it within {seconds:.0f} s"
        return _tell(request, Code.BIND_LATE, started, why)
    return None


def _left(started: datetime | None, lease: ConductorFacts) -> bool:
    return not lease.is_alive and (started is None or started <= lease.expires_at)


def _judge_failed(request: RequestFacts, scene: Scene) -> Finding | None:
    if not scene.has_settled(request.changed_at):
        return None
    why = request.reason or "nobody noted why"
    return _tell(request, Code.BIND_FAILED, request.changed_at, why)


def _judge_bound(request: RequestFacts, scene: Scene) -> Finding | None:
    """The cause that explains most comes first."""
    host = scene.hosts.get(request.hostname or "")
    if host is None:
        why = f"there is no host {request.hostname}"
        return _tell(request, Code.BOUND_ON_UNKNOWN_HOST, request.changed_at, why)
    if request.held is None:
        why = "no attach handle names it"
        return _tell(request, Code.BOUND_TO_NOTHING, request.changed_at, why)
    elsewhere = _judge_place(request, request.held)
    if elsewhere is not None:
        return elsewhere
    if host.lost_at is not None:
        why = host.lost_reason or "its host is silent"
        return _tell(request, Code.BOUND_ON_LOST_HOST, host.lost_at, why)
    return _judge_device(request, request.held)


def _judge_place(request: RequestFacts, held: HeldFacts) -> Finding | None:
    if held.provider_uuid != request.provider_uuid:
        why = f"handle {held.uuid} is of provider {held.provider_uuid}, it of"
        why = f"{why} {request.provider_uuid}"
    elif held.hostname != request.hostname:
        why = f"handle {held.uuid} is on host {held.hostname}"
    elif held.binding_id != request.binding_id:
        why = f"handle {held.uuid} is held by another binding, {held.binding_id}"
    else:
        return None
    return _tell(request, Code.BOUND_ELSEWHERE, request.changed_at, why)


def _judge_device(request: RequestFacts, held: HeldFacts) -> Finding | None:
    if held.device_state is DeviceState.MISSING:
        why = request.trouble or f"device {held.device_uuid} is not reported any more"
        since = request.trouble_since or held.device_told_at
        return _tell(request, Code.BOUND_TO_MISSING, since, why)
    if held.trouble_code is not None:
        why = f"device {held.device_uuid}: {held.trouble_text} ({held.trouble_code})"
        return _tell(request, Code.BOUND_TO_TROUBLED, held.trouble_since, why)
    if request.trouble is not None:
        return _tell(request, Code.BOUND_TO_TROUBLED, request.trouble_since, request.trouble)
    return None


def find_in_events(events: Iterable[EventFacts]) -> Iterator[Finding]:
    """Ends of binds that Nova should have taken."""
    for event in events:
        why = f"tried {event.attempts} times for instance {event.instance_uuid}"
        if event.last_error:
            why = f"{why}: {event.last_error}"
        yield Finding(Code.EVENT_LATE, event.arq_uuid, None, event.since, why)
