"""What the API works with; made once per process and passed in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oslo_config import cfg

from cyborg_rr.catalogue.loading import Catalogue, load
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport

CALL_TIMEOUT_FACTOR = 3.0
"""A bind calls agents of several hosts in turn; the API waits longer than one of them may take."""


@dataclass(frozen=True, slots=True)
class Services:
    """Configuration, database, the way to the conductor, and the catalogue."""

    conf: cfg.ConfigOpts
    database: Database
    conductor: ConductorClient
    catalogue: Catalogue


def make_services(conf: cfg.ConfigOpts) -> Services:
    """The parts that the configuration describes."""
    paths = tuple(Path(path) for path in conf.catalogue.extra_paths)
    timeout = CALL_TIMEOUT_FACTOR * conf.conductor.agent_timeout
    catalogue = load(paths)
    database = Database(conf)
    schema.check_version(database.engine)
    return Services(
        conf,
        database,
        ConductorClient(make_transport(conf), timeout),
        catalogue,
    )
