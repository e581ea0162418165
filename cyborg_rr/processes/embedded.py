"""API, conductor and agent in one process: SQLite, an in-memory bus, no Keystone."""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from pathlib import Path

from oslo_config import cfg

from cyborg_rr.agent.service import AgentService
from cyborg_rr.conductor.service import ConductorService
from cyborg_rr.conf import api
from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.processes.agent import wire_agent
from cyborg_rr.processes.api import read_limits, wire_api
from cyborg_rr.processes.conductor import wire_conductor
from cyborg_rr.processes.database import upgrade_database
from cyborg_rr.processes.dependencies import naming_dependencies
from cyborg_rr.processes.door.server import ApiServer
from cyborg_rr.processes.logs import set_up_log
from cyborg_rr.processes.options import load_catalogue
from cyborg_rr.rpc.transport import make_transport

DEFAULT_PORT = api.DEFAULT_PORT
"""The same as that of an API process of its own."""

LOOPBACK = "127.0.0.1"
BUS = "fake://"
NAME = "embedded"
"""Name on its own bus, the same at each start: what the last run began is this one's to heal."""

DRAIN_SECONDS = 5.0
"""How long it waits at its end for requests in progress."""

CALL_SECONDS = 60.0
"""How long the API waits for the conductor beside it."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A whole service in one process, on loopback."""

    conductor: ConductorService
    agent: AgentService
    server: ApiServer

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://{LOOPBACK}:{self.server.port}"

    def start(self) -> None:
        """Answer requests; the agent is started by the caller, who may want to see its progress."""
        self.conductor.start()
        self.server.start()

    def stop(self) -> None:
        """Stop serving, then agent and conductor."""
        self.server.stop()
        self.agent.stop()
        self.conductor.stop()


@naming_dependencies()
def make_embedded(state_directory: Path, fleet: Path | None = None, port: int = 0) -> Embedded:
    """The service with its state in that directory, and the simulated hosts of a fleet file.

    Port 0 is any free one. ``CyborgError`` for a directory, port or fleet file that it cannot work
    with.
    """
    try:
        state_directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"state directory {state_directory}: {error.strerror}") from error
    conf = _make_config(state_directory, fleet, port)
    database = upgrade_database(conf)
    transport = make_transport(conf, BUS)
    catalogue = load_catalogue(conf)
    conductor = wire_conductor(conf, database, transport, catalogue)
    agent = wire_agent(conf, transport, lambda: catalogue)
    app = wire_api(conf, database, transport, catalogue, CALL_SECONDS)
    server = ApiServer(
        app, LOOPBACK, port, name="cyborg-rr", limits=read_limits(conf, DRAIN_SECONDS)
    )
    return Embedded(conductor, agent, server)


def _make_config(state_directory: Path, fleet: Path | None, port: int) -> cfg.ConfigOpts:
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
        agent__adopt_ledger=True,  # its database lies beside it: both are of one machine
        agent__fleet_file=None if fleet is None else str(fleet),
        conductor__heal_interval=5,
        conductor__agent_timeout=5,
        readers__spool_directory=str(state_directory),
    )
    set_up_log(conf)
    logging.getLogger().setLevel(logging.WARNING)  # people read this output
    return conf
