"""A conductor that answers hosts from memory, behind the methods of ``ConductorClient``."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cyborg_rr.domain.errors import AgentUnavailable, HostRefused
from cyborg_rr.domain.hardware.hosts import AgentWord, HostIdentity
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.requests import Claim
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.changes import apply_changes, parse_changes
from cyborg_rr.rpc.messages import HostAnswer


@dataclass
class AnsweringConductor:
    """Takes what hosts report. ``minor`` is what it speaks, 0 for one of the first release.

    It ``loses`` the next call of that name.
    """

    minor: int = messages.MINOR
    is_away: bool = False
    loses: str | None = None
    known: dict[str, str] = field(default_factory=dict)
    machines: dict[str, HostIdentity] = field(default_factory=dict)
    reports: list[Mapping[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    documents: dict[str, str] = field(default_factory=dict)
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    told: dict[str, Cleanings | None] = field(default_factory=dict)
    words: dict[str, AgentWord | None] = field(default_factory=dict)
    over: list[Claim] = field(default_factory=list)
    held: list[Claim] = field(default_factory=list)
    was_called: threading.Event = field(default_factory=threading.Event)

    def synchronise_host(
        self,
        hostname: str,
        agent: str,
        content_hash: str,
        claims: Sequence[Claim],
        identity: HostIdentity | None = None,
        told: Cleanings | None = None,
        word: AgentWord | None = None,
    ) -> HostAnswer:
        """As ``ConductorClient.synchronise_host``, with the chain of runs."""
        self._note("synchronise", identity)
        self.told[hostname] = told
        self.words[hostname] = word
        self.claims[hostname] = list(claims)
        is_known = self.known.get(hostname) == content_hash
        if self.minor == messages.FIRST_MINOR:
            return HostAnswer(is_known, self.over, [], messages.FIRST_MINOR)
        return HostAnswer(is_known, self.over, self.held, self.minor)

    def report(
        self,
        agent: str,
        snapshot: Mapping[str, Any],
        identity: HostIdentity | None = None,
        word: AgentWord | None = None,
    ) -> None:
        """As ``ConductorClient.report``."""
        self._note("report", identity)
        self._keep(snapshot)

    def report_changes(
        self, agent: str, changes: Mapping[str, Any], identity: HostIdentity
    ) -> bool:
        """As ``ConductorClient.report_changes``."""
        self._note("report_changes", identity)
        assert self.minor >= messages.CHANGES_MINOR
        stated = parse_changes(json.loads(json.dumps(changes)))
        document = self.documents.get(stated.base)
        whole = None if document is None else apply_changes(document, stated)
        if whole is not None:
            self._keep(whole.content)
        return whole is not None

    def _keep(self, content: Mapping[str, Any]) -> None:
        self.reports.append(content)
        self.known[content["host"]] = messages.hash_content(content)
        self.documents = {messages.hash_content(content): messages.render_document(content)}

    def _note(self, call: str, identity: HostIdentity | None) -> None:
        self.calls.append(call)
        self.was_called.set()
        if self.is_away or call == self.loses:
            self.loses = None
            raise AgentUnavailable("no conductor answered in time")
        if self.minor == messages.FIRST_MINOR:
            return
        assert identity is not None
        old = self.machines.get(identity.id, identity)
        runs = (identity.run, identity.last_run)
        if old.machine != identity.machine or old.run not in runs:
            raise HostRefused(f"the id of {identity.node} belongs to {old.node}")
        self.machines[identity.id] = identity
