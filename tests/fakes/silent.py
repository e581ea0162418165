"""A conductor on a bus that answers at once, but for binds on one host, which it keeps waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oslo_messaging import Target

from cyborg_rr.processes.api import count_waiting, read_limits
from cyborg_rr.processes.door.server import ApiServer
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.refusals import answers_errors
from cyborg_rr.rpc.transport import CONDUCTOR_TOPIC, RPC_VERSION, make_server
from cyborg_rr.rpc.waiting import Waiting
from tests.api.stage import Stage
from tests.memory_bus import make_memory_bus

DEAD = "dead"


class KeepsWaiting:
    """The endpoint: counts the binds that wait for the silent host."""

    target = Target(version=RPC_VERSION)

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.waiting = threading.Semaphore(0)

    @answers_errors
    def bind(self, _context: Any, bindings: Any, project_id: str | None) -> None:
        """As the conductor's."""
        hosts = {binding.hostname for binding in messages.parse_bindings(bindings)}
        if DEAD in hosts:
            self.waiting.release()
            self.gate.wait(60)


@contextmanager
def serving_beside_a_silent_host(stage: Stage) -> Iterator[tuple[ApiServer, KeepsWaiting]]:
    """The stage's API as cyborg-rr-api serves it, with that conductor."""
    transport = make_memory_bus(stage.conf)
    conductor = KeepsWaiting()
    server = make_server(transport, CONDUCTOR_TOPIC, "one", [conductor])
    server.start()
    waiting = Waiting(count_waiting(stage.conf), stage.conf.api.calls_per_host)
    object.__setattr__(stage, "conductor", ConductorClient(transport, 60, waiting))
    for cached in ("services", "app"):
        stage.__dict__.pop(cached, None)
    api = ApiServer(
        stage.app, "127.0.0.1", 0, name="api", limits=read_limits(stage.conf, drain_seconds=30)
    )
    api.start()
    try:
        yield api, conductor
    finally:
        conductor.gate.set()
        api.stop()
        server.stop()
        server.wait()


def render_bind(arq_uuid: str, host: str) -> dict[str, Any]:
    """The body that binds a request on a host."""
    fields = {"hostname": host, "device_rp_uuid": arq_uuid, "instance_uuid": arq_uuid}
    return {arq_uuid: [{"path": f"/{k}", "op": "add", "value": v} for k, v in fields.items()]}
