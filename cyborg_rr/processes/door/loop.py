"""The loop that holds every connection while no worker answers it: one thread for all of them."""

from __future__ import annotations

import queue
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from oslo_log import log

from cyborg_rr.processes.door.connection import BadRequest, Connection, Phase
from cyborg_rr.processes.door.limits import MAX_PENDING_BYTES, Limits

LOG = log.getLogger(__name__)

SWEEP_SECONDS = 0.5
"""How often it is looked for connections whose time is over."""

ACCEPTED_AT_ONCE = 64

_EVENTS = {
    Phase.IDLE: selectors.EVENT_READ,
    Phase.RECEIVING: selectors.EVENT_READ,
    Phase.SKIPPING: selectors.EVENT_READ,
    Phase.LINGERING: selectors.EVENT_READ,
    Phase.SENDING: selectors.EVENT_WRITE,
}


class Loop:
    """Accepts connections, receives requests, sends what callers take slowly.

    ``hand_over`` is called with a connection that has a request, ``refuse`` with one that has
    something else, a status and a text. A connection comes back through ``take_back``.
    """

    def __init__(
        self,
        listener: socket.socket,
        limits: Limits,
        hand_over: Callable[[Connection], None],
        refuse: Callable[[Connection, int, str], None],
    ) -> None:
        self._listener = listener
        self._limits = limits
        self._most = limits.open_connections
        self._hand_over = hand_over
        self._refuse = refuse
        self._selector = selectors.DefaultSelector()
        self._waiting: set[Connection] = set()
        self._working: set[Connection] = set()
        self._returned: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._ends_at: float | None = None
        self._accepts = False

    def take_back(self, connection: Connection) -> None:
        """Wait for what comes next; called by workers."""
        self._returned.put(connection)
        self._wake()

    def end(self, deadline: float) -> None:
        """Take no new connections or requests; return from ``run`` when all are over, or then."""
        self._ends_at = deadline
        self._wake()

    def _wake(self) -> None:
        with suppress(OSError):  # it is full: it wakes already; or the loop is over
            self._waker.send(b"x")

    def run(self) -> None:
        """Serve until it has ended."""
        self._accept_more()
        while not self._is_over():
            for key, _ in self._selector.select(self._find_pause()):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._woken:
                    self._listen_to_workers()
                elif key.data in self._waiting:
                    self._serve(key.data)
            self._sweep()
        for connection in list(self._waiting):
            self._close(connection)
        self._selector.close()
        self._waker.close()
        self._woken.close()

    def _is_over(self) -> bool:
        if self._ends_at is None:
            return False
        self._refuse_more()
        for connection in [c for c in self._waiting if c.phase in (Phase.IDLE, Phase.LINGERING)]:
            self._close(connection)
        is_empty = not self._waiting and not self._working
        return is_empty or time.monotonic() >= self._ends_at

    def _find_pause(self) -> float | None:
        return SWEEP_SECONDS if self._waiting or self._ends_at is not None else None

    # New connections

    def _accept_more(self) -> None:
        if not self._accepts and self._ends_at is None:
            self._selector.register(self._listener, selectors.EVENT_READ)
            self._accepts = True

    def _refuse_more(self) -> None:
        if self._accepts:
            self._selector.unregister(self._listener)
            self._accepts = False
        if self._ends_at is not None:
            self._listener.close()

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if not self._make_room():
                self._refuse_more()
                return
            try:
                sock, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                LOG.warning("A connection cannot be accepted: %s", error)
                self._close_longest()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._wait(Connection(sock, address, self._limits))

    def _make_room(self) -> bool:
        """Whether one more connection can be had; who has waited longest goes for it."""
        if len(self._waiting) + len(self._working) < self._most:
            return True
        return self._close_longest()

    def _close_longest(self) -> bool:
        if not self._waiting:
            return False
        self._close(min(self._waiting, key=lambda connection: connection.since))
        return True

    # Connections that wait

    def _wait(self, connection: Connection) -> None:
        self._waiting.add(connection)
        self._selector.register(connection.socket, _EVENTS[connection.phase], connection)

    def _serve(self, connection: Connection) -> None:
        before = connection.phase
        try:
            if before is Phase.SENDING:
                connection.send()
                connection.advance()
            else:
                connection.receive()
        except BadRequest as error:
            self._drop(connection, error)
        except OSError as error:
            LOG.debug("A caller has gone: %s", error)
            self._close(connection)
        except Exception:
            LOG.exception("A connection is given up: what came on it cannot be dealt with")
            self._close(connection)
        self._settle(connection, before)

    def _settle(self, connection: Connection, before: Phase) -> None:
        """Put a connection where its phase belongs."""
        if connection not in self._waiting:
            return
        after = connection.phase
        if after is Phase.CLOSED:
            self._close(connection)  # it left the socket where it is looked for
        elif after is Phase.READY:
            self._selector.unregister(connection.socket)
            self._waiting.discard(connection)
            self._working.add(connection)
            self._hand_over(connection)
        elif _EVENTS[after] != _EVENTS[before]:
            self._selector.modify(connection.socket, _EVENTS[after], connection)

    def _drop(self, connection: Connection, error: BadRequest) -> None:
        """Tell why, where nothing was told yet."""
        if connection.phase is not Phase.RECEIVING:
            self._close(connection)
            return
        try:
            self._refuse(connection, error.status, str(error))
        except Exception as failure:  # noqa: BLE001  # the loop serves all others too
            LOG.debug("A caller cannot be told what was wrong: %s", failure)
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        self._waiting.discard(connection)
        with suppress(KeyError, ValueError):
            self._selector.unregister(connection.socket)
        connection.close()
        if self._ends_at is None:
            self._accept_more()

    # What comes from workers

    def _listen_to_workers(self) -> None:
        with suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass
        while True:
            try:
                connection = self._returned.get_nowait()
            except queue.Empty:
                break
            self._working.discard(connection)
            self._resume(connection)
        if self._ends_at is None:
            self._accept_more()

    def _resume(self, connection: Connection) -> None:
        before = connection.phase
        if before is Phase.CLOSED:
            return
        self._wait(connection)
        try:
            connection.advance()
        except BadRequest as error:
            self._drop(connection, error)
        self._settle(connection, before)
        self._hold_pending()

    def _hold_pending(self) -> None:
        """Keep answers that nobody takes within bounds: the oldest goes first."""
        sending = [c for c in self._waiting if c.phase is Phase.SENDING]
        if sum(c.pending_bytes for c in sending) > MAX_PENDING_BYTES:
            self._close(min(sending, key=lambda connection: connection.since))

    def _sweep(self) -> None:
        now = time.monotonic()
        for connection in [c for c in self._waiting if c.deadline < now]:
            before = connection.phase
            if before is Phase.RECEIVING:
                self._drop(connection, BadRequest(408, "the request did not come in time"))
                self._settle(connection, before)
            else:
                self._close(connection)


def listen(host: str, port: int, backlog: int) -> socket.socket:
    """A socket that listens there; ``OSError`` when it cannot."""
    found: list[Any] = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(backlog)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
