"""A WSGI application of a test on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from cyborg_rr.processes.door.limits import Limits
from cyborg_rr.processes.door.server import ApiServer

FOUR_AT_A_TIME = Limits(threads=4, most_waiting=2)


@contextmanager
def serving(app: Callable[..., Iterable[bytes]], limits: Limits = FOUR_AT_A_TIME) -> Iterator[str]:
    """Serve a WSGI application on loopback; yields its URL."""
    server = ApiServer(app, "127.0.0.1", 0, name="test", limits=limits)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()
