"""cyborg-rr-conductor: keeps the inventory and binds accelerator requests."""

from __future__ import annotations

import sys

from oslo_db.exception import DBConnectionError
from oslo_log import log

from cyborg_rr.cmd.ending import exit_on_mistake
from cyborg_rr.cmd.signals import wait_for_end
from cyborg_rr.cmd.wiring import load_catalogue
from cyborg_rr.conductor.service import ConductorService
from cyborg_rr.conf.opts import PROJECT, make_config
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.rpc.transport import make_transport

LOG = log.getLogger(__name__)


def main() -> None:
    """Entry point of ``cyborg-rr-conductor``."""
    exit_on_mistake(run, unavailable=(DBConnectionError,))


def run() -> int:
    """Serve until a signal ends it."""
    conf = make_config(sys.argv[1:], program="cyborg-rr-conductor")
    log.setup(conf, PROJECT)
    database = Database(conf)
    schema.check_version(database.engine)
    service = ConductorService(conf, database, make_transport(conf), load_catalogue(conf))
    service.start()
    LOG.info("Conductor %s takes calls", conf.host)
    wait_for_end()
    LOG.info("Conductor %s ends; the calls in progress are finished", conf.host)
    service.stop()
    return 0
