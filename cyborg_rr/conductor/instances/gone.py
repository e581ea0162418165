"""Taking back what instances have that are gone, or shelved and on no host: nobody else will.

Nova deletes or offloads an instance though it could not delete the accelerator requests of it: its
call failed, or it had no user's token for one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from oslo_db import exception as db_exception
from oslo_log import log

from cyborg_rr.conductor.publishing.outage import Outage
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.instances import holders
from cyborg_rr.domain.printing import name_count
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.outside.calling import OutsideTrouble
from cyborg_rr.outside.nova.client import Need, NovaClient

LOG = log.getLogger(__name__)

LOOKS_PER_ROUND = 100
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ReclaimPace:
    """Seconds between rounds, and for how long an instance must not have been there."""

    interval_seconds: float = 300.0
    grace_seconds: float = 600.0


class Reclaimer:
    """Asks Nova for some instances in each round, and remembers which were not there.

    What it remembers is lost with it, which costs another grace and nothing else. ``may_look``
    says whether this conductor is the one that asks now.
    """

    def __init__(
        self,
        database: Database,
        client: NovaClient,
        unbinder: Unbinder,
        pace: ReclaimPace = ReclaimPace(),
        may_look: Callable[[], bool] = lambda: True,
    ) -> None:
        self._database = database
        self._client = client
        self._unbinder = unbinder
        self._pace = pace
        self._may_look = may_look
        self._last = ""
        self._missing_since: dict[str, float] = {}
        self._outage = Outage()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="nova-gone", daemon=True)

    def start(self) -> None:
        """Look from time to time."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)

    def look(self) -> None:
        """One round: ask again for what was not there, then for the next instances.

        ``OutsideTrouble`` ends it, and nothing is taken back on the word of such a Nova. While
        another conductor asks, what this one saw earlier is forgotten: it may be long ago.
        """
        if not self._may_look():
            self._missing_since.clear()
            return
        self._client.check_sees_all()
        self._forget_unbound()
        due = time.monotonic() - self._pace.grace_seconds
        again = [one for one, since in self._missing_since.items() if since <= due]
        for instance in again[:LOOKS_PER_ROUND]:
            self._reclaim(instance)
        for instance in self._list_next(max(LOOKS_PER_ROUND - len(again), 1)):
            is_new = instance not in self._missing_since
            if is_new and self._client.find_need(instance) is not Need.HAS:
                self._missing_since[instance] = time.monotonic()

    def _reclaim(self, instance: str) -> None:
        """Delete what it had before Nova was asked; what it is given meanwhile is not leaked."""
        with self._database.reading() as session:
            leaked = holders.list_requests_of(session, instance)
        need = self._client.find_need(instance)
        del self._missing_since[instance]
        if need is Need.HAS:
            return
        self._unbinder.delete_of_instance(instance, Mandate(), leaked)
        LOG.warning(
            "Instance %s loses %s, for %.0f s or more: %s",
            instance,
            name_count(len(leaked), "accelerator request"),
            self._pace.grace_seconds,
            need,
        )

    def _list_next(self, limit: int) -> list[str]:
        """The instances after those of the last round; after the last one the first again."""
        before = utc_now() - timedelta(seconds=self._pace.grace_seconds)
        with self._database.reading() as session:
            found = holders.list_instances(session, before, self._last, limit)
        self._last = found[-1] if len(found) == limit else ""
        return found

    def _forget_unbound(self) -> None:
        with self._database.reading() as session:
            holding = holders.list_holding(session, self._missing_since)
        self._missing_since = {
            one: since for one, since in self._missing_since.items() if one in holding
        }

    def _work(self) -> None:
        while not self._stopping.wait(self._pace.interval_seconds):
            try:
                self.look()
                if self._outage.end():
                    LOG.info("Nova says again which instances there are")
            except (OutsideTrouble, db_exception.DBError) as trouble:
                if self._outage.is_news(trouble):
                    LOG.warning("Nothing leaked is taken back now: %s", trouble)
            except Exception:
                LOG.exception("Looking for leaked accelerator requests failed; it is done again")
