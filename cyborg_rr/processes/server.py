"""A threaded server of its own for the API, where no WSGI server hosts it."""

from __future__ import annotations

import math
import threading

from cheroot import wsgi

from cyborg_rr.api.request.caller import Wsgi
from cyborg_rr.domain.errors import InvalidInput


class ApiServer:
    """Listens from the beginning, serves from its start to its stop.

    ``backlog`` is how many connections the system keeps while all threads are busy;
    ``max_header_bytes`` limits the request line with its headers (0: no limit);
    ``shutdown_seconds`` is how long ``stop`` waits for requests in progress. The defaults are those
    of the server's library. ``InvalidInput`` when the address cannot be listened on.
    """

    def __init__(
        self,
        app: Wsgi,
        host: str,
        port: int,
        *,
        name: str,
        threads: int,
        backlog: int = 5,
        max_header_bytes: int = 0,
        shutdown_seconds: float = 5,
    ) -> None:
        self.host = host
        self._server = wsgi.Server(
            (host, port),
            app,
            numthreads=threads,
            server_name=name,
            request_queue_size=backlog,
            shutdown_timeout=math.ceil(shutdown_seconds),
        )
        self._server.max_request_header_size = max_header_bytes
        try:
            self._server.prepare()
        except OSError as error:
            raise InvalidInput(f"cannot listen on {host}:{port}: {error}") from error
        self._thread = threading.Thread(target=self._server.serve, name="api", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens, also when any free port was asked for."""
        port: int = self._server.bind_addr[1]
        return port

    def start(self) -> None:
        """Answer requests."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests in progress and stop."""
        self._server.stop()
        self._thread.join()
