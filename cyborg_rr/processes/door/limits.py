"""What a server allows those who connect."""

from __future__ import annotations

import resource
from collections.abc import Collection
from dataclasses import dataclass

MAX_HEADER_BYTES = 64 * 1024
"""Longest request line with its headers; a list of 1000 uuids in a query fits."""

MAX_HEADER_LINES = 100
"""As many as Apache and gunicorn allow by default."""

RECEIVED_BYTES = 64 * 1024
"""What is read from a connection at a time."""

EAGER_BODY_BYTES = 64 * 1024
"""Bodies up to here are received before a worker is given the request."""

SKIPPED_BODY_BYTES = 16 * 1024**2
"""So much of a body that nobody wanted is read away to keep a connection; beyond that it ends."""

LINGER_BYTES = 256 * 1024**2
LINGER_SECONDS = 30.0
"""What is taken from a caller who is still sending when the connection ends, so that the answer is
not lost to a reset (RFC 9112, section 9.6)."""

MAX_PENDING_BYTES = 128 * 1024**2
"""Answers that may wait, all together, for callers who do not read them."""

GRACE_SECONDS = 30.0
FLOOR_BYTES_PER_SECOND = 16 * 1024
"""How slow a caller may be: this long, and then at least this fast in the mean."""

OTHER_FILES = 256
"""Files that a process may need beside its connections: database, bus, spooled models."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator and the wiring decide.

    ``threads`` answer requests, at most ``most_waiting`` of them such as change something and may
    wait for others meanwhile; all but one of those may wait for the rest of long bodies. One more
    thread answers the paths in ``aside`` and nothing else. A request must be there, but for a long
    body, ``request_seconds`` after it began; a connection without one is closed after
    ``idle_seconds``. ``drain_seconds`` is what requests in progress may take when the server ends.
    """

    threads: int
    most_waiting: int
    aside: Collection[str] = ()
    connections: int = 1000
    backlog: int = 128
    header_bytes: int = MAX_HEADER_BYTES
    request_seconds: float = 30.0
    idle_seconds: float = 75.0
    drain_seconds: float = 5.0

    @property
    def most_streams(self) -> int:
        """How many bodies may be waited for at a time."""
        return max(1, self.most_waiting - 1)

    @property
    def open_connections(self) -> int:
        """Connections at a time, as far as the system lets this process have them."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return self.connections
        return max(min(self.connections, soft - OTHER_FILES), 16)


def allowed_seconds(count: int) -> float:
    """How long so many bytes may take, at the slowest."""
    return GRACE_SECONDS + count / FLOOR_BYTES_PER_SECOND
