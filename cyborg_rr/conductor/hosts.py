"""Who may speak for a host, and what operators do with hosts: adopting and removing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from oslo_log import log

from cyborg_rr.conductor.deadline import check_time
from cyborg_rr.conductor.publishing.publishers import Publisher, tell_all
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import hosts, operating
from cyborg_rr.db.retry import retry_on_deadlock, retry_on_race
from cyborg_rr.domain.errors import HostRefused
from cyborg_rr.domain.hardware.hosts import (
    KnownHost,
    Refused,
    Speaker,
    StoredHost,
    find_refusal,
)
from cyborg_rr.domain.requests import Mandate

LOG = log.getLogger(__name__)


def admit(database: Database, speaker: Speaker) -> KnownHost | None:
    """The host that the speaker speaks for, under its present name; None for one that is new.

    One query, and a write only where the speaker says something new of itself. ``HostRefused``
    where it is another machine.
    """
    with database.reading() as session:
        by_name, by_id = hosts.find_hosts(session, speaker)
    refused = find_refusal(speaker, by_name, by_id)
    known = by_id or by_name
    if refused is None and known is not None and not known.is_as(speaker):
        refused = _take(database, speaker)
    if refused is not None:
        turn_away(database, refused)
    return known


@retry_on_race
def _take(database: Database, speaker: Speaker) -> Refused | None:
    with database.writing() as session:
        return hosts.take_host(session, speaker)


def turn_away(database: Database, refused: Refused) -> NoReturn:
    """Note the refusal where operators see it, then ``HostRefused``.

    It comes again with every report of that agent; the log has it when it is a new one.
    """
    if _note(database, refused):
        LOG.warning("Refused: %s", refused.reason)
    raise HostRefused(refused.reason)


@retry_on_deadlock
def _note(database: Database, refused: Refused) -> bool:
    with database.writing() as session:
        return hosts.note_refusal(session, refused)


class Hosts:
    """What operators do with hosts."""

    def __init__(self, database: Database, publishers: Sequence[Publisher]) -> None:
        self._database = database
        self._publishers = publishers

    def list_hosts(self) -> list[StoredHost]:
        """All hosts, by name."""
        with self._database.reading() as session:
            return hosts.list_hosts(session)

    def get_host(self, name: str) -> StoredHost:
        """One host; ``NotFound`` when there is none."""
        with self._database.reading() as session:
            return hosts.get_host(session, name)

    def remove(self, name: str, mandate: Mandate, *, is_gone: bool = False) -> None:
        """Forget a host with all that it had; it comes back when its agent reports again.

        ``NotFound`` when there is none, ``Conflict`` while anything of it is in use or not clean.
        A machine that ``is_gone`` for ever will neither release nor clean anything: then only what
        a request holds is in the way. Should it come back, it tells what it has not cleaned.
        """
        self._remove(name, mandate, is_gone)
        tell_all(self._publishers, name)

    @retry_on_race
    def _remove(self, name: str, mandate: Mandate, is_gone: bool) -> None:
        with self._database.writing() as session:
            operating.delete_host(session, name, is_gone=is_gone)
            check_time(mandate)

    @retry_on_race
    def adopt(self, name: str, host_id: str) -> None:
        """Let the machine with that id be the host from now on, whatever it holds.

        ``NotFound`` when there is no such host, ``Conflict`` when another has the id.
        """
        with self._database.writing() as session:
            operating.adopt_host(session, name, host_id)
        tell_all(self._publishers, name)
