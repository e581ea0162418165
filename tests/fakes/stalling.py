"""A way to a server that stays open and leads nowhere any more: what is sent is taken and kept."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

CHUNK_BYTES = 65_536


class StallingProxy:
    """Listens on loopback and forwards to a server's socket, unless it ``is_stalled``."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._flows = threading.Event()
        self._flows.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.port: int = self._listener.getsockname()[1]
        self._run(self._accept)

    @property
    def is_stalled(self) -> bool:
        """Whether nothing is forwarded; connections are accepted all the same."""
        return not self._flows.is_set()

    @is_stalled.setter
    def is_stalled(self, value: bool) -> None:
        (self._flows.clear if value else self._flows.set)()

    @staticmethod
    def _run(work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="stalling-proxy", daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._server))
                self._open += [near, far]
                self._run(lambda a=near, b=far: self._forward(a, b))  # type: ignore[misc]
                self._run(lambda a=far, b=near: self._forward(a, b))  # type: ignore[misc]

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK_BYTES):
                self._flows.wait()
                sink.sendall(chunk)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End all connections."""
        self._flows.set()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def stalling(server: Path) -> Iterator[StallingProxy]:
    """A proxy before a server's socket, for a while."""
    proxy = StallingProxy(server)
    try:
        yield proxy
    finally:
        proxy.close()


@contextmanager
def reached_through(url: str) -> Iterator[tuple[str, StallingProxy]]:
    """A database of a private server by its URL: another URL of it, through such a proxy."""
    stated = make_url(url)
    query = stated.query
    if stated.get_backend_name() == "mysql":
        server, names = Path(str(query["unix_socket"])), ["unix_socket"]
    else:  # the port is PostgreSQL's default, which names the socket
        server, names = Path(str(query["host"])) / ".s.PGSQL.5432", ["host"]
    with stalling(server) as proxy:
        through = stated.difference_update_query(names).set(host="127.0.0.1", port=proxy.port)
        yield through.render_as_string(hide_password=False), proxy
