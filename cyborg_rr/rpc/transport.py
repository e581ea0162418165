"""The message bus: one transport per process, servers and clients on it.

With ``fake://`` the processes share one interpreter, with ``rabbit://`` a network. Nothing here
patches the standard library: oslo.service is told to use threads before oslo.messaging, which only
this package imports, can make it load eventlet.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any

from oslo_config import cfg
from oslo_service import backend

from cyborg_rr.domain.errors import InvalidInput

# A library below oslo.service imports eventlet only to see whether it is in use. The warning of
# that import would be the first thing that every process says.
warnings.filterwarnings("ignore", message=r"(?s).*Eventlet is deprecated")
backend.init_backend(backend.BackendType.THREADING)

import oslo_messaging  # noqa: E402 - after the choice above

CONDUCTOR_TOPIC = "cyborg-rr-conductor"
AGENT_TOPIC = "cyborg-rr-agent"
LIVENESS_TOPIC = "cyborg-rr-conductor-liveness"
"""Where conductors tell each other whom they heard: a topic with workers of its own."""
RPC_VERSION = "1.0"
CONNECTION_ATTEMPTS = 2
"""How often a caller tries to reach a broker that does not listen, a second or more apart."""
EXCHANGE = "cyborg_rr"
TARGET = oslo_messaging.Target(version=RPC_VERSION)
MessagingTimeout = oslo_messaging.MessagingTimeout
MessagingException = oslo_messaging.MessagingException
RemoteError = oslo_messaging.RemoteError
NoSuchMethod = oslo_messaging.NoSuchMethod


def make_transport(conf: cfg.ConfigOpts, url: str | None = None) -> Any:
    """Connect to the bus at ``url``, or at the one that [DEFAULT] transport_url names."""
    _register_instrument_options(conf)
    oslo_messaging.set_transport_defaults(EXCHANGE)
    try:
        return oslo_messaging.get_rpc_transport(conf, url)
    except (oslo_messaging.InvalidTransportURL, oslo_messaging.DriverLoadFailure) as error:
        raise InvalidInput(f"option [DEFAULT] transport_url: {error}") from error


def render_bus(conf: cfg.ConfigOpts) -> str:
    """The address of the bus as it may be shown: without the passwords in it.

    Raises ``InvalidInput`` for one that is none.
    """
    try:
        url = oslo_messaging.TransportURL.parse(conf)
    except oslo_messaging.InvalidTransportURL as error:
        raise InvalidInput(f"option [DEFAULT] transport_url: {error}") from error
    url.query = {}
    for host in url.hosts:
        host.password = "***" if host.password else None
    return str(url).replace("%2A", "*")


def _register_instrument_options(conf: cfg.ConfigOpts) -> None:
    """Give a configuration of our own the options that every RPC call reads.

    oslo.messaging reads these two groups from the transport's configuration but registers them on
    the global one only; releases without tracing have neither its options nor its module.
    """
    for package in ("metrics", "tracing"):
        group = f"oslo_messaging_{package}"
        try:
            client = importlib.import_module(f"oslo_messaging._{package}.client")
        except ModuleNotFoundError:
            continue
        conf.register_opts(getattr(client, group), group=group)


def make_server(transport: Any, topic: str, server: str, endpoints: Sequence[object]) -> Any:
    """A server that answers calls to ``topic`` under its own name; start() and stop() it."""
    target = oslo_messaging.Target(topic=topic, server=server, version=RPC_VERSION)
    return oslo_messaging.get_rpc_server(transport, target, list(endpoints))


def stop_server(server: Any) -> None:
    """Take no more calls; those in progress go on, until ``server.wait()`` returns.

    Calls that the broker has sent already go back to it, for another server or the next run.
    oslo.messaging would confirm and drop them: it stays a consumer until all calls are finished,
    and then reads what has come meanwhile while it deletes its fanout queue. What it keeps to
    itself is used where it is there; buses of other kinds have none of it.
    """
    server.stop()
    listener = getattr(server.listener, "_poll_style_listener", None)
    # The context of a connection that was given up holds none, and raises when asked for more.
    connection = getattr(getattr(listener, "conn", None), "connection", None)
    if connection is None or not hasattr(connection, "_consumers"):
        return
    with connection._connection_lock:  # its heartbeat is sent by another thread
        for consumer in connection._consumers:
            consumer.callback = _give_back
        for consumer, tag in connection._consumers.items():
            with suppress(Exception):  # the broker is not there: nothing of it can be read either
                consumer.cancel(tag)


def end_servers(*servers: Any) -> None:
    """Take no more calls at any of them, and return when those in progress have ended.

    What the end of one raises (a bus that has gone) is raised after all others have ended.
    """
    with ExitStack() as waits, ExitStack() as stops:  # all at once: each takes a while

        def stop(server: Any) -> None:
            stop_server(server)
            waits.callback(server.wait)  # it would wait for ever for one that goes on

        for server in servers:
            stops.callback(stop, server)


def _give_back(message: Any) -> None:
    message.requeue()


def count_workers(transport: Any) -> int:
    """How many calls a server on the transport answers at a time."""
    transport.conf.register_opts(oslo_messaging.server._pool_opts)
    workers: int = transport.conf.executor_thread_pool_size
    return workers


def make_client(transport: Any, topic: str, timeout_seconds: float | None) -> Any:
    """A client for calls to ``topic``."""
    target = oslo_messaging.Target(topic=topic, version=RPC_VERSION)
    return oslo_messaging.get_rpc_client(
        transport, target, timeout=timeout_seconds, retry=CONNECTION_ATTEMPTS
    )
