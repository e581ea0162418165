"""What must hold of the cloud at rest: promises I1, I2, I4 and I9, and every event for Nova."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Row, func, select

from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    DeviceRow,
    InstanceEventRow,
)
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState
from cyborg_rr.domain.requests import EVENT_OF, ArqState
from tests.fakes.nova import FakeNova
from tests.long.kills.book import Ask, End
from tests.long.kills.cloud import Cloud

SETTLED = frozenset({ArqState.INITIAL, ArqState.UNBOUND, ArqState.BIND_FAILED})


@dataclass
class Nova(FakeNova):
    """Remembers all that it was told and need not be told again."""

    settled: set[tuple[str, str, str]] = field(default_factory=set)

    def _take_one(self, event: dict[str, str]) -> dict[str, Any]:
        answer = super()._take_one(event)
        is_bound = event["status"] == "completed"
        if answer["code"] == 200 or (answer["code"] == 422 and is_bound):
            self.settled.add((event["tag"], event["server_uuid"], event["status"]))
        return answer


@dataclass(frozen=True)
class Seen:
    """Database, ledgers and Nova as they were at one look; requests and handles by their uuids."""

    requests: Mapping[str, Row[Any]]
    handles: Sequence[Row[Any]]
    claims: Mapping[str, tuple[str, str]]
    unclean: Sequence[str]
    told: frozenset[tuple[str, str, str]]
    asks: Sequence[Ask]
    present: Mapping[str, int]
    expected: Mapping[str, int]


def look(engine: Engine, cloud: Cloud, nova: Nova, asks: Sequence[Ask]) -> Seen:
    """All there is."""
    request, handle, event = AcceleratorRequestRow, AttachHandleRow, InstanceEventRow
    with engine.connect() as connection:
        outbox = connection.execute(select(event.arq_uuid, event.instance_uuid, event.status))
        told = frozenset(tuple(row) for row in outbox)
        requests = connection.execute(
            select(
                request.uuid,
                request.state,
                request.binding_id,
                request.instance_uuid,
                request.hostname,
                request.provider_uuid.label("provider_uuid"),
            )
        )
        by_uuid = {row.uuid: row for row in requests}
        handles = connection.execute(
            select(
                handle.uuid,
                handle.state,
                handle.arq_uuid,
                handle.binding_id,
                handle.reason,
                handle.state_since,
                handle.info.label("info"),
                DeviceRow.hostname,
            )
            .join(DeployableRow, DeployableRow.id == handle.deployable_id)
            .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        ).all()
        present = connection.execute(
            select(DeviceRow.hostname, func.count())
            .where(DeviceRow.state == DeviceState.PRESENT.value)
            .group_by(DeviceRow.hostname)
        )
        devices = {hostname: count for hostname, count in present}
    claims: dict[str, tuple[str, str]] = {}
    unclean: list[str] = []
    for ledger in cloud.list_ledgers():
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=30)) as connected:
            claims |= {
                binding: (str(host), str(info))
                for binding, host, info in connected.execute(
                    "SELECT binding_id, host_id, handle_info FROM claims"
                )
            }
            unclean += [str(one) for (one,) in connected.execute("SELECT binding_id FROM unclean")]
    told |= nova.settled
    return Seen(by_uuid, handles, claims, unclean, told, asks, devices, dict(cloud.devices))


def find_faults(seen: Seen) -> list[str]:
    """All that is not as it must be; while something is under way there may be some."""
    return [
        *_check_handles(seen),
        *_check_ledgers(seen),
        *_check_requests(seen),
        *_check_asks(seen),
        *_check_events(seen),
        *_check_reports(seen),
    ]


def _check_handles(seen: Seen) -> Iterator[str]:
    """Each is free, or held for the bind of a bound request; nothing here stays in between."""
    for handle in seen.handles:
        owner = seen.requests.get(handle.arq_uuid or "")
        if handle.state == HandleState.FREE:
            if handle.arq_uuid or handle.binding_id:
                yield f"free handle is somebody's: {handle}"
        elif handle.state != HandleState.HELD:
            yield f"handle is {handle.state}: {handle}"
            if not handle.reason or handle.state_since is None:
                yield f"nobody says why, or since when: {handle}"
        elif owner is None or owner.state != ArqState.BOUND:
            yield f"held handle without a bound request: {handle}, {owner}"
        elif owner.binding_id != handle.binding_id:
            yield f"handle and request name different binds: {handle}, {owner}"
    places = Counter(
        (handle.hostname, handle.info) for handle in seen.handles if handle.state == "held"
    )
    yield from (f"held {count} times: {place}" for place, count in places.items() if count > 1)


def _check_ledgers(seen: Seen) -> Iterator[str]:
    held = {handle.binding_id for handle in seen.handles if handle.state == HandleState.HELD}
    yield from (f"only the database knows bind {one}" for one in held - seen.claims.keys())
    yield from (f"only a ledger knows bind {one}" for one in seen.claims.keys() - held)
    yield from (f"a ledger keeps {one} as not told clean" for one in seen.unclean)
    places = Counter(seen.claims.values())
    yield from (f"claimed {count} times: {place}" for place, count in places.items() if count > 1)


def _check_requests(seen: Seen) -> Iterator[str]:
    held = {handle.arq_uuid for handle in seen.handles if handle.state == HandleState.HELD}
    known = {arq for ask in seen.asks for arq in ask.arqs}
    for uuid, request in seen.requests.items():
        if request.state == ArqState.BIND_STARTED:
            yield f"still being bound: {request}"
        if request.state == ArqState.BOUND and uuid not in held:
            yield f"bound without a handle: {request}"
        if uuid not in known and request.state != ArqState.INITIAL:
            yield f"nobody's request: {request}"


def _check_asks(seen: Seen) -> Iterator[str]:
    for ask in seen.asks:
        ends = {find_end(seen, arq) for arq in ask.arqs}
        if len(ends) > 1:
            yield f"done in part: {ask} is {ends}"
        elif not ends <= ask.ends:
            yield f"{ask} is {ends}"
        elif ends == {End.BOUND}:
            yield from _check_bound(seen, ask)


def find_end(seen: Seen, arq: str) -> End:
    """What became of a request."""
    request = seen.requests.get(arq)
    if request is None:
        return End.GONE
    return End.UNBOUND if request.state in SETTLED else End.BOUND


def _check_bound(seen: Seen, ask: Ask) -> Iterator[str]:
    keys = {
        handle.arq_uuid: f"{handle.hostname} {_normalise(handle.info)}" for handle in seen.handles
    }
    for arq, offer in zip(ask.arqs, ask.offers, strict=True):
        request = seen.requests[arq]
        place = (request.hostname, request.provider_uuid, request.instance_uuid)
        if place != (offer.hostname, offer.provider, ask.instance):
            yield f"{ask} is bound as {request}"
        if arq in ask.handles and ask.handles[arq] != keys.get(arq):
            yield f"{ask} holds {keys.get(arq)} now"


def _normalise(info: str) -> str:
    return json.dumps(json.loads(info), sort_keys=True)


def _check_events(seen: Seen) -> Iterator[str]:
    """How each bind ended was told, or is going to be."""
    for uuid, request in seen.requests.items():
        status = EVENT_OF.get(ArqState(request.state))
        event = (uuid, request.instance_uuid, status and status.value)
        if status is not None and event not in seen.told:
            yield f"Nova is not told of {request}"


def _check_reports(seen: Seen) -> Iterator[str]:
    """What each host has is what its agent found when it started last."""
    for host, count in seen.expected.items():
        if seen.present.get(host, 0) != count:
            yield f"{host} has {count} devices, and is stored with {seen.present.get(host, 0)}"
