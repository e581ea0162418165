"""cyborg-rr-api: the REST API on a server of its own; a WSGI server may host it instead."""

from __future__ import annotations

import sys
import threading

from cheroot import wsgi
from oslo_config import cfg
from oslo_db.exception import DBConnectionError
from oslo_log import log

from cyborg_rr.api.app import make_app
from cyborg_rr.api.services import CALL_TIMEOUT_FACTOR, make_services
from cyborg_rr.cmd.ending import exit_on_mistake
from cyborg_rr.cmd.signals import wait_for_end
from cyborg_rr.conf.opts import PROJECT, make_config
from cyborg_rr.domain.errors import InvalidInput

LOG = log.getLogger(__name__)

MAX_HEADER_BYTES = 64 * 1024
"""Longest request line with its headers; a list of 1000 uuids in a query fits."""

WAITING_CONNECTIONS = 128
"""Connections that the system keeps for us while all threads are busy."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def main() -> None:
    """Entry point of ``cyborg-rr-api``."""
    exit_on_mistake(run, unavailable=(DBConnectionError,))


def run() -> int:
    """Serve until a signal ends it."""
    conf = make_config(sys.argv[1:], program="cyborg-rr-api")
    log.setup(conf, PROJECT)
    _check_reach(conf)
    app = make_app(make_services(conf))
    address = (conf.api.host_ip, conf.api.port)
    server = wsgi.Server(
        address,
        app,
        numthreads=conf.api.threads,
        server_name="cyborg-rr-api",
        request_queue_size=WAITING_CONNECTIONS,
        shutdown_timeout=CALL_TIMEOUT_FACTOR * conf.conductor.agent_timeout,
    )
    server.max_request_header_size = MAX_HEADER_BYTES
    try:
        server.prepare()
    except OSError as error:
        raise InvalidInput(
            f"options [api] host_ip and port: cannot listen on {address[0]}:{address[1]}: {error}"
        ) from error
    thread = threading.Thread(target=server.serve, name="api", daemon=True)
    thread.start()
    LOG.info("The API listens on %s, port %d", *address)
    wait_for_end()
    LOG.info("The API ends; the requests in progress are finished")
    server.stop()
    thread.join()
    return 0


def _check_reach(conf: cfg.ConfigOpts) -> None:
    """Without Keystone everybody is an administrator: other machines must not reach the API."""
    if conf.api.auth_strategy == "noauth" and conf.api.host_ip not in LOOPBACK:
        raise InvalidInput(
            f"option [api] host_ip: {conf.api.host_ip} is not loopback, which auth_strategy noauth"
            " needs"
        )
