"""The conductor, made from its options."""

from __future__ import annotations

from typing import Any

from oslo_config import cfg

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.conductor.service import ConductorService
from cyborg_rr.db.engine import Database
from cyborg_rr.processes.database import open_database
from cyborg_rr.processes.options import load_catalogue
from cyborg_rr.rpc.transport import make_transport


def make_conductor(conf: cfg.ConfigOpts) -> ConductorService:
    """The conductor that the options describe; ``CyborgError`` for a mistake in them."""
    database = open_database(conf)
    return wire_conductor(conf, database, make_transport(conf), load_catalogue(conf))


def wire_conductor(
    conf: cfg.ConfigOpts, database: Database, transport: Any, catalogue: Catalogue
) -> ConductorService:
    """The conductor on parts that are there already."""
    return ConductorService(conf, database, transport, catalogue)
