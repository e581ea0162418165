"""What goes over the bus, as versioned plain data: the codec's form in an envelope.

A new key of version 1 is one that older processes may drop and newer ones may miss (see
``domain.documents``); anything else is version 2. Old and new processes of one version understand
each other: unknown keys are dropped, absent ones take their defaults.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from cyborg_rr import codec
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.domain.hardware.hosts import AgentWord, HostIdentity
from cyborg_rr.domain.hardware.keys import hash_key, render_canonical
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.hardware.stored import StatusNote
from cyborg_rr.domain.requests import Binding, Claim, Mandate

Item = TypeVar("Item")

VERSION_KEY, VERSION = "version", 1

MINOR = 2
"""The newest minor version: fields marked ``since`` a later one than a peer's are not sent to it.

The first release (0) refuses keys that it does not know; every later one drops them. An agent says
its own in the context of its calls, a conductor in its answers. From 2 on a conductor takes reports
of what changed.
"""

FIRST_MINOR = 0
"""That of the first release, which does not say it."""

CHANGES_MINOR = 2
"""The first that knows of ``rpc.changes``."""

_MOST_SECONDS = 1e12
_DEADLINE = "deadline"
_REMAINING = "remaining_seconds"
_AGENT = "agent"
_MAX_RECALLED = 8192
_HOST = "host"
_UNCLEAN = "unclean"
_CLEANED = "cleaned"


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """What a conductor answers a host that tells its content and its claims.

    ``is_known``: it has that content. ``over`` are claims that the host must let go, ``held`` such
    as it has not told and somebody holds. ``minor`` is the conductor's own.
    """

    is_known: bool
    over: Sequence[Claim]
    held: Sequence[Claim]
    minor: int


def parse_host_answer(answer: Mapping[str, Any]) -> HostAnswer:
    """The answer to ``synchronise_host``; the first release says neither ``held`` nor ``minor``."""
    held = answer.get("held")
    return HostAnswer(
        bool(answer["known"]),
        parse_claims(answer["release"]),
        [] if held is None else parse_claims(held),
        int(answer.get("minor", FIRST_MINOR)),
    )


def make_context(
    timeout_seconds: float,
    host: HostIdentity | None = None,
    told: Cleanings | None = None,
    word: AgentWord | None = None,
) -> dict[str, Any]:
    """What goes with a call: for how long its caller waits for the answer.

    The first release reads the moment in Unix seconds, all others the duration: clocks of two
    machines differ. Calls of an agent say in ``host`` which machine speaks, and may say what it let
    go of and what its drivers find; the first release looks at none of them.
    """
    context: dict[str, Any] = {
        _DEADLINE: time.time() + timeout_seconds,
        _REMAINING: timeout_seconds,
    }
    if word is not None:
        context[_AGENT] = codec.render(word)
    if host is not None:
        context[_HOST] = codec.render(host)
    if told is not None:
        context |= render_cleanings(told)
    return context


def parse_host(context: Mapping[str, Any]) -> HostIdentity | None:
    """Which machine speaks; None for an agent of the first release."""
    stated = context.get(_HOST)
    return None if stated is None else codec.parse(HostIdentity, stated, _HOST, tolerant=True)


def render_cleanings(told: Cleanings) -> dict[str, Any]:
    """What a host says of what it let go of, for the context of a call or for an answer."""
    return dict(codec.render(told))


def parse_cleanings(data: Mapping[str, Any] | None) -> Cleanings | None:
    """What ``render_cleanings`` wrote among other things; None where the first release speaks."""
    if data is None or _UNCLEAN not in data:
        return None
    own = {name: data[name] for name in (_UNCLEAN, _CLEANED) if name in data}
    return codec.parse(Cleanings, own, "cleanings", tolerant=True)


def parse_word(context: Mapping[str, Any]) -> AgentWord | None:
    """What the agent says of itself; None where one of an earlier release speaks.

    Most agents say the same again and again: that is read once.
    """
    stated = context.get(_AGENT)
    if stated is None:
        return None
    text = render_canonical(stated)
    return _recall_word(text) if len(text) <= _MAX_RECALLED else _parse_word(text)


def _parse_word(text: str) -> AgentWord:
    return codec.parse(AgentWord, json.loads(text), _AGENT, tolerant=True)


_recall_word = lru_cache(maxsize=4096)(_parse_word)


def parse_status_note(data: Mapping[str, Any]) -> StatusNote:
    """Who gives a device its status, and why."""
    return codec.parse(StatusNote, data, "note", tolerant=True)


def parse_mandate(
    context: Mapping[str, Any],
    project_id: str | None = None,
    *,
    may_be_bound: bool = True,
    received_at: float | None = None,
) -> Mandate:
    """What the caller of a call may do, and until when it waits.

    What it has left is counted from ``received_at``, a moment of the monotonic clock (None: now).
    """
    remaining = context.get(_REMAINING)
    if remaining is None and context.get(_DEADLINE) is not None:
        remaining = _read_seconds(context[_DEADLINE]) - time.time()  # of the first release
    if remaining is None:
        return Mandate(project_id, may_be_bound)
    start = time.monotonic() if received_at is None else received_at
    return Mandate(project_id, may_be_bound, start + _read_seconds(remaining))


def _read_seconds(stated: object) -> float:
    """A time that a message states; no number and one beyond all times are ``InvalidInput``."""
    if isinstance(stated, int | float) and abs(stated) < _MOST_SECONDS:  # which NaN is not
        return float(stated)
    raise InvalidInput("a message must state its time in seconds")


def render_snapshot(snapshot: Snapshot, minor: int = MINOR) -> dict[str, Any]:
    """A host's snapshot as plain data, for a peer of that minor version."""
    return {VERSION_KEY: VERSION, **codec.render(snapshot, minor)}


