"""Which machine a host is: an id kept beside its ledger, whatever people call it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """Who speaks for a host, sent with every call of an agent.

    ``id`` was made once and is kept beside the ledger. ``machine`` is a hash of what the machine
    says of itself (empty for a simulated host), ``node`` what people call it. ``run`` is new at
    each start of the agent and ``last_run`` the one before that its ledger remembers, so that the
    conductor can tell the next run of one agent from a second agent. ``minor`` is the version of
    the messages that it understands.
    """

    id: str
    machine: str
    node: str
    run: str
    last_run: str | None = None
    minor: int = 0
