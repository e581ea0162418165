"""HTTP servers that answer as no service should: slowly, endlessly, or with what is no answer."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

Answer = Callable[[socket.socket], None]


def _send(text: str) -> Answer:
    return lambda connection: connection.sendall(text.encode())


def _page(status: str, kind: str, body: str, *, length: int | None = None) -> Answer:
    size = len(body.encode()) if length is None else length
    return _send(
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n{body}"
    )


def _drip(head: str, drop: str, seconds: float) -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.sendall(head.encode())
        while True:
            time.sleep(seconds)
            connection.sendall(drop.encode())

    return answer


def _say_nothing(connection: socket.socket) -> None:
    time.sleep(60)


_JSON = "application/json"
_CHUNKED = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
_FLOOD = f"{0x8000:x}\r\n{' ' * 0x8000}\r\n"

ANSWERS: Mapping[str, tuple[Answer, str]] = {
    "nothing": (_say_nothing, "slow"),
    "slow head": (_drip("HTTP/1.1 200 OK\r\n", "X-More: 1\r\n", 0.05), "slow"),
    "slow body": (_drip(_CHUNKED, "1\r\n \r\n", 0.05), "slow"),
    "endless body": (_drip(_CHUNKED, _FLOOD, 0.0), "rubbish"),
    "hang-up": (lambda connection: None, "unreachable"),
    "half an answer": (_page("200 OK", _JSON, "{", length=1000), "unreachable"),
    "no HTTP": (_send("SSH-2.0-OpenSSH_9.2\r\n"), "unreachable"),
    "a page of a proxy": (_page("502 Bad Gateway", "text/html", "<html>" * 99), "failed"),
    "a page instead": (_page("200 OK", "text/html", "<html>Welcome</html>"), "rubbish"),
    "a login page": (_send("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"), "rubbish"),
    "no JSON": (_page("200 OK", _JSON, "{'resource_providers': []}"), "rubbish"),
    "deep JSON": (_page("200 OK", _JSON, "[" * 200_000), "rubbish"),
    "another shape": (_page("200 OK", _JSON, '{"resource_providers": {"a": 1}}'), "rubbish"),
    "a list": (_page("200 OK", _JSON, "[1]"), "rubbish"),
    "other types": (
        _page("200 OK", _JSON, '{"resource_providers": [{"uuid": 1, "name": null}]}'),
        "rubbish",
    ),
    "no content": (_page("200 OK", _JSON, ""), "rubbish"),
    "forbidden": (_page("403 Forbidden", _JSON, '{"errors": [{"detail": "no role"}]}'), "refused"),
    "odd errors": (_page("500 Oops", _JSON, '{"errors": "none"}'), "failed"),
    "too old": (_page("406 Not Acceptable", _JSON, "{}"), "too_old"),
}
"""What a server does by name, and as which kind of trouble a caller must tell it."""


@contextmanager
def serve(answer: Answer) -> Iterator[str]:
    """The URL of a server that answers every request so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        _start(_accept, listener, answer)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


class Front:
    """Stands before a sound server; while it has an ``answer``, that is what callers get."""

    def __init__(self, listener: socket.socket, target: tuple[str, int]) -> None:
        self.answer: Answer | None = None
        self._listener = listener
        self._target = target
        self._open: list[socket.socket] = []

    def turn(self, answer: Answer | None) -> None:
        """Answer so from now on, also those who are connected already; None: as the server does."""
        self.answer = answer
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self.answer is not None:
                _start(_answer, connection, self.answer)
                continue
            server = socket.create_connection(self._target)
            self._open += [connection, server]
            _start(_relay, connection, server)
            _start(_relay, server, connection)


def _relay(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def _start(target: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=target, args=arguments, daemon=True).start()


@contextmanager
def stand_before(url: str) -> Iterator[tuple[str, Front]]:
    """The URL of a front of that server, and the front."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        front = Front(listener, (parts.hostname, parts.port))
        _start(front.run)
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        yield urlunsplit(parts._replace(netloc=host)), front
        front.turn(None)


def _accept(listener: socket.socket, answer: Answer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        _start(_answer, connection, answer)


def _answer(connection: socket.socket, answer: Answer) -> None:
    with connection, suppress(OSError):
        _read_request(connection)
        answer(connection)


def _read_request(connection: socket.socket) -> None:
    """All of it: the system resets a connection that is closed with something unread."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
    left = int(length[1]) - len(body) if length else 0
    while left > 0:
        left -= len(_receive(connection))


def _receive(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise OSError("the caller has gone")
    return received