def parse_snapshot(data: Mapping[str, Any]) -> Snapshot:
    """The snapshot that ``render_snapshot`` wrote; ``InvalidInput`` for anything else."""
    return codec.parse(Snapshot, open_envelope(data), "report", tolerant=True)


def render_document(data: Mapping[str, Any]) -> str:
    """A rendered snapshot as text: the same at both ends, whatever keys one of them drops."""
    return render_canonical({key: data[key] for key in data if key != VERSION_KEY})


def parse_document(text: str) -> dict[str, Any]:
    """The rendered snapshot that ``render_document`` wrote down."""
    return {VERSION_KEY: VERSION, **json.loads(text)}


def hash_content(data: Mapping[str, Any]) -> str:
    """The hash of a rendered snapshot."""
    return hash_key(render_document(data))


def render_claims(claims: Sequence[Claim], minor: int = MINOR) -> dict[str, Any]:
    """Claims as plain data, for a peer of that minor version."""
    return {VERSION_KEY: VERSION, "claims": codec.render(claims, minor)}


def parse_claims(data: Mapping[str, Any]) -> list[Claim]:
    """The claims that ``render_claims`` wrote."""
    return _parse_all(Claim, data, "claims")


def render_bindings(bindings: Sequence[Binding]) -> dict[str, Any]:
    """Bindings as plain data."""
    return {VERSION_KEY: VERSION, "bindings": codec.render(bindings)}


def parse_bindings(data: Mapping[str, Any]) -> list[Binding]:
    """The bindings that ``render_bindings`` wrote."""
    return _parse_all(Binding, data, "bindings")


def _parse_all(kind: type[Item], data: Mapping[str, Any], key: str) -> list[Item]:
    items = open_envelope(data).get(key)
    if not isinstance(items, list | tuple):
        raise InvalidInput(f"a message has no list of {key}")
    return [
        codec.parse(kind, item, f"{key}[{index}]", tolerant=True)
        for index, item in enumerate(items)
    ]


def open_envelope(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content of an envelope of our version."""
    if not isinstance(data, Mapping):
        raise InvalidInput("a message must be an object")
    if data.get(VERSION_KEY) != VERSION:
        raise InvalidInput(f"message version {data.get(VERSION_KEY)!r} is not {VERSION}")
    return {key: data[key] for key in data if key != VERSION_KEY}
