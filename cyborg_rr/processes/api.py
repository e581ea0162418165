"""The API, made from its options."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

from cyborg_rr.api.app import make_app
from cyborg_rr.api.attendance import Attendance
from cyborg_rr.api.health.endpoint import PATH as HEALTH_PATH
from cyborg_rr.api.layers import make_layers
from cyborg_rr.api.request.caller import Wsgi
from cyborg_rr.api.services import ReadingSettings, Services, Settings, make_limits
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.conf.mistakes import render_mistake
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.processes.database import open_database
from cyborg_rr.processes.door.limits import Limits
from cyborg_rr.processes.door.server import ApiServer
from cyborg_rr.processes.limits import read_limit_settings
from cyborg_rr.processes.logs import set_up_log
from cyborg_rr.processes.options import load_catalogue
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.liveness_client import LivenessClient
from cyborg_rr.rpc.transport import make_transport
from cyborg_rr.rpc.waiting import Waiting

CALL_TIMEOUT_FACTOR = 3.0
"""A bind calls agents of several hosts in turn; the API waits longer than one of them may take."""

SILENCE_OF_LEASE = 1.5
"""How long a conductor at work may be silent, in times of its lease.

It tells of itself twice in that time, and renews its lease four times in a lease: so no pause that
the lease outlives ends a call.
"""

LEAST_SILENCE_SECONDS = 10
"""But so long at least, however short the lease: a busy machine lets a process wait for seconds."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def make_api(conf: cfg.ConfigOpts) -> Wsgi:
    """The application that the options describe; ``CyborgError`` for a mistake in them."""
    catalogue = load_catalogue(conf)
    database = open_database(conf, conf.api.database_timeout)
    transport = make_transport(conf)
    attendance = Attendance(database, LivenessClient(transport).is_any_there)
    return wire_api(conf, database, transport, catalogue, _call_seconds(conf), attendance)


def wire_api(
    conf: cfg.ConfigOpts,
    database: Database,
    transport: Any,
    catalogue: Catalogue,
    call_seconds: float,
    attendance: Attendance | None = None,
) -> Wsgi:
    """The application on parts that are there already; a call of the conductor may take so long.

    Without ``attendance`` the conductor is of this process, and alive as long as it is.
    """
    waiting = Waiting(count_waiting(conf), conf.api.calls_per_host)
    silence = find_silence_seconds(conf.conductor.lease_seconds)
    conductor = ConductorClient(transport, call_seconds, waiting, attendance, silence)
    limits = make_limits(conf, read_limit_settings(conf))
    services = Services(read_settings(conf), database, conductor, catalogue, limits)
    return make_app(services, make_layers(conf, conf.api.auth_strategy))


def find_silence_seconds(lease_seconds: int) -> int:
    """After how long without a word a conductor that took a call has died."""
    return max(LEAST_SILENCE_SECONDS, math.ceil(SILENCE_OF_LEASE * lease_seconds))


def read_settings(conf: cfg.ConfigOpts) -> Settings:
    """What the options say of the API."""
    api, readers = conf.api, conf.readers
    return Settings(
        api.public_endpoint,
        api.max_body_bytes,
        api.max_json_depth,
        api.max_waiting_requests,
        api.max_ir_requirements,
        ReadingSettings(
            concurrent=readers.concurrent,
            spool_directory=readers.spool_directory,
            max_file_bytes=readers.max_file_bytes,
            memory_bytes=readers.memory_bytes,
            cpu_seconds=readers.cpu_seconds,
            wall_seconds=readers.wall_seconds,
        ),
    )


def make_hosted_api(files: Sequence[str] | None) -> Wsgi:
    """The application for a WSGI server, as those files say (None: those in the usual places).

    ``CyborgError`` for a mistake in them.
    """
    try:
        conf = make_config([], program="cyborg-rr-api", files=files)
        set_up_log(conf)
        if conf.api.auth_strategy == "noauth":
            raise InvalidInput(
                "option [api] auth_strategy: noauth is only for cyborg-rr-api on a loopback address"
            )
        return make_api(conf)
    except cfg.Error as error:  # an option of a library, which is read late
        raise InvalidInput(render_mistake(str(error))) from error


def make_api_server(conf: cfg.ConfigOpts) -> ApiServer:
    """The API on a server of its own; ``InvalidInput`` where it must not or cannot listen."""
    _check_reach(conf)
    app = make_api(conf)
    try:
        return ApiServer(
            app,
            conf.api.host_ip,
            conf.api.port,
            name="cyborg-rr-api",
            limits=read_limits(conf, _call_seconds(conf)),
        )
    except InvalidInput as error:
        raise InvalidInput(f"options [api] host_ip and port: {error}") from error


def read_limits(conf: cfg.ConfigOpts, drain_seconds: float) -> Limits:
    """What the options say of connections; so long may requests take once the server ends."""
    return Limits(
        threads=conf.api.threads,
        most_waiting=count_waiting(conf),
        aside=(HEALTH_PATH,),
        connections=conf.api.max_connections,
        drain_seconds=drain_seconds,
    )


def count_waiting(conf: cfg.ConfigOpts) -> int:
    """How many threads may wait for others; the rest answers what needs nobody else."""
    waiting: int = max(1, conf.api.threads - conf.api.reserved_threads)
    return waiting


def _call_seconds(conf: cfg.ConfigOpts) -> float:
    """How long a call of the conductor may take."""
    seconds: float = CALL_TIMEOUT_FACTOR * conf.conductor.agent_timeout
    return seconds


def _check_reach(conf: cfg.ConfigOpts) -> None:
    """Without Keystone everybody is an administrator: other machines must not reach the API."""
    if conf.api.auth_strategy == "noauth" and conf.api.host_ip not in LOOPBACK:
        raise InvalidInput(
            f"option [api] host_ip: {conf.api.host_ip} is not loopback, which auth_strategy noauth"
            " needs"
        )
