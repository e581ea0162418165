"""The agent process: looks at its hosts, reports what changed, and answers for the handles."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event, Lock, Thread, Timer
from typing import Any

from oslo_log import log

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.coming import Coming
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.endpoint import AgentEndpoint
from cyborg_rr.agent.reporting import HostReporter
from cyborg_rr.agent.uevents import KernelEvents
from cyborg_rr.domain.errors import AgentUnavailable, CyborgError, HostRefused
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import AGENT_TOPIC, end_servers, make_server

LOG = log.getLogger(__name__)

MAX_CONCURRENT_REPORTS = 8
"""Hosts that are reported at a time; only an agent with simulated hosts has more than one."""

FIRST_RETRY_SECONDS = 1.0
"""Wait after a report that failed; it doubles up to the report interval."""

MOST_UNHEARD_SECONDS = 5.0
"""The most of it until a conductor has answered for the first time: they are just starting."""

RETRY_JITTER = (0.5, 1.0)
"""Shares of it that are waited: agents that lost their conductor together do not come together."""

SPREAD_SECONDS = 2.0
"""The agents that a conductor finds waiting come back within it, each when it likes."""

COALESCING_SECONDS = 1.0
"""What happens within it is one reason to look."""

JITTER = (0.9, 1.1)
"""Shares of the report interval between two looks, so that hosts do not report in step."""

Progress = Callable[[int, int], None]


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
        on_stop: Callable[[], None] = lambda: None,
        version: str = "",
        coming: Coming | None = None,
    ) -> None:
        self.name = name
        self._hosts = hosts
        self._attachments = attachments
        self._reporter = HostReporter(
            name, attachments, conductor, version, report_interval_seconds
        )
        self._interval = report_interval_seconds
        self._on_stop = on_stop
        endpoint = AgentEndpoint(attachments, self._look_soon, self._note_conductor)
        self._server = make_server(transport, AGENT_TOPIC, name, [endpoint])
        self._coming = coming or Coming()
        self._was_heard = False
        attachments.cleaner.call_on_news(self._tell_soon)
        self._events = KernelEvents(self._look_soon)
        self._due: set[str] = set()
        self._unreported: set[str] = set()
        self._due_lock = Lock()
        self._woken = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._report_loop, name="report", daemon=True)

    def start(self) -> None:
        """Answer calls once every host has been looked at; look and report in the background."""
        for host in self._hosts:
            if not self._attachments.knows(host.name):
                self._look_first(host)
        self._server.start()
        self._events.start()
        self._thread.start()

    def stop(self) -> None:
        """Finish the report in progress and stop.

        What one step raises (a bus that has gone) is raised after all others were taken.
        """
        self._stopping.set()
        self._woken.set()
        with ExitStack() as last:
            last.callback(self._on_stop)
            last.callback(self._attachments.cleaner.stop)
            last.callback(end_servers, self._server)
            last.callback(self._events.stop)
            last.callback(self._thread.join)

    def identify(self, hostname: str) -> HostIdentity:
        """Who speaks for a host, as the conductor is told."""
        return self._reporter.identify(hostname)

    def report_all(self, progress: Progress | None = None) -> bool:
        """Look at every host and report those that changed; whether all could be reported.

        ``progress`` hears (done, of all).
        """
        return self._report(self._hosts, progress)

    def _report(self, hosts: Sequence[Host], progress: Progress | None = None) -> bool:
        succeeded = True
        for done, reported in enumerate(self._report_each(hosts), start=1):
            succeeded = succeeded and reported
            if progress is not None:
                progress(done, len(hosts))
        self._reporter.note_taken_runs()
        return succeeded

    def _report_each(self, hosts: Sequence[Host]) -> Iterator[bool]:
        if len(hosts) == 1:
            yield self._report_guarded(hosts[0])
        elif hosts:
            with ThreadPoolExecutor(min(MAX_CONCURRENT_REPORTS, len(hosts))) as pool:
                yield from pool.map(self._report_guarded, hosts)

    def _report_guarded(self, host: Host) -> bool:
        if self._stopping.is_set():
            return False
        try:
            self._reporter.report(host)
        except HostRefused as error:  # said once, when the host was refused
            LOG.debug("Host %s was refused again: %s", host.name, error)
            self._was_heard = True
            return False
        except CyborgError as error:
            LOG.warning("Host %s could not be reported: %s", host.name, error)
            self._was_heard = self._was_heard or not isinstance(error, AgentUnavailable)
            self._unreported.add(host.name)
            return False
        except Exception:
            LOG.exception("Host %s could not be reported", host.name)
            self._unreported.add(host.name)
            return False
        self._was_heard = True
        if host.name in self._unreported:
            self._unreported.discard(host.name)
            LOG.info("Host %s is reported now", host.name)
        return True

    def _look_first(self, host: Host) -> None:
        try:
            self._reporter.look(host)
        except Exception:
            LOG.exception("Host %s could not be looked at; the report loop tries again", host.name)

    def _look_soon(self, hostname: str | None = None) -> None:
        """Something changed on the host (None: on this machine): it may offer more now, or less."""
        names = {host.name for host in self._hosts if not host.is_simulated}
        due = names if hostname is None else names & {hostname}
        if due:
            self._add_due(due)

    def _tell_soon(self, hostname: str) -> None:
        """The host has something to tell that nobody has asked for."""
        self._add_due({hostname})

    def _note_conductor(self) -> None:
        """A conductor has come: what could not be reported is reported soon, not in its turn."""
        if self._unreported or not self._was_heard:
            timer = Timer(random.uniform(0, SPREAD_SECONDS), self._report_anew)  # noqa: S311
            timer.daemon = True
            timer.start()

    def _report_anew(self) -> None:
        everything = set() if self._was_heard else {host.name for host in self._hosts}
        unreported = everything | self._unreported
        if unreported:
            self._coming.note()
            self._add_due(unreported)

    def _add_due(self, hostnames: set[str]) -> None:
        with self._due_lock:
            self._due |= hostnames
        self._woken.set()

    def _take_due(self) -> list[Host]:
        with self._due_lock:
            due, self._due = self._due, set()
            self._woken.clear()
        return [host for host in self._hosts if host.name in due]

    def _report_loop(self) -> None:
        """All hosts on the period, and in between those on which something happens."""
        retry = FIRST_RETRY_SECONDS
        while not self._stopping.is_set():
            if self.report_all():
                retry = FIRST_RETRY_SECONDS
                wait = self._interval * random.uniform(*JITTER)  # noqa: S311 - not a secret
            else:  # a conductor that starts later than its agents must not wait for them long
                most = self._interval if self._was_heard else MOST_UNHEARD_SECONDS
                wait = min(retry, most) * random.uniform(*RETRY_JITTER)  # noqa: S311
                retry = min(2 * retry, self._interval)
            self._report_early(time.monotonic() + wait)

    def _report_early(self, deadline: float) -> None:
        """Until the deadline, or until it fails, report hosts on which something happens.

        Looks that find nothing new become rarer: whatever wakes us may be caused by looking.
        """
        gap = COALESCING_SECONDS
        while self._woken.wait(max(0.0, deadline - time.monotonic())):
            if self._stopping.wait(min(gap, max(0.0, deadline - time.monotonic()))):
                return
            before = self._reporter.reports
            if not self._report(self._take_due()):
                return
            gap = COALESCING_SECONDS if self._reporter.reports > before else gap * 2
