"""What the API works with; made once per process and passed in."""

from __future__ import annotations

from dataclasses import dataclass

from oslo_config import cfg

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.db.engine import Database
from cyborg_rr.rpc.conductor_client import ConductorClient


@dataclass(frozen=True, slots=True)
class Services:
    """Configuration, database, the way to the conductor, and the catalogue."""

    conf: cfg.ConfigOpts
    database: Database
    conductor: ConductorClient
    catalogue: Catalogue
