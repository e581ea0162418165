"""One connection: what was received of its present request, and what is still to be sent.

It belongs to the loop while it waits, and to a worker while a request is answered; never to both.
"""

from __future__ import annotations

import enum
import re
import socket
import time
from typing import Any

import h11

from cyborg_rr.processes.door.limits import (
    EAGER_BODY_BYTES,
    LINGER_BYTES,
    LINGER_SECONDS,
    MAX_HEADER_LINES,
    RECEIVED_BYTES,
    SKIPPED_BODY_BYTES,
    Limits,
    allowed_seconds,
)

_HEAD_END = re.compile(rb"\n\r?\n")
_ODD_LINE = re.compile(rb"(?<!\r)\n|\n[ \t]")
"""A line that ends without CR, or one that goes on in the next: not all servers see the same."""


class Phase(enum.Enum):
    """What a connection waits for."""

    IDLE = "the first byte of a request"
    RECEIVING = "the rest of a request"
    READY = "an answer"
    SENDING = "its caller to take the answer"
    SKIPPING = "the end of a body that nobody wants"
    LINGERING = "its caller to stop sending"
    CLOSED = "nothing"


class BadRequest(Exception):
    """What came is no request that this server answers."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Connection:
    """A socket that does not block, and HTTP/1.1 on it."""

    def __init__(self, sock: socket.socket, address: Any, limits: Limits) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.address = address
        self.phase = Phase.IDLE
        self.ends = False
        """Whether it is closed after the answer."""
        self._limits = limits
        self._protocol = h11.Connection(h11.SERVER, limits.header_bytes)
        self._out = bytearray()
        self._begin()

    def _begin(self) -> None:
        """Wait for the next request."""
        self.request: h11.Request | None = None
        self.body = bytearray()
        self.is_whole = False
        """Whether the whole request was received."""
        self._lingered = self._skipped = 0
        self._to(Phase.IDLE, self._limits.idle_seconds)

    def _to(self, phase: Phase, seconds: float) -> None:
        self.phase = phase
        self.since = time.monotonic()
        self.deadline = self.since + seconds

    # What the loop does

    def receive(self) -> None:
        """Take what has arrived; ``BadRequest`` or ``OSError`` when it can be nothing useful."""
        try:
            data = self.socket.recv(RECEIVED_BYTES)
        except BlockingIOError:
            return
        if self.phase is Phase.LINGERING:
            self._lingered += len(data)
            if not data or self._lingered > LINGER_BYTES:
                self.close()
            return
        if not data and self.phase is Phase.IDLE:
            self.close()
            return
        if self.phase is Phase.IDLE:
            self._to(Phase.RECEIVING, self._limits.request_seconds)
        self._protocol.receive_data(data)
        self.advance()

    def advance(self) -> None:
        """Read as much of the request as is there; it is ``READY`` when a worker can answer it."""
        while self._may_go_on():
            event = self._next_event()
            match event:
                case h11.Request():
                    self.request = event
                    _check_framing(event)
                    if not self._is_worth_waiting_for(event):
                        self.phase = Phase.READY
                case h11.Data():
                    self._take(bytes(event.data))
                case h11.EndOfMessage():
                    self._finish_body()
                case h11.ConnectionClosed():
                    self.close()
                case _:
                    return  # more must arrive

    def _may_go_on(self) -> bool:
        """Whether what is there may say more; a request that follows begins here."""
        if self.phase is Phase.IDLE and self._protocol.trailing_data[0]:
            self._to(Phase.RECEIVING, self._limits.request_seconds)
        return self.phase in (Phase.RECEIVING, Phase.SKIPPING)

    def _next_event(self) -> Any:
        if self.request is None:
            self._check_lines()
        try:
            return self._protocol.next_event()
        except h11.RemoteProtocolError as error:
            raise BadRequest(error.error_status_hint, str(error)) from error

    def _check_lines(self) -> None:
        """Headers cost time by their number, not by their length: there may be only so many.

        A line that other servers may read otherwise is refused (RFC 9112, 2.2 and 5.2).
        """
        head = self._protocol.trailing_data[0]
        end = _HEAD_END.search(head)
        if head.count(b"\n", 0, end.start() if end else len(head)) > MAX_HEADER_LINES:
            raise BadRequest(431, f"the request has more than {MAX_HEADER_LINES} headers")
        if end and _ODD_LINE.search(head, 0, end.end()):
            raise BadRequest(400, "a line of the request's head is folded or ends without CR")

    def _is_worth_waiting_for(self, request: h11.Request) -> bool:
        """Whether the body is received first: not where the caller waits, nor where it is long.

        Chunks are not either: tiny ones cost more to read than whoever has no token may cost.
        """
        if self._protocol.they_are_waiting_for_100_continue:
            return False
        if find_header(request, b"transfer-encoding") is not None:
            return False
        return int(find_header(request, b"content-length") or 0) <= EAGER_BODY_BYTES

    def _take(self, data: bytes) -> None:
        if self.phase is Phase.SKIPPING:
            self._skipped += len(data)
            if self._skipped > SKIPPED_BODY_BYTES:
                self._linger()
            return
        self.body += data
        if len(self.body) > EAGER_BODY_BYTES:
            self.phase = Phase.READY

    def _finish_body(self) -> None:
        if self.phase is Phase.SKIPPING:
            self._next()
        else:
            self.is_whole = True
            self.phase = Phase.READY

    # What a worker does

    def get_request(self) -> h11.Request:
        """The request that is to be answered."""
        if self.request is None:
            raise RuntimeError("the connection has no request")
        return self.request

    def take_body(self) -> bytes | None:
        """What is there of the body, b"" at its end, None where more must be waited for."""
        if self.body:
            data, self.body = bytes(self.body), bytearray()
            return data
        while not self.is_whole:
            event = self._next_event()
            match event:
                case h11.Data():
                    return bytes(event.data)
                case h11.EndOfMessage():
                    self.is_whole = True
                case h11.NEED_DATA:
                    return None
                case _:
                    raise ConnectionError("the caller has gone")
        return b""

    def await_body(self, seconds: float) -> None:
        """Wait for more of the body; ``OSError`` when none comes."""
        self.socket.settimeout(max(seconds, 0.001))
        try:
            if self._protocol.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
                self.socket.sendall(self._protocol.send(go_on) or b"")
            self._protocol.receive_data(self.socket.recv(RECEIVED_BYTES))
        finally:
            self.socket.setblocking(False)

    def answer(self, status: int, reason: str, headers: list[Any], body: bytes) -> None:
        """Have an answer sent; what the caller does not take at once, the loop sends later."""
        if self.ends or not self._can_go_on():
            headers = [*headers, ("Connection", "close")]
            self.ends = True
        response = h11.Response(status_code=status, headers=headers, reason=reason.encode())
        parts = [self._protocol.send(response)]
        if body and self._may_have_body(status):
            parts.append(self._protocol.send(h11.Data(data=body)))
        parts.append(self._protocol.send(h11.EndOfMessage()))
        self._out += b"".join(part or b"" for part in parts)
        self._to(Phase.SENDING, allowed_seconds(len(self._out)))
        self.send()

    def _may_have_body(self, status: int) -> bool:
        is_head = self.request is not None and self.request.method == b"HEAD"
        return not is_head and status not in (204, 304)

    def _can_go_on(self) -> bool:
        """Whether the connection can carry another request after this answer."""
        if self.request is None or self._protocol.their_state is h11.ERROR:
            return False
        if self.is_whole:
            return True
        length = find_header(self.request, b"content-length")
        waits = self._protocol.they_are_waiting_for_100_continue
        return length is not None and int(length) <= SKIPPED_BODY_BYTES and not waits

    # What both do

    def send(self) -> None:
        """Send what can be sent now; when that was all, go on to what follows."""
        while self._out:
            try:
                sent = self.socket.send(self._out)
            except BlockingIOError:
                return
            del self._out[:sent]
        if self.ends or self._protocol.our_state is not h11.DONE:
            self._linger()
        elif self.is_whole:
            self._next()
        else:
            self._to(Phase.SKIPPING, LINGER_SECONDS)

    def _next(self) -> None:
        if self._protocol.our_state is h11.MUST_CLOSE:
            self._linger()
            return
        try:
            self._protocol.start_next_cycle()
        except h11.LocalProtocolError:  # the caller wants no next one
            self._linger()
            return
        self._begin()

    def _linger(self) -> None:
        """End our side; what its caller still sends is read away for a while."""
        if self.is_whole and not self._protocol.trailing_data[0]:
            self.close()
            return
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()
            return
        self._to(Phase.LINGERING, LINGER_SECONDS)

    @property
    def pending_bytes(self) -> int:
        """What is still to be sent."""
        return len(self._out)

    def close(self) -> None:
        """Let go of the socket."""
        self.phase = Phase.CLOSED
        self._out = bytearray()
        self.socket.close()


def find_header(request: h11.Request, wanted: bytes) -> bytes | None:
    """The value of a header, by its name in lower case."""
    return next((bytes(value) for name, value in request.headers if name == wanted), None)


def _check_framing(request: h11.Request) -> None:
    """Refuse what two servers in a row could take for different requests (RFC 9112, 6.3)."""
    if not request.http_version.startswith(b"1."):
        raise BadRequest(505, "the version of HTTP must be 1.1 or 1.0")
    if request.method == b"CONNECT":
        raise BadRequest(400, "this is no proxy: it does not take CONNECT")
    names = [name for name, _ in request.headers]
    if b"transfer-encoding" in names and b"content-length" in names:
        raise BadRequest(400, "the request has both Content-Length and Transfer-Encoding")
    if not request.target.startswith(b"/"):
        raise BadRequest(400, "the target of the request must begin with a slash")
