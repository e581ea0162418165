"""The agent process: looks at its hosts, reports what changed, and answers for the handles."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from oslo_log import log

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.endpoint import AgentEndpoint
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import AGENT_TOPIC, make_server

LOG = log.getLogger(__name__)

MAX_CONCURRENT_REPORTS = 8
"""Hosts that are reported at a time; only an agent with simulated hosts has more than one."""

FIRST_RETRY_SECONDS = 1.0
"""Wait after a report that failed; it doubles up to the report interval."""

Progress = Callable[[int, int], None]


class News:
    """The hosts that have something to tell before their time, by name."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._has_ended = False
        self._changed = threading.Condition()

    def note(self, hostname: str) -> None:
        """A host has something to tell."""
        with self._changed:
            self._names.add(hostname)
            self._changed.notify()

    def end(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._has_ended = True
            self._changed.notify()

    def take(self, timeout_seconds: float) -> set[str]:
        """Wait until some have; their names, none when the time is over or all has ended."""
        with self._changed:
            self._changed.wait_for(
                lambda: bool(self._names) or self._has_ended, max(timeout_seconds, 0)
            )
            names, self._names = self._names, set()
            return set() if self._has_ended else names


class AgentService:
    """One agent for one or more hosts."""

    def __init__(
        self,
        name: str,
        hosts: Sequence[Host],
        attachments: Attachments,
        conductor: ConductorClient,
        transport: Any,
        report_interval_seconds: float,
    ) -> None:
        self.name = name
        self._hosts = hosts
        self._attachments = attachments
        self._conductor = conductor
        self._interval = report_interval_seconds
        self._server = make_server(transport, AGENT_TOPIC, name, [AgentEndpoint(attachments)])
        self._stopping = threading.Event()
        self._news = News()
        attachments.cleaner.call_on_news(self._news.note)
        self._thread = threading.Thread(target=self._report_loop, name="report", daemon=True)

    def start(self) -> None:
        """Answer calls once every host has been looked at; look and report in the background."""
        for host in self._hosts:
            if not self._attachments.knows(host.name):
                self._look_first(host)
        self._server.start()
        self._thread.start()

    def stop(self) -> None:
        """Finish the report in progress and stop."""
        self._stopping.set()
        self._news.end()
        self._thread.join()
        self._server.stop()
        self._server.wait()

    def report_all(self, progress: Progress | None = None) -> bool:
        """Look at every host and report those that changed; whether all could be reported.

        ``progress`` hears (done, of all).
        """
        done = 0
        succeeded = True
        with ThreadPoolExecutor(min(MAX_CONCURRENT_REPORTS, len(self._hosts))) as pool:
            for reported in pool.map(self._report_guarded, self._hosts):
                done += 1
                succeeded = succeeded and reported
                if progress is not None:
                    progress(done, len(self._hosts))
        return succeeded

    def _report_guarded(self, host: Host) -> bool:
        if self._stopping.is_set():
            return False
        try:
            self.report_host(host)
        except CyborgError as error:
            LOG.warning("Host %s could not be reported: %s", host.name, error)
            return False
        except Exception:
            LOG.exception("Host %s could not be reported", host.name)
            return False
        return True

    def report_host(self, host: Host) -> None:
        """Look at one host; send the content only when it is new, and let go of what is over."""
        snapshot = messages.render_snapshot(self._look(host))
        claims, told = self._attachments.list_state(host.name)
        known, over = self._conductor.synchronise_host(
            host.name, self.name, messages.hash_content(snapshot), claims, told
        )
        self._attachments.forget_told(told)
        if not known:
            self._conductor.report(self.name, snapshot)
        if over:  # last: a device that cannot be released must not hide what else the host has
            LOG.warning("%d claims on %s are over and are released", len(over), host.name)
            self._attachments.release(host.name, over)

    def _look(self, host: Host) -> Snapshot:
        snapshot, drivers = host.look()
        self._attachments.know(snapshot, drivers)
        return snapshot

    def _look_first(self, host: Host) -> None:
        try:
            self._look(host)
        except Exception:
            LOG.exception("Host %s could not be looked at; the report loop tries again", host.name)

    def _report_loop(self) -> None:
        retry = FIRST_RETRY_SECONDS
        while not self._stopping.is_set():
            if self.report_all():
                retry = FIRST_RETRY_SECONDS
                self._report_news(self._interval)
            else:  # a conductor that starts later than its agents must not wait for them long
                self._report_news(min(retry, self._interval))
                retry *= 2

    def _report_news(self, seconds: float) -> None:
        """For so long, report those hosts at once that have something to tell; or until the end."""
        deadline = time.monotonic() + seconds
        while not self._stopping.is_set():
            named = self._news.take(deadline - time.monotonic())
            if not named:
                return
            for host in self._hosts:
                if host.name in named:
                    self._report_guarded(host)
