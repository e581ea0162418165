"""Leases of this conductor: what only one of all conductors may do at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cyborg_rr.db import leases
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.leases import CONDUCTOR, TASK, StoredLease
from cyborg_rr.db.retry import retry_on_deadlock, retry_on_race

__all__ = ["CONDUCTOR", "TASK", "Leases", "Turn"]


class Leases:
    """Takes, renews and gives back leases in the name of one run of a conductor.

    ``holder`` is of this run alone. A lease ends by the database's time, whatever became of its
    holder; a write that only the holder may do asks ``guard`` in its own transaction, since it may
    have been paused after it looked.
    """

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self.holder = holder

    @retry_on_race
    def take(
        self,
        name: str,
        seconds: float,
        about: Mapping[str, Any] | None = None,
        *,
        over: StoredLease | None = None,
    ) -> int | None:
        """Have a lease for so many seconds from now; its epoch, or None while another has it.

        Whoever has it already keeps it and its epoch.
        """
        with self._database.writing() as session:
            return leases.take_lease(session, name, self.holder, seconds, about, over=over)

    @retry_on_deadlock
    def renew(self, name: str, epoch: int, seconds: float) -> bool:
        """Whether the lease of that epoch is still ours, now for so many seconds more."""
        with self._database.writing() as session:
            return leases.renew_lease(session, name, self.holder, epoch, seconds)

    @retry_on_deadlock
    def release(self, name: str) -> None:
        """Give a lease back at once; one that is another's by now stays so."""
        with self._database.writing() as session:
            leases.release_lease(session, name, self.holder)

    def guard(self, session: Session, name: str, epoch: int) -> bool:
        """Whether the lease is ours until this transaction ends; if not, change nothing in it."""
        return leases.holds_lease(session, name, self.holder, epoch)

    def find(self, name: str) -> StoredLease | None:
        """Who has a lease, or had it last."""
        with self._database.reading() as session:
            return leases.find_lease(session, name)


@dataclass(frozen=True, slots=True)
class Turn:
    """Of a task that one conductor does for the whole cloud: whose turn it is, for so many seconds.

    Only the run that has the conductor's own name may ask, so what an earlier run of it still had
    is taken over at once: a restart makes nobody wait.
    """

    leases: Leases
    conductor: str
    task: str
    seconds: float

    def is_ours(self) -> bool:
        """Whether this conductor does the task now; if so, others do not for so many seconds."""
        name, about = f"{TASK}{self.task}", {"conductor": self.conductor}
        if self.leases.take(name, self.seconds, about) is not None:
            return True
        held = self.leases.find(name)
        if held is None or held.about != about:
            return False
        return self.leases.take(name, self.seconds, about, over=held) is not None
