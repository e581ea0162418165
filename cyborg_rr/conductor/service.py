"""The conductor process: its RPC servers and its loops around its use cases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

from oslo_db.exception import DBConnectionError
from oslo_log import log

from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.endpoint import ConductorEndpoint
from cyborg_rr.conductor.heal import Healer
from cyborg_rr.conductor.hosts import Hosts
from cyborg_rr.conductor.liveness.background import Background
from cyborg_rr.conductor.liveness.gossip import Gossip, LivenessEndpoint
from cyborg_rr.conductor.liveness.heard import Liveness
from cyborg_rr.conductor.liveness.membership import Membership
from cyborg_rr.conductor.liveness.pulse import Pulse
from cyborg_rr.conductor.liveness.watch import Watch
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conductor.status import DeviceStatus, HandleStates
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.db.faults import tell_fault
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.rpc.transport import CONDUCTOR_TOPIC, LIVENESS_TOPIC, end_servers, make_server

LOG = log.getLogger(__name__)

DRAIN_SECONDS = 10.0
"""How long hosts are still told of releases when a conductor stops; others tell the rest."""


class Worker(Protocol):
    """Works beside the calls, from the start of its conductor to its end."""

    def start(self) -> None:
        """Begin, and return."""
        ...

    def stop(self) -> None:
        """End within seconds; what is left is found again at the next start."""
        ...


@dataclass(frozen=True, slots=True)
class UseCases:
    """What a conductor does."""

    binder: Binder
    unbinder: Unbinder
    reporter: Reporter
    status: DeviceStatus
    handles: HandleStates
    hosts: Hosts
    healer: Healer


@dataclass(frozen=True, slots=True)
class Standing:
    """How a conductor knows who is alive, itself included."""

    liveness: Liveness
    gossip: Gossip
    watch: Watch
    membership: Membership
    background: Background
    pulse: Pulse


class ConductorService:
    """One conductor; start it, and stop it when its time is over."""

    def __init__(
        self,
        name: str,
        use_cases: UseCases,
        standing: Standing,
        transport: Any,
        heal_interval_seconds: float,
        workers: Sequence[Worker] = (),
        tell_agents: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.use_cases = use_cases
        self.standing = standing
        self._workers = workers
        self._tell_agents = tell_agents
        endpoint = ConductorEndpoint(
            use_cases.binder,
            use_cases.unbinder,
            use_cases.reporter,
            use_cases.status,
            use_cases.handles,
            use_cases.hosts,
            standing.pulse.earliest,
        )
        listener = LivenessEndpoint(standing.gossip, standing.liveness)
        self._server = make_server(transport, CONDUCTOR_TOPIC, name, [endpoint])
        self._listener = make_server(transport, LIVENESS_TOPIC, name, [listener])
        self._stopping = threading.Event()
        healer, membership = use_cases.healer, standing.membership
        gossip = standing.gossip
        self._loops = [
            self._make_loop("heal", heal_interval_seconds, healer.heal_own, healer.heal),
            self._make_loop("beat", membership.beat_seconds, healer.take_over, self._beat),
            self._make_loop("gossip", gossip.interval_seconds, self._introduce, self._gossip),
        ]

    def start(self) -> None:
        """Take the name, answer calls, and heal: first what the last of this name left.

        ``Conflict`` when a conductor of this name runs already.
        """
        self.standing.membership.join()
        self.standing.pulse.start()
        for worker in self._workers:
            worker.start()
        self._listener.start()
        self._server.start()
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """Take no more calls, finish those in progress, and give the name back.

        What one step raises (a bus that has gone) is raised after all others were taken.
        """
        with ExitStack() as last:
            last.callback(self._guard, self.standing.membership.leave)
            last.callback(self.standing.pulse.stop)
            for worker in reversed(self._workers):
                last.callback(worker.stop)
            last.callback(self._stop_loops)
            last.callback(self.standing.background.stop, DRAIN_SECONDS)
            last.callback(end_servers, self._server, self._listener)

    def _stop_loops(self) -> None:
        self._stopping.set()
        for loop in self._loops:
            loop.join()

    def _beat(self) -> None:
        self._guard(self.standing.membership.renew)
        self.use_cases.healer.take_over()

    def _introduce(self) -> None:
        """Tell agents, some of which may wait for a conductor, and the other conductors."""
        try:
            self._tell_agents()
        except AgentUnavailable as error:
            LOG.warning("Agents could not be told that a conductor has come: %s", error)
        self.standing.gossip.tell()

    def _gossip(self) -> None:
        self._guard(self.standing.gossip.tell)
        self.standing.watch.look()

    def _make_loop(
        self, name: str, seconds: float, first: Callable[[], None], then: Callable[[], None]
    ) -> threading.Thread:
        """A thread that does the one at once and the other after each interval."""

        def run() -> None:
            self._guard(first)
            while not self._stopping.wait(seconds):
                self._guard(then)

        return threading.Thread(target=run, name=name, daemon=True)

    @staticmethod
    def _guard(task: Callable[[], None]) -> None:
        try:
            task()
        except DBConnectionError as error:
            LOG.warning("%s: the database %s; it is tried again", task.__name__, tell_fault(error))
        except Exception:
            LOG.exception("%s failed; it is tried again", task.__qualname__)
