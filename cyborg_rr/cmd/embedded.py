"""API, conductor and agent in one process: SQLite, an in-memory bus, no Keystone."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from cheroot import wsgi
from oslo_config import cfg
from oslo_log import log

from cyborg_rr.agent.service import AgentService
from cyborg_rr.api.app import Services, make_app
from cyborg_rr.cmd.agent import make_agent
from cyborg_rr.cmd.wiring import load_catalogue
from cyborg_rr.conductor.service import ConductorService
from cyborg_rr.conf.opts import PROJECT, make_config
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport

LOOPBACK = "127.0.0.1"
BUS = "fake://"
NAME = "embedded"
"""Name on its own bus, the same at each start: what the last run began is this one's to heal."""


def make_embedded_config(state_directory: Path, fleet: Path | None, port: int) -> cfg.ConfigOpts:
    """The configuration of an embedded service; files and command line have no part in it."""
    conf = make_config(
        [],
        program="cyborg-rr",
        files=[],
        database__connection=f"sqlite:///{state_directory / 'cyborg_rr.sqlite'}",
        host=NAME,
        state_path=str(state_directory),
        api__host_ip=LOOPBACK,
        api__port=port,
        api__auth_strategy="noauth",
        agent__resource_provider_name=socket.gethostname(),
        agent__fleet_file=None if fleet is None else str(fleet),
        conductor__heal_interval=5,
        conductor__agent_timeout=5,
        readers__spool_directory=str(state_directory),
    )
    log.setup(conf, PROJECT)
    logging.getLogger().setLevel(logging.WARNING)  # people read this output
    return conf


class Embedded:
    """A whole service in one process, on loopback."""

    def __init__(self, state_directory: Path, fleet: Path | None = None, port: int = 0) -> None:
        state_directory.mkdir(parents=True, exist_ok=True)
        conf = make_embedded_config(state_directory, fleet, port)
        database = Database(conf)
        schema.upgrade(database.engine)
        transport = make_transport(conf, BUS)
        catalogue = load_catalogue(conf)
        self.conductor = ConductorService(conf, database, transport, catalogue)
        self.agent: AgentService = make_agent(conf, transport, lambda _conf: catalogue)
        self._server = _make_server(
            make_app(Services(conf, database, ConductorClient(transport, 60.0), catalogue)),
            port,
            conf.api.threads,
        )
        self._thread = threading.Thread(target=self._server.serve, name="api", daemon=True)

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://{LOOPBACK}:{self._server.bind_addr[1]}"

    def start(self) -> None:
        """Answer requests; the agent is started by the caller, who may want to see its progress."""
        self.conductor.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, then agent and conductor."""
        self._server.stop()
        self._thread.join()
        self.agent.stop()
        self.conductor.stop()


def _make_server(app: Callable[..., object], port: int, threads: int) -> wsgi.Server:
    server = wsgi.Server((LOOPBACK, port), app, numthreads=threads, server_name="cyborg-rr")
    try:
        server.prepare()
    except OSError as error:
        raise InvalidInput(f"cannot listen on {LOOPBACK}:{port}: {error}") from error
    return server
