"""Hosts as operators see them: which machine and agent each is, what it said last, what it has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cyborg_rr import codec
from cyborg_rr.db.paging import Listing
from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceRow, HostRow
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.domain.hardware.devices import LeftOut
from cyborg_rr.domain.hardware.hosts import AgentWord, DriverWord, KnownHost, StoredHost
from cyborg_rr.domain.hardware.stored import HandleState

HOST = "host"


def to_known(row: Any) -> KnownHost:
    """What is stored of a host, from its row or the columns of that."""
    return KnownHost(
        name=row.name,
        agent=row.agent,
        id=row.host_id,
        machine=row.machine,
        node=row.node,
        run=row.run,
        minor=row.minor,
        content_hash=row.content_hash,
        word=_to_word(row),
        is_lost=row.lost_at is not None,
    )


def _to_word(row: Any) -> AgentWord | None:
    if row.version is None:
        return None
    return AgentWord(row.version, row.report_interval or 0, _parse_drivers(row.drivers or "{}"))


@lru_cache(maxsize=4096)
def _parse_drivers(text: str) -> Mapping[str, DriverWord]:
    """Once for the many hosts that say the same; nobody can change it."""
    stated = json.loads(text)
    return MappingProxyType(
        {
            name: codec.parse(DriverWord, word, "driver", tolerant=True)
            for name, word in stated.items()
        }
    )


def _select_hosts(name: str | None = None) -> Any:
    """Hosts (or the named one), with how many devices they have and handles that are not free."""
    held = func.count(AttachHandleRow.id).label("held")
    devices = func.count(DeviceRow.id.distinct()).label("devices")
    counts = (
        select(DeviceRow.hostname, devices, held)
        .outerjoin(DeployableRow, DeployableRow.device_id == DeviceRow.id)
        .outerjoin(
            AttachHandleRow,
            (AttachHandleRow.deployable_id == DeployableRow.id)
            & (AttachHandleRow.state != HandleState.FREE),
        )
        .group_by(DeviceRow.hostname)
    )
    if name is not None:
        counts = counts.where(DeviceRow.hostname == name)
    each = counts.subquery()
    statement = select(HostRow, each.c.devices, each.c.held).outerjoin(
        each, each.c.hostname == HostRow.name
    )
    return statement if name is None else statement.where(HostRow.name == name)


def list_hosts(session: Session, name: str | None = None) -> list[StoredHost]:
    """All hosts by name (or the named one), with counts, in one statement."""
    found = session.execute(_select_hosts(name).order_by(HostRow.name))
    return [_to_host(*row) for row in found]


def _to_host(row: HostRow, devices: int | None, held: int | None) -> StoredHost:
    left_out = [] if row.left_out is None else json.loads(row.left_out)
    return StoredHost(
        name=row.name,
        known=to_known(row),
        refused_at=row.refused_at,
        refused_reason=row.refused_reason,
        left_out=tuple(codec.parse(LeftOut, item, "left out", tolerant=True) for item in left_out),
        devices=devices or 0,
        held=held or 0,
        lost_at=row.lost_at,
        lost_reason=row.lost_reason,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


list_page = Listing(
    _select_hosts(),
    HostRow,
    _to_host,
    frozenset({"id", "name", "created_at"}),
    key="name",
).read
"""A page of the hosts."""


def find_host(session: Session, name: str) -> StoredHost | None:
    """One host."""
    found = list_hosts(session, name)
    return found[0] if found else None


def get_host(session: Session, name: str) -> StoredHost:
    """One host; ``NotFound`` when there is none."""
    found = find_host(session, name)
    if found is None:
        raise NotFound(HOST, name)
    return found
