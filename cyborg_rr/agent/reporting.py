"""Telling the conductor of a host: who it is, what it has, and what it holds."""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Mapping
from typing import Any

from oslo_log import log

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.discovery import Host
from cyborg_rr.domain.errors import HostRefused
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.domain.hardware.hosts import AgentWord, HostIdentity
from cyborg_rr.domain.printing import name_count
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.changes import Told, note_told, render_changes
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.messages import HostAnswer

LOG = log.getLogger(__name__)


class HostReporter:
    """Looks at hosts and reports what changed; ``reports`` counts how often there was news.

    ``version`` is the release of this agent, which means to speak every ``interval_seconds``.
    """

    def __init__(
        self,
        agent: str,
        attachments: Attachments,
        conductor: ConductorClient,
        version: str = "",
        interval_seconds: float = 0,
    ) -> None:
        self._agent = agent
        self._version = version
        self._interval_seconds = math.ceil(interval_seconds)
        self._attachments = attachments
        self._conductor = conductor
        self._node = socket.gethostname()
        self._minor = messages.MINOR
        self._told: dict[str, Told] = {}
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._noted: set[str] = set()
        self.reports = 0

    def report(self, host: Host) -> None:
        """Look at one host; send the content only when it is new, and let go of what is over."""
        snapshot = self.look(host)
        identity = self.identify(host.name)
        try:
            word = AgentWord(self._version, self._interval_seconds, host.words)
            answer = self._synchronise(host.name, snapshot, identity, word)
        except HostRefused as error:
            self._attachments.refuse(host.name, str(error))
            raise
        self._attachments.accept(host.name)
        if answer.held:
            self._attachments.record_held(host.name, answer.held)
        if answer.over:  # last: a device that cannot be released must not hide what else there is
            over = name_count(len(answer.over), "claim")
            LOG.warning("Released on %s: %s now over", host.name, over)
            self._attachments.release(host.name, answer.over)

    def _synchronise(
        self, hostname: str, snapshot: Snapshot, identity: HostIdentity, word: AgentWord
    ) -> HostAnswer:
        minor = self._minor
        content = messages.render_snapshot(snapshot, minor)
        now = note_told(content)
        claims, told = self._attachments.cleaner.list_state(hostname)
        answer = self._conductor.synchronise_host(
            hostname,
            self._agent,
            now.content_hash,
            claims,
            identity,
            told,
            word,
        )
        self._note_answer(hostname, answer)
        self._attachments.cleaner.forget_told(hostname, told)
        if told.cleaned:
            self._count()
        if not answer.is_known:
            if answer.minor != minor:
                content = messages.render_snapshot(snapshot, answer.minor)
                now = note_told(content)
            self._send(content, now, identity, answer.minor, word)
            self._count()
        self._told[hostname] = now
        return answer

    def _send(
        self,
        content: Mapping[str, Any],
        now: Told,
        identity: HostIdentity,
        minor: int,
        word: AgentWord,
    ) -> None:
        """Send what changed since the conductor was told last, or all where it needs that.

        What was told last is forgotten while nobody knows what became of the message.
        """
        before = self._told.pop(content["host"], None)
        if before is not None and minor >= messages.CHANGES_MINOR:
            changes = render_changes(content, now, before)
            if changes is not None and self._conductor.report_changes(
                self._agent, changes, identity
            ):
                return
        self._conductor.report(self._agent, content, identity, word)

    def _count(self) -> None:
        with self._lock:
            self.reports += 1

    def _note_answer(self, hostname: str, answer: HostAnswer) -> None:
        with self._lock:
            self._minor = answer.minor
            if answer.minor > messages.FIRST_MINOR:  # before, it remembers no runs
                self._taken.add(hostname)

    def note_taken_runs(self) -> None:
        """Write down whose runs the conductor knows now, for all at once.

        Until then the next start begins the same run again, which the conductor takes as well.
        """
        with self._lock:
            news = self._taken - self._noted
        if news:
            self._attachments.take_runs(news)
            with self._lock:
                self._noted |= news

    def look(self, host: Host) -> Snapshot:
        """What the host has now, with the troubles that count; what was found is remembered."""
        snapshot, drivers = host.look(*self._attachments.list_unreleased(host.name))
        if not host.is_simulated:
            snapshot = self._attachments.remembering.judge(snapshot)
        self._attachments.remembering.keep(snapshot, host.memory)  # of claims as they were given
        self._attachments.know(snapshot, drivers)
        return snapshot

    def identify(self, hostname: str) -> HostIdentity:
        """Who speaks for a host, as the conductor is told."""
        known = self._attachments.identify(hostname)
        return HostIdentity(
            known.id, known.machine, self._node, known.run, known.last_run, messages.MINOR
        )
