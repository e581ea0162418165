"""A server of its own for the API, where no WSGI server hosts it."""

from __future__ import annotations

import threading
import time

from oslo_log import log

from cyborg_rr.api.request.caller import Wsgi
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.processes.door.connection import Connection
from cyborg_rr.processes.door.exchange import Exchange, Streams, decode_path
from cyborg_rr.processes.door.lanes import Lanes
from cyborg_rr.processes.door.limits import Limits
from cyborg_rr.processes.door.loop import Loop, listen

LOG = log.getLogger(__name__)

READS = (b"GET", b"HEAD", b"OPTIONS")
"""Methods that change nothing: they wait neither for a conductor nor for a body."""


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
        self._exchange = Exchange(app, (host, self.port, name), Streams(limits.most_streams))
        self._loop = Loop(listener, limits, self._hand_over, self._exchange.refuse)
        self._lanes = Lanes("api", limits.threads, self._answer, most_waiting=limits.most_waiting)
        self._aside = Lanes("api-aside", 1, self._answer)
        self._thread = threading.Thread(target=self._loop.run, name="api-loop", daemon=True)

    def start(self) -> None:
        """Answer requests."""
        self._lanes.start()
        self._aside.start()
        self._thread.start()

    def _hand_over(self, connection: Connection) -> None:
        request = connection.get_request()
        path = decode_path(request.target.partition(b"?")[0])
        if path.removesuffix("/") in self._limits.aside:
            self._aside.put(connection)
        else:
            self._lanes.put(connection, may_wait=request.method not in READS)

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
        self._lanes.stop(deadline)
        self._aside.stop(deadline)
