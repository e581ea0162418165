"""Who may speak for a host, and what operators do with hosts: adopting and removing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from oslo_log import log

from cyborg_rr.conductor.liveness.deadline import check_time
from cyborg_rr.conductor.liveness.heard import Liveness
from cyborg_rr.conductor.liveness.watch import mark_found
from cyborg_rr.conductor.publishing.publishers import Publisher, tell_all
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import hosts, operating, standing
from cyborg_rr.db.hardware.standing import Hold, Standing
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


MISSED_SHARE = 1.2
"""Intervals of its agent within which a host must have spoken to count as spoken for."""

FIRST_INTERVAL_SECONDS = 60
"""The interval of an agent of a release that does not say it: the default of its option."""


def admit(
    database: Database, speaker: Speaker, liveness: Liveness
) -> tuple[KnownHost | None, Sequence[Hold]]:
    """The host that the speaker speaks for, under its present name; None for one that is new.

    With it come its handles that are not free. One query, and a write only where the speaker says
    something new of itself. ``HostRefused`` where it is another machine, or a second agent.
    """
    found = _look(database, speaker)
    known = found.by_id or found.by_name
    is_alive = known is not None and is_spoken_for(known, liveness)
    refused = find_refusal(speaker, found.by_name, found.by_id, is_alive=is_alive)
    if refused is None and known is not None and not known.is_as(speaker):
        refused = _take(database, speaker, liveness)
        found = _look(database, speaker)
    if refused is not None:
        turn_away(database, refused)
    if known is not None and known.is_lost:
        mark_found(database, [speaker.hostname])
    return known, found.holds


def _look(database: Database, speaker: Speaker) -> Standing:
    with database.looking() as connection:
        return standing.load_standing(connection, speaker)


def is_spoken_for(known: KnownHost, liveness: Liveness) -> bool:
    """Whether the host has spoken within the interval of its agent."""
    silence = liveness.find_silence(known.name)
    interval = FIRST_INTERVAL_SECONDS if known.word is None else known.word.report_interval
    return silence is not None and silence < MISSED_SHARE * interval


@retry_on_race
def _take(database: Database, speaker: Speaker, liveness: Liveness) -> Refused | None:
    with database.writing() as session:
        return standing.take_host(session, speaker, lambda known: is_spoken_for(known, liveness))


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
        return standing.note_refusal(session, refused)


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
