"""A request as WSGI describes it (PEP 3333), and the application's answer to it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from oslo_log import log

from cyborg_rr.api.request.caller import Environ, Wsgi
from cyborg_rr.api.request.errors import Busy, render_fault
from cyborg_rr.api.request.walk import SKIPS_BODIES
from cyborg_rr.processes.door.connection import BadRequest, Connection
from cyborg_rr.processes.door.limits import allowed_seconds

LOG = log.getLogger(__name__)

PATIENCE_SECONDS = 1.0
"""How long one waits to wait: bodies that are on their way have arrived by then."""

READ_SECONDS = 10.0
"""How long a caller may say nothing in the middle of a long body."""

_SLASH = b"%2F"


class Streams:
    """How many workers may wait for the rest of bodies at a time."""

    def __init__(self, most: int) -> None:
        self._places = threading.BoundedSemaphore(most)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait in here; ``Busy`` when too many do so for long already."""
        if not self._places.acquire(timeout=PATIENCE_SECONDS):
            raise Busy("too many long bodies are being received; send this again soon")
        try:
            yield
        finally:
            self._places.release()


class BodyStream:
    """``wsgi.input``: what is there, then what arrives; never beyond the end of the body."""

    def __init__(self, connection: Connection, streams: Streams) -> None:
        self._connection = connection
        self._streams = streams
        self._rest = b""
        self._began = time.monotonic()
        self._count = 0

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all; fewer only at the end. ``OSError`` when they do not come."""
        parts = [self._rest]
        left = sys.maxsize if size < 0 else size
        left -= len(self._rest)
        while left > 0 and (part := self._receive()):
            parts.append(part)
            left -= len(part)
        data = b"".join(parts)
        if size < 0:
            size = len(data)
        self._rest = data[size:]
        return data[:size]

    def _receive(self) -> bytes:
        try:
            while (part := self._connection.take_body()) is None:
                with self._streams.waiting():
                    self._connection.await_body(self._allow())
        except BadRequest as error:
            raise ValueError(str(error)) from error
        self._count += len(part)
        return part

    def _allow(self) -> float:
        left = self._began + allowed_seconds(self._count) - time.monotonic()
        if left < 0:
            raise TimeoutError("it comes too slowly")
        return min(left, READ_SECONDS)

    def readline(self, size: int = -1) -> bytes:
        """A line, at most so long."""
        line = bytearray()
        while (size < 0 or len(line) < size) and (byte := self.read(1)):
            line += byte
            if byte == b"\n":
                break
        return bytes(line)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def readlines(self, _hint: int = -1) -> list[bytes]:
        """All lines that follow."""
        return list(self)


def make_environ(connection: Connection, server: tuple[str, int, str], streams: Streams) -> Environ:
    """The environment of the connection's request; ``server`` is host, port and name."""
    request = connection.get_request()
    path, _, query = request.target.partition(b"?")
    host, port, name = server
    environ: Environ = {
        "REQUEST_METHOD": request.method.decode("latin-1"),
        "SCRIPT_NAME": "",
        "PATH_INFO": decode_path(path),
        "QUERY_STRING": query.decode("latin-1"),
        "REQUEST_URI": request.target.decode("latin-1"),
        "REMOTE_ADDR": str(connection.address[0]),
        "REMOTE_PORT": str(connection.address[1]),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{request.http_version.decode()}",
        "SERVER_SOFTWARE": name,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BodyStream(connection, streams),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        SKIPS_BODIES: True,
    }
    environ.update(_render_headers(request.headers))
    if "HTTP_TRANSFER_ENCODING" in environ:
        environ["wsgi.input_terminated"] = True
    return environ


def decode_path(path: bytes) -> str:
    """The path as WSGI has it; an encoded slash stays encoded, being no separator."""
    parts = path.replace(b"%2f", _SLASH).split(_SLASH)
    return _SLASH.join(unquote_to_bytes(part) for part in parts).decode("latin-1")


def _render_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as variables. One with an underscore is left out: it would pass for another."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        if b"_" in raw_name:
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        value = bytes(raw_value).decode("latin-1")
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


class Exchange:
    """Has an application answer the requests of connections."""

    def __init__(self, app: Wsgi, server: tuple[str, int, str], streams: Streams) -> None:
        self._app = app
        self._server = server
        self._streams = streams
        self._ends = False

    def end(self) -> None:
        """Let no connection go on after its present answer."""
        self._ends = True

    def answer(self, connection: Connection) -> None:
        """Answer the request that the connection has; ``OSError`` when nobody takes the answer."""
        told: list[Any] = []

        def start_response(status: str, headers: list[Any], _error: Any = None) -> Any:
            told[:] = [status, headers]
            return parts.append

        parts: list[bytes] = []
        try:
            environ = make_environ(connection, self._server, self._streams)
            self._collect(connection, self._app(environ, start_response), parts)
            status, _, reason = told[0].partition(" ")
            self._send(connection, int(status), reason, told[1], b"".join(parts))
        except OSError:
            raise
        except Exception:
            LOG.exception("A request failed outside of the API")
            self.refuse(connection, 500, "The service failed to answer; its log says why.")

    @staticmethod
    def _collect(connection: Connection, answer: Iterable[bytes], parts: list[bytes]) -> None:
        close = getattr(answer, "close", lambda: None)
        try:
            parts.extend(answer)
        except ConnectionAbortedError:  # the application says that no request can follow
            connection.ends = True
        finally:
            close()

    def refuse(self, connection: Connection, status: int, text: str) -> None:
        """Answer what is no request, in the form of the API's own errors, and hang up."""
        connection.ends = True
        body = render_fault(status, text)
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        self._send(connection, status, HTTPStatus(status).phrase, headers, body)

    def _send(
        self, connection: Connection, status: int, reason: str, headers: list[Any], body: bytes
    ) -> None:
        connection.ends = connection.ends or self._ends
        own = [("Date", formatdate(usegmt=True)), ("Server", self._server[2])]
        connection.answer(status, reason, [*headers, *own], body)
