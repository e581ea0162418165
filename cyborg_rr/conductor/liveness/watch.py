"""Finding hosts that have fallen silent; only that a host is lost, or found again, is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from oslo_log import log

from cyborg_rr.conductor.liveness.gossip import Gossip
from cyborg_rr.conductor.liveness.heard import Liveness
from cyborg_rr.conductor.liveness.membership import Membership
from cyborg_rr.conductor.publishing.publishers import Publisher, tell_all
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import standing
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import AgentUnavailable

LOG = log.getLogger(__name__)

MISSED_REPORTS = 3
"""Reports that a host may miss, whatever else is configured, before it is lost."""

LOOKS = 6
"""Looks in the time after which a host is lost."""

PROBES = 8
"""Calls to find a conductor that tells nothing, for each that there may be: they take turns, though
not strictly, while others call too."""

MAX_NAMES = 500
"""Hosts in one statement."""


class Watch:
    """Declares hosts lost that nobody has heard for ``lost_after_seconds``; with 0 none ever is."""

    def __init__(
        self,
        database: Database,
        liveness: Liveness,
        gossip: Gossip,
        membership: Membership,
        publishers: Sequence[Publisher],
        lost_after_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        has_silent_conductor: Callable[[int], bool] = lambda _times: False,
    ) -> None:
        self._database = database
        self._liveness = liveness
        self._gossip = gossip
        self._membership = membership
        self._publishers = publishers
        self._lost_after = lost_after_seconds
        self._clock = clock
        self._has_silent_conductor = has_silent_conductor
        self._looked_at = float("-inf")
        self._missing: str | None = None
        self._lost: set[str] = set()
        self._older_seen_at = float("-inf")

    def look(self) -> None:
        """Look, if it is time again, and write down who is lost and who was found again."""
        if not self._lost_after or self._clock() - self._looked_at < self._lost_after / LOOKS:
            return
        self._looked_at = self._clock()
        since = self._gossip.find_listening_since()
        if since is None:
            LOG.warning("This conductor does not hear itself on the bus; it declares no host lost")
            return
        with self._database.reading() as session:
            peers = self._membership.list_peers(session)
            voices = standing.list_voices(session)
        self._liveness.forget_others({voice.name for voice in voices})
        if not self._hears_all(peers):
            return
        self._take_in(voices)
        waited = self._clock() - max(since, self._older_seen_at)
        silent = []
        found = []
        for voice in voices:
            silence = self._liveness.find_silence(voice.name)
            limit = max(self._lost_after, MISSED_REPORTS * (voice.report_interval or 0))
            is_silent = min(waited, waited if silence is None else silence) > limit
            if is_silent and not voice.is_lost:
                silent.append(voice.name)
            elif voice.is_lost and silence is not None and silence <= limit:
                found.append(voice.name)
        if silent and self._may_be_heard_by_older(len(peers)):
            silent = []
        self._write(silent, found)

    def _take_in(self, voices: Sequence[standing.Voice]) -> None:
        """Count from now whoever was lost at the look before and is not: another has heard it.

        That one's word may be on its way still; without this the host would be lost a second time.
        """
        lost = {voice.name for voice in voices if voice.is_lost}
        found = self._lost & {voice.name for voice in voices} - lost
        self._liveness.hear_of(dict.fromkeys(found, 0.0))
        self._lost = lost

    def _may_be_heard_by_older(self, peers: int) -> bool:
        """Whether a conductor of the first release is there, which keeps to itself whom it hears.

        It has no lease either; it is known by what it cannot answer.
        """
        try:
            is_there = self._has_silent_conductor(PROBES * (peers + 2))
        except AgentUnavailable as error:
            LOG.warning("No host is declared lost, for it is not known who hears them: %s", error)
            return True
        if is_there:
            self._older_seen_at = self._clock()  # what it heard until now is not known
            LOG.warning("A conductor of release 0.0.1 is there; no host is declared lost")
        return is_there

    def _hears_all(self, peers: Sequence[str]) -> bool:
        """Whether all other conductors tell whom they hear; what one keeps may be a host's word."""
        missing = next((name for name in peers if not self._gossip.is_heard(name)), None)
        if missing is not None and missing != self._missing:
            LOG.warning("Conductor %s is not heard on the bus; no host is declared lost", missing)
        self._missing = missing
        return missing is None

    def _write(self, silent: Sequence[str], found: Sequence[str]) -> None:
        reason = f"not heard for more than {self._lost_after:g} s, or {MISSED_REPORTS} reports"
        for start in range(0, len(silent), MAX_NAMES):
            names = self._mark_lost(silent[start : start + MAX_NAMES], reason)
            self._lost.update(names)
            for name in names:
                LOG.warning("Host %s is lost: %s", name, reason)
            self._tell(names)
        for start in range(0, len(found), MAX_NAMES):
            self._tell(mark_found(self._database, found[start : start + MAX_NAMES]))

    @retry_on_deadlock
    def _mark_lost(self, names: Sequence[str], reason: str) -> list[str]:
        """Those that were not lost before; none if this conductor is no longer what it was."""
        with self._database.writing() as session:
            if not self._membership.guard(session):
                return []
            return standing.mark_lost(session, names, reason)

    def _tell(self, names: Sequence[str]) -> None:
        for name in names:
            tell_all(self._publishers, name)


@retry_on_deadlock
def mark_found(database: Database, names: Sequence[str]) -> list[str]:
    """Hosts that speak again; returns those that were lost."""
    with database.writing() as session:
        found = standing.mark_found(session, names)
    for name in found:
        LOG.info("Host %s is heard again", name)
    return found
