"""The JSON of agents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.domain.hardware.hosts import AgentWord, StoredHost

COLLECTION = "agents"

LOST, UP, NEVER, UNKNOWN = "lost", "up", "never", "unknown"
"""States: not heard for too long; heard; not heard since the conductors were started; not known,
since no conductor says."""


@dataclass(frozen=True, slots=True)
class Silence:
    """That conductors say nothing: since when (as far as is known) and why."""

    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What conductors say of when each host was heard: seconds ago, at ``asked_at``.

    ``ages`` is None where no conductor answers; then ``silence`` says why and since when.
    """

    ages: Mapping[str, float] | None
    asked_at: datetime
    silence: Silence | None = None

    def find_moment(self, hostname: str) -> datetime | None:
        """When a host was heard last, as far as is known."""
        age = None if self.ages is None else self.ages.get(hostname)
        return None if age is None else self.asked_at - timedelta(seconds=age)

    def find_state(self, host: StoredHost) -> str:
        """What a host is; that one is lost was written down, and all else only conductors know."""
        if host.lost_at is not None:
            return LOST
        if self.ages is None:
            return UNKNOWN
        return UP if host.name in self.ages else NEVER


def render_agent(host: StoredHost, heard: Heard, call: Call) -> dict[str, Any]:
    """The agent of a host: whether and when it is heard, and what its drivers say."""
    known = host.known
    word = known.word
    state = heard.find_state(host)
    silence = heard.silence if state == UNKNOWN else None
    return {
        "name": host.name,
        "host_id": known.id,
        "node": known.node,
        "agent": known.agent,
        "state": state,
        "last_seen_at": render_time(heard.find_moment(host.name)),
        "lost_at": render_time(host.lost_at),
        "lost_reason": host.lost_reason,
        "unknown_since": None if silence is None else render_time(silence.since),
        "unknown_reason": None if silence is None else silence.reason,
        "version": None if word is None else word.version,
        "report_interval": None if word is None else word.report_interval,
        "drivers": [] if word is None else _render_drivers(word),
        "links": call.links.own(COLLECTION, host.name),
        "created_at": render_time(host.created_at),
        "updated_at": render_time(host.updated_at),
    }


def _render_drivers(word: AgentWord) -> list[dict[str, Any]]:
    return [
        {"name": name, "devices": said.devices, "trouble": said.trouble}
        for name, said in sorted(word.drivers.items())
    ]
