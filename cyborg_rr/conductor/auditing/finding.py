"""One thing that is wrong, and what it is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cyborg_rr.conductor.auditing.kinds import KINDS, Code, Kind
from cyborg_rr.db.auditing.facts import ConductorFacts, HostFacts


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one thing, since when (None: nobody noted it) and why.

    ``binding_id`` and ``arq_uuid`` are what an act is fenced by. ``obstacle`` says why the act of
    its kind cannot be done now.
    """

    code: Code
    key: str
    host: str | None
    since: datetime | None
    why: str
    binding_id: str | None = None
    arq_uuid: str | None = None
    obstacle: str | None = None

    @property
    def kind(self) -> Kind:
        """What all findings of its code are."""
        return KINDS[self.code]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a bind may take, and how long anything else may be on its way."""

    bind: timedelta
    settle: timedelta


@dataclass(frozen=True, slots=True)
class Scene:
    """What single things are judged by: the time, how long they may take, hosts and conductors."""

    now: datetime
    patience: Patience
    hosts: Mapping[str, HostFacts]
    conductors: Mapping[str, ConductorFacts]

    def is_over(self, since: datetime | None, patience: timedelta) -> bool:
        """Whether that long has passed; what nobody noted the begin of is taken for old."""
        return since is None or self.now - since > patience

    def has_settled(self, since: datetime | None) -> bool:
        """Whether what was on its way since then should have ended."""
        return self.is_over(since, self.patience.settle)

    def is_lost(self, hostname: str | None) -> bool:
        """Whether the host is known to be silent."""
        host = self.hosts.get(hostname or "")
        return host is not None and host.lost_at is not None
