"""cyborg-rr-api: the REST API on a server of its own; a WSGI server may host it instead."""

from __future__ import annotations

import sys

from oslo_log import log

from cyborg_rr.conf.opts import make_config
from cyborg_rr.processes.api import make_api_server
from cyborg_rr.processes.dependencies import naming_dependencies
from cyborg_rr.processes.ending import exit_on_mistake
from cyborg_rr.processes.logs import set_up_log
from cyborg_rr.processes.signals import wait_for_end

LOG = log.getLogger(__name__)


def main() -> None:
    """Entry point of ``cyborg-rr-api``."""
    exit_on_mistake(run)


@naming_dependencies()
def run() -> int:
    """Serve until a signal ends it."""
    conf = make_config(sys.argv[1:], program="cyborg-rr-api")
    set_up_log(conf)
    server = make_api_server(conf)
    server.start()
    LOG.info("The API listens on %s, port %d", server.host, server.port)
    wait_for_end()
    LOG.info("The API ends; the requests in progress are finished")
    server.stop()
    return 0
