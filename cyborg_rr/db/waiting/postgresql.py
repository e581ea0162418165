"""Waiting for PostgreSQL within a bound, which psycopg2 does not do by itself.

What libpq has (tcp_user_timeout, keepalives) is about packets: a server, or a proxy before it,
whose machine confirms them and which answers nothing is waited for without end.
"""

from __future__ import annotations

import functools
import math
import select
import time
from typing import Any

BOUND = "tcp_user_timeout"
"""The parameter of a connection that says, in milliseconds, how long its server is waited for."""


def wait_within_bounds() -> None:
    """Have every connection of this process that states the bound keep to it, in all it does."""
    import psycopg2.extensions

    psycopg2.extensions.set_wait_callback(_wait)


def _wait(connection: Any) -> None:
    """Until the connection is done with what it does; psycopg2 closes one that raises here.

    See "Support for coroutine libraries" in psycopg2's documentation.
    """
    from psycopg2 import OperationalError
    from psycopg2.extensions import POLL_OK, POLL_READ

    bound_ms = _find_bound_ms(connection.dsn)
    deadline = time.monotonic() + bound_ms / 1000
    while (state := connection.poll()) != POLL_OK:
        poller = select.poll()
        poller.register(
            connection.fileno(), select.POLLIN if state == POLL_READ else select.POLLOUT
        )
        left_ms = max(0.0, deadline - time.monotonic()) * 1000
        if not poller.poll(None if math.isinf(left_ms) else left_ms):
            raise OperationalError(f"the server did not answer within {bound_ms / 1000:g} s")


@functools.lru_cache(maxsize=64)
def _find_bound_ms(dsn: str) -> float:
    """Of the text by which libpq knows the connection; infinite for no bound."""
    from psycopg2.extensions import parse_dsn

    return float(parse_dsn(dsn).get(BOUND, 0)) or math.inf
