"""A server of its own for the API, where no WSGI server hosts it."""

from __future__ import annotations

import threading
import time

from oslo_log import log

from cyborg_rr.api.request.caller import Wsgi
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.processes.door.connection import Connection
from cyborg_rr.processes.door.exchange import Exchange, Streams, decode_path
from cyborg_rr.processes.door.lanes import Lane
from cyborg_rr.processes.door.limits import Limits
from cyborg_rr.processes.door.loop import Loop, listen

LOG = log.getLogger(__name__)


class ApiServer:
    """Listens from the beginning, serves from its start to its stop.

    ``InvalidInput`` when the address cannot be listened on.
    """

    def __init__(self, app: Wsgi, host: str, port: int, *, name: str, limits: Limits) -> None:
        self.host = host
        self._limits = limits
        try:
            listener = listen(host, port, limits.backlog)
        except OSError as error:
            raise InvalidInput(f"cannot listen on {host}:{port}: {error}") from error
        self.port: int = listener.getsockname()[1]
        """Where it listens, also when any free port was asked for."""
        self._exchange = Exchange(app, (host, self.port, name), Streams(limits.streams))
        self._loop = Loop(listener, limits, self._hand_over, self._exchange.refuse)
        self._lane = Lane("api", limits.threads, self._answer)
        self._aside = Lane("api-aside", 1, self._answer)
        self._thread = threading.Thread(target=self._loop.run, name="api-loop", daemon=True)

    def start(self) -> None:
        """Answer requests."""
        self._lane.start()
        self._aside.start()
        self._thread.start()

    def _hand_over(self, connection: Connection) -> None:
        path = decode_path(connection.get_request().target.partition(b"?")[0])
        is_aside = path.removesuffix("/") in self._limits.aside
        (self._aside if is_aside else self._lane).put(connection)

    def _answer(self, connection: Connection) -> None:
        try:
            self._exchange.answer(connection)
        except Exception as error:  # noqa: BLE001  # a worker outlives what one caller does
            LOG.debug("A caller cannot be answered: %s", error)
            connection.close()
        self._loop.take_back(connection)

    def stop(self) -> None:
        """Take no more, finish the requests in progress within the limit, and stop."""
        deadline = time.monotonic() + self._limits.drain_seconds
        self._exchange.end()
        self._loop.end(deadline)
        self._thread.join()
        self._lane.stop(deadline)
        self._aside.stop(deadline)
