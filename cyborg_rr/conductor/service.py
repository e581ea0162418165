"""The conductor process: its RPC server and its healing loop around its use cases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from oslo_log import log

from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.endpoint import ConductorEndpoint
from cyborg_rr.conductor.heal import Healer
from cyborg_rr.conductor.hosts import Hosts
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conductor.status import DeviceStatus, HandleStates
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.rpc.transport import CONDUCTOR_TOPIC, make_server

LOG = log.getLogger(__name__)


class Background(Protocol):
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


class ConductorService:
    """One conductor; start it, and stop it when its time is over."""

    def __init__(
        self,
        name: str,
        use_cases: UseCases,
        transport: Any,
        heal_interval_seconds: float,
        background: Sequence[Background] = (),
    ) -> None:
        self.name = name
        self.use_cases = use_cases
        self._background = background
        self._interval = heal_interval_seconds
        endpoint = ConductorEndpoint(
            use_cases.binder,
            use_cases.unbinder,
            use_cases.reporter,
            use_cases.status,
            use_cases.handles,
            use_cases.hosts,
        )
        self._server = make_server(transport, CONDUCTOR_TOPIC, name, [endpoint])
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._heal_loop, name="heal", daemon=True)

    def start(self) -> None:
        """Answer calls, and heal in the background: first what this conductor's last run left."""
        for each in self._background:
            each.start()
        self._server.start()
        self._thread.start()

    def stop(self) -> None:
        """Finish the calls in progress and stop."""
        self._stopping.set()
        self._server.stop()
        self._server.wait()
        self._thread.join()
        for each in self._background:
            each.stop()

    def _heal_loop(self) -> None:
        self._guard(self.use_cases.healer.heal_own)
        while not self._stopping.wait(self._interval):
            self._guard(self.use_cases.healer.heal)

    @staticmethod
    def _guard(heal: Callable[[], None]) -> None:
        try:
            heal()
        except Exception:
            LOG.exception("Healing failed; it is tried again at the next interval")
