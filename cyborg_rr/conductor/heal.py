"""Finding what a crash left behind and bringing it to a safe state."""

from __future__ import annotations

from datetime import timedelta

from oslo_log import log

from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.db import leases, requests
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import handles
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.printing import name_count

LOG = log.getLogger(__name__)


class Healer:
    """Undoes interrupted binds and drives releases and cleans to their end."""

    def __init__(
        self,
        database: Database,
        unbinder: Unbinder,
        releaser: Releaser,
        conductor: str,
        bind_timeout_seconds: float,
    ) -> None:
        self._database = database
        self._unbinder = unbinder
        self._releaser = releaser
        self._conductor = conductor
        self._bind_timeout = timedelta(seconds=bind_timeout_seconds)
        self._started_at = utc_now()

    def heal_own(self) -> None:
        """At start: what this conductor began before it died will never be finished."""
        with self._database.reading() as session:
            stuck = requests.list_stuck_binds(
                session, conductors=[self._conductor], started_before=self._started_at
            )
        self._undo(stuck, "the conductor stopped while it was bound")

    def take_over(self) -> None:
        """Often: binds of conductors whose leases have expired are nobody's any more."""
        with self._database.reading() as session:
            found = leases.list_conductors(session)
            ended = [name for name, lease in found.items() if not lease.is_alive]
            stuck = requests.list_stuck_binds(session, conductors=ended) if ended else []
        self._undo(stuck, "the conductor that was binding it has ended")

    def heal(self) -> None:
        """Once per interval: late binds, ownerless handles, open releases and cleans.

        What is late by this machine's clock may not be by that of another conductor, which looks
        after its own binds for as long as it lives.
        """
        with self._database.reading() as session:
            found = leases.list_conductors(session)
            others = [name for name in found if name != self._conductor and found[name].is_alive]
            stuck = requests.list_stuck_binds(
                session, spared=others, started_before=utc_now() - self._bind_timeout
            )
        self._undo(stuck, f"not bound within {self._bind_timeout.total_seconds():.0f} s")
        ownerless = self._release_ownerless()
        self._forget_conductors()
        if ownerless:
            LOG.warning("%s had no accelerator request", name_count(ownerless, "attach handle"))
        with self._database.reading() as session:
            leaving = handles.list_leaving(session)
        self._releaser.drive(leaving)

    @retry_on_deadlock
    def _release_ownerless(self) -> int:
        with self._database.writing() as session:
            return handles.release_ownerless(session)

    @retry_on_deadlock
    def _forget_conductors(self) -> None:
        with self._database.writing() as session:
            leases.forget_conductors(session)

    def _undo(self, stuck: list[tuple[str, str]], reason: str) -> None:
        for arq, _binding in stuck:
            LOG.warning("The bind of accelerator request %s is undone: %s", arq, reason)
        if stuck:
            self._unbinder.undo(stuck, reason)
