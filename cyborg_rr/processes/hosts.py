"""What an operator does with hosts, on the database itself: no service need run for it."""

from __future__ import annotations

from oslo_config import cfg

from cyborg_rr.conductor.hosts import Hosts
from cyborg_rr.conductor.publishing.publishers import load_publishers
from cyborg_rr.processes.database import COMMAND_SECONDS, open_database

__all__ = ["Hosts", "open_hosts"]


def open_hosts(conf: cfg.ConfigOpts) -> Hosts:
    """The hosts of the service that the options describe; what is removed, publishers hear of."""
    database = open_database(conf, COMMAND_SECONDS)
    return Hosts(database, load_publishers(conf.conductor.publishers, database))
