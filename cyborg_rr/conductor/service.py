"""The conductor process: its parts wired together, its RPC server and its healing loop."""

from __future__ import annotations

import threading
from typing import Any

from oslo_config import cfg
from oslo_log import log

from cyborg_rr.catalogue.loading import Catalogue
from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.endpoint import ConductorEndpoint
from cyborg_rr.conductor.heal import Healer
from cyborg_rr.conductor.publishers import load_publishers
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conductor.status import DeviceStatus
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.db.engine import Database
from cyborg_rr.rpc.agent_client import AgentClient
from cyborg_rr.rpc.transport import CONDUCTOR_TOPIC, make_server

LOG = log.getLogger(__name__)


class ConductorService:
    """One conductor; start it, and stop it when its time is over."""

    def __init__(
        self, conf: cfg.ConfigOpts, database: Database, transport: Any, catalogue: Catalogue
    ) -> None:
        agents = AgentClient(transport, conf.conductor.agent_timeout)
        releaser = Releaser(database, agents)
        publishers = load_publishers(conf.conductor.publishers, database)
        self.binder = Binder(database, agents, releaser, conf.host)
        self.unbinder = Unbinder(database, releaser)
        self.reporter = Reporter(
            database,
            catalogue,
            publishers,
            release_grace_seconds=2 * conf.conductor.agent_timeout,
        )
        self.healer = Healer(
            database, self.unbinder, releaser, conf.host, conf.conductor.bind_timeout
        )
        self._heal_interval = conf.conductor.heal_interval
        endpoint = ConductorEndpoint(
            self.binder, self.unbinder, self.reporter, DeviceStatus(database, publishers)
        )
        self._server = make_server(transport, CONDUCTOR_TOPIC, conf.host, [endpoint])
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._heal_loop, name="heal", daemon=True)

    def start(self) -> None:
        """Answer calls, and heal in the background: first what this conductor's last run left."""
        self._server.start()
        self._thread.start()

    def stop(self) -> None:
        """Finish the calls in progress and stop."""
        self._stopping.set()
        self._server.stop()
        self._server.wait()
        self._thread.join()

    def _heal_loop(self) -> None:
        self._guard(self.healer.heal_own)
        while not self._stopping.wait(self._heal_interval):
            self._guard(self.healer.heal)

    @staticmethod
    def _guard(step: Any) -> None:
        try:
            step()
        except Exception:
            LOG.exception("Healing failed; it is tried again at the next interval")
