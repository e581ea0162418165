"""The conductor process: its parts wired together, its RPC server and its healing loop."""

from __future__ import annotations

import threading
from typing import Any

from oslo_config import cfg
from oslo_log import log

from cyborg_rr.catalogue.loading import Catalogue
from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.deadline import check_deadline
from cyborg_rr.conductor.heal import Healer
from cyborg_rr.conductor.publishers import load_publishers, tell_all
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.db import devices
from cyborg_rr.db.engine import Database
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.inventory import ENABLED, MAINTAINING, DeviceRecord
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.agent_client import AgentClient
from cyborg_rr.rpc.refusals import answers_errors
from cyborg_rr.rpc.transport import CONDUCTOR_TOPIC, TARGET, make_server

LOG = log.getLogger(__name__)


class ConductorEndpoint:
    """The methods that the bus offers; each unpacks its message and calls one use case."""

    target = TARGET

    def __init__(self, service: ConductorService) -> None:
        self._service = service

    @answers_errors
    def bind(self, context: Any, bindings: Any, project_id: str | None) -> None:
        """See ``Binder.bind``."""
        self._service.binder.bind(
            messages.parse_bindings(bindings), project_id, deadline=messages.deadline_of(context)
        )

    @answers_errors
    def unbind(self, context: Any, arq_uuids: list[str], project_id: str | None) -> None:
        """See ``Binder.unbind``."""
        self._service.binder.unbind(arq_uuids, project_id, deadline=messages.deadline_of(context))

    @answers_errors
    def delete_requests(
        self, context: Any, arq_uuids: list[str], project_id: str | None, may_be_bound: bool
    ) -> None:
        """See ``Binder.delete``."""
        self._service.binder.delete(
            arq_uuids,
            project_id,
            may_be_bound=may_be_bound,
            deadline=messages.deadline_of(context),
        )

    @answers_errors
    def delete_requests_of_instance(
        self, context: Any, instance_uuid: str, project_id: str | None
    ) -> None:
        """See ``Binder.delete_of_instance``."""
        self._service.binder.delete_of_instance(
            instance_uuid, project_id, deadline=messages.deadline_of(context)
        )

    @answers_errors
    def set_device_status(self, context: Any, device_uuid: str, status: str) -> None:
        """See ``ConductorService.set_device_status``."""
        self._service.set_device_status(device_uuid, status, deadline=messages.deadline_of(context))

    @answers_errors
    def synchronise_host(
        self, _context: Any, host: str, agent: str, content_hash: str, claims: Any
    ) -> dict[str, Any]:
        """See ``Reporter.synchronise``."""
        known, release = self._service.reporter.synchronise(
            host, agent, content_hash, messages.parse_claims(claims)
        )
        return {"known": known, "release": messages.render_claims(release)}

    @answers_errors
    def report(self, context: Any, agent: str, snapshot: Any) -> None:
        """See ``Reporter.report``."""
        self._service.reporter.report(
            agent, messages.parse_snapshot(snapshot), deadline=messages.deadline_of(context)
        )


class ConductorService:
    """One conductor; start it, and stop it when its time is over."""

    def __init__(
        self, conf: cfg.ConfigOpts, database: Database, transport: Any, catalogue: Catalogue
    ) -> None:
        agents = AgentClient(transport, conf.conductor.agent_timeout)
        releaser = Releaser(database, agents)
        self._database = database
        self._publishers = load_publishers(conf.conductor.publishers, database)
        self.binder = Binder(database, agents, releaser, conf.host)
        self.reporter = Reporter(
            database,
            catalogue,
            self._publishers,
            release_grace_seconds=2 * conf.conductor.agent_timeout,
        )
        self.healer = Healer(
            database, self.binder, releaser, conf.host, conf.conductor.bind_timeout
        )
        self._heal_interval = conf.conductor.heal_interval
        self._server = make_server(transport, CONDUCTOR_TOPIC, conf.host, [ConductorEndpoint(self)])
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._heal_loop, name="heal", daemon=True)

    def set_device_status(
        self, device_uuid: str, status: str, *, deadline: float | None = None
    ) -> None:
        """Take a device out of use or put it back; publishers then reserve or free it outside."""
        if status not in (ENABLED, MAINTAINING):
            raise InvalidInput(f"a device's status is {ENABLED} or {MAINTAINING}, not {status!r}")
        device = self._store_status(device_uuid, status, deadline)
        tell_all(self._publishers, device.hostname)

    @retry_on_deadlock
    def _store_status(self, device_uuid: str, status: str, deadline: float | None) -> DeviceRecord:
        with self._database.writing() as session:
            device = devices.set_device_status(session, device_uuid, status)
            check_deadline(deadline)
            return device

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
