"""Whether any conductor is alive: their leases say so, and where they deny it, the bus is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from oslo_db import exception as db_exception
from oslo_log import log

from cyborg_rr.db import leases
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import AgentUnavailable, NoConductor

LOG = log.getLogger(__name__)

FRESH_SECONDS = 2.0
"""One look at the leases serves all who call or wait within it."""

SILENT_SECONDS = 10.0
"""How long it counts that nobody answered on the bus; whoever takes a lease counts before."""

ANSWERED_SECONDS = 60.0
"""How long it counts that a conductor without a lease answered: its log has an error each time."""


class Attendance:
    """What this process knows of the conductors, found out by those who want to know.

    No lease at all says nothing, and leases that have ended say it of their holders only: a
    conductor of release 0.0.1 has none. So the bus has the last word, asked in the background by
    ``is_any_there``; until that is known, calls are made.
    """

    def __init__(
        self,
        database: Database,
        is_any_there: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._is_any_there = is_any_there
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._is_looking = False
        self._last_seen: datetime | None = None
        self._asked_at = float("-inf")
        self._is_asking = False
        self._is_silent = False

    def watch(self) -> Callable[[], None]:
        """``NoConductor`` where none is alive; so raises what it returns, later on."""
        self.check()
        return self.check

    def check(self) -> None:
        """``NoConductor`` where none is known to be alive."""
        if self._takes_turn():
            try:
                self._look()
            finally:
                with self._lock:
                    self._looked_at, self._is_looking = self._clock(), False
        with self._lock:
            since = self._last_seen if self._is_silent else None
        if since is not None:
            told = f"no conductor is alive; the last was seen at {since:%Y-%m-%d %H:%M:%S} UTC"
            raise NoConductor(told, since)

    def _takes_turn(self) -> bool:
        """Whether it is this caller who looks; the others go by the look before."""
        with self._lock:
            is_fresh = self._clock() - self._looked_at < FRESH_SECONDS
            if is_fresh or self._is_looking:
                return False
            self._is_looking = True
            return True

    def _look(self) -> None:
        last_seen = self._find_last_seen()
        with self._lock:
            if last_seen is None and self._is_silent:
                LOG.info("A conductor is alive again, or it is not known any more that none is")
            self._last_seen = last_seen
            if last_seen is None:
                self._is_silent, self._asked_at = False, float("-inf")
                return
            counts = SILENT_SECONDS if self._is_silent else ANSWERED_SECONDS
            if self._is_asking or self._clock() - self._asked_at < counts:
                return
            self._is_asking = True
        threading.Thread(target=self._ask, name="attendance", daemon=True).start()

    def _find_last_seen(self) -> datetime | None:
        """When the last conductor renewed its lease, if all have ended; None where one lives.

        None as well where there are no leases, or the database does not say.
        """
        try:
            with self._database.reading() as session:
                found = leases.list_conductors(session).values()
        except db_exception.DBError as error:
            LOG.warning("Whether a conductor is alive is not known: %s", error)
            return None
        if any(lease.is_alive for lease in found):
            return None
        return max((lease.renewed_at for lease in found), default=None)

    def _ask(self) -> None:
        try:
            is_silent = not self._is_any_there()
        except AgentUnavailable as error:
            LOG.warning("Conductors cannot be asked whether they are alive: %s", error)
            is_silent = False
        with self._lock:
            if is_silent and not self._is_silent:
                LOG.warning("No conductor is alive; what needs one is refused")
            self._is_asking, self._asked_at = False, self._clock()
            self._is_silent = is_silent and self._last_seen is not None
