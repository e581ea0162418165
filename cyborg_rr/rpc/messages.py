"""Dataclasses to versioned plain data and back: the only serializer of the message bus."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    DeviceFacts,
    Snapshot,
)
from cyborg_rr.domain.requests import Binding, Claim

VERSION = 1

_DEADLINE = "deadline"


def make_context(timeout_seconds: float) -> dict[str, Any]:
    """What goes with a call: until when, in Unix seconds, its caller waits for the answer."""
    return {_DEADLINE: time.time() + timeout_seconds}


def deadline_of(context: Mapping[str, Any]) -> float | None:
    """Until when the caller waits; None when it does not say."""
    value = context.get(_DEADLINE)
    return None if value is None else float(value)


def render_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """A host's snapshot as plain data."""
    return {"version": VERSION, **asdict(snapshot)}


def parse_snapshot(data: Mapping[str, Any]) -> Snapshot:
    """The snapshot that ``render_snapshot`` wrote; ``InvalidInput`` for anything else."""
    _check_version(data)
    try:
        return Snapshot(
            host=data["host"],
            devices=tuple(_parse_device(device) for device in data["devices"]),
            failed_drivers=tuple(data["failed_drivers"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"a report cannot be understood: {error!r}") from error


def _parse_device(data: Mapping[str, Any]) -> Device:
    fields = dict(data)
    facts = dict(fields.pop("facts"))
    facts["functions"] = tuple(facts["functions"])
    deployables = tuple(_parse_deployable(item) for item in fields.pop("deployables"))
    return Device(facts=DeviceFacts(**facts), deployables=deployables, **fields)


def _parse_deployable(data: Mapping[str, Any]) -> Deployable:
    fields = dict(data)
    handles = tuple(AttachHandle(**handle) for handle in fields.pop("handles"))
    fields["traits"] = tuple(fields["traits"])
    return Deployable(handles=handles, **fields)


def render_claims(claims: list[Claim]) -> dict[str, Any]:
    """Claims as plain data."""
    return {"version": VERSION, "claims": [asdict(claim) for claim in claims]}


def parse_claims(data: Mapping[str, Any]) -> list[Claim]:
    """The claims that ``render_claims`` wrote."""
    _check_version(data)
    try:
        return [Claim(**claim) for claim in data["claims"]]
    except (KeyError, TypeError) as error:
        raise InvalidInput(f"claims cannot be understood: {error!r}") from error


def render_bindings(bindings: list[Binding]) -> dict[str, Any]:
    """Bindings as plain data."""
    return {"version": VERSION, "bindings": [asdict(binding) for binding in bindings]}


def parse_bindings(data: Mapping[str, Any]) -> list[Binding]:
    """The bindings that ``render_bindings`` wrote."""
    _check_version(data)
    try:
        return [Binding(**binding) for binding in data["bindings"]]
    except (KeyError, TypeError) as error:
        raise InvalidInput(f"bindings cannot be understood: {error!r}") from error


def _check_version(data: Mapping[str, Any]) -> None:
    if data.get("version") != VERSION:
        raise InvalidInput(f"message version {data.get('version')!r} is not {VERSION}")
