"""Letting go of attach handles: the host lets go, cleans, and only then the handle is free."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from oslo_log import log

from cyborg_rr.conductor.agents import Agents
from cyborg_rr.conductor.checks import check_cleanings
from cyborg_rr.conductor.liveness.background import Background
from cyborg_rr.conductor.liveness.deadline import check_time
from cyborg_rr.conductor.publishing.publishers import Publisher, tell_all
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import cleaning
from cyborg_rr.db.hardware.handles import HostClaim, group_by_host
from cyborg_rr.db.hardware.standing import Hold
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.hardware.life import Cleanings, CleanState, Leaving, find_news
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.printing import name_count
from cyborg_rr.domain.requests import Claim, Mandate

LOG = log.getLogger(__name__)

RELEASE_SECONDS = 1.0
"""How long a request waits until its hosts have let go; the database has it by then."""

MAX_CONCURRENT_HOSTS = 8
"""Hosts that are asked at a time; those that do not answer must not keep the others waiting."""


class Cleaning:
    """Keeps the states of handles equal to what their hosts say of them."""

    def __init__(self, database: Database, publishers: Sequence[Publisher] = ()) -> None:
        self._database = database
        self._publishers = publishers

    def take(self, hostname: str, answer: Cleanings, asked: Collection[str]) -> None:
        """Store what a host answered when it was asked to let go of handles or to clean them.

        What it says of others than it was asked about is left out: they may be another host's.
        """
        told = Cleanings(
            tuple(item for item in answer.unclean if item.binding_id in asked),
            tuple(item for item in answer.cleaned if item.binding_id in asked),
        )
        self._store(told)
        self._log(hostname, told)
        if told.unclean or told.cleaned:
            tell_all(self._publishers, hostname)

    def synchronise(
        self, hostname: str, told: Cleanings, leaving: Iterable[Hold], mandate: Mandate
    ) -> None:
        """Store what is news of all that a host says; nothing is written where nothing is.

        What is said under a binding that the database does not know takes the handle out of use.
        After the mandate's deadline nothing is stored: a later word may have come first.
        """
        known = {hold.binding_id: Leaving(hold.state, hold.reason_code) for hold in leaving}
        news = find_news(told, known)
        if news == Cleanings():
            return
        self._store_news(hostname, news, known, mandate)
        self._log(hostname, news)
        tell_all(self._publishers, hostname)

    @retry_on_deadlock
    def _store(self, told: Cleanings) -> None:
        with self._database.writing() as session:
            cleaning.store_cleanings(session, told)

    @retry_on_deadlock
    def _store_news(
        self, hostname: str, news: Cleanings, known: Mapping[str, Leaving], mandate: Mandate
    ) -> None:
        unknown = [item for item in news.unclean if item.binding_id not in known]
        told_of = {item.binding_id for item in news.unclean}
        told_of |= {item.binding_id for item in news.cleaned}
        back = [one for one in told_of if one in known and known[one].waits_for_device]
        with self._database.writing() as session:
            if back:
                cleaning.follow_again(session, back)
            own = (item for item in news.unclean if item.binding_id in known)
            cleaning.store_cleanings(session, Cleanings(tuple(own), news.cleaned))
            cleaning.adopt_unclean(session, hostname, unknown)
            check_time(mandate)

    def _log(self, hostname: str, told: Cleanings) -> None:
        for item in told.unclean:
            if item.state is CleanState.QUARANTINED:
                LOG.warning(
                    "%s on %s was not cleaned and is quarantined: %s (%s)",
                    item.deployable_name,
                    hostname,
                    item.trouble.text,
                    item.trouble.code,
                )


_Ask = Callable[[AgentPlace, Sequence[Claim]], Cleanings | None]


class Releaser:
    """Asks hosts to release handles that the database marks as releasing, and to clean them.

    With a ``background`` whoever releases waits for the hosts a moment only. A lost host is asked
    nothing: what it must let go of it is told when it speaks again.
    """

    def __init__(
        self,
        database: Database,
        agents: Agents,
        publishers: Sequence[Publisher] = (),
        background: Background | None = None,
        wait_seconds: float = RELEASE_SECONDS,
    ) -> None:
        self._database = database
        self._agents = agents
        self._background = background
        self.wait_seconds = wait_seconds
        self._cleaning = Cleaning(database, publishers)
        self._publishers = publishers
        self._lock = threading.Lock()
        self._told_of: set[str] = set()

    def release(self, claims: Iterable[HostClaim]) -> None:
        """Release what each host lets go of; the rest stays reserved and is tried again later."""
        leaving = list(claims)
        for hostname in sorted({item.hostname for item in leaving}):
            tell_all(self._publishers, hostname)  # it is reserved before its allocation goes
        lost = [item.claim.binding_id for item in leaving if item.is_lost]
        if lost:
            note_failed_release(self._database, lost, "its host is lost, and told when it speaks")
        if self._background is None:
            self._ask_hosts(self._agents.release, leaving)
            return
        by_host = group_by_host(item for item in leaving if not item.is_lost)
        told = self._background.submit(by_host, self._release_on)
        self._background.wait_for(told, self.wait_seconds)

    def _release_on(self, place: AgentPlace, group: Sequence[HostClaim]) -> None:
        self._ask_host(self._agents.release, place, group)

    def drive(self, leaving: Iterable[HostClaim]) -> None:
        """Ask again for the release of what is releasing, and for the clean of what is dirty.

        A host answers for what it cleans already; it cleans what it does not know of, be it that
        the call of a retry never came or that its ledger was lost.
        """
        by_state = {
            HandleState.RELEASING: self._agents.release,
            HandleState.DIRTY: self._agents.clean,
        }
        items = list(leaving)
        for state, ask in by_state.items():
            self._ask_hosts(ask, [item for item in items if item.state is state])

    def _ask_hosts(self, ask: _Ask, claims: Iterable[HostClaim]) -> None:
        by_host = group_by_host(item for item in claims if not item.is_lost)
        if len(by_host) == 1:
            ((place, group),) = by_host.items()
            self._ask_host(ask, place, group)
        elif by_host:
            with ThreadPoolExecutor(min(MAX_CONCURRENT_HOSTS, len(by_host))) as pool:
                list(
                    pool.map(
                        lambda place: self._ask_host(ask, place, by_host[place]), by_host.keys()
                    )
                )

    def _ask_host(self, ask: _Ask, place: AgentPlace, group: Sequence[HostClaim]) -> None:
        asked = [item.claim.binding_id for item in group]
        try:
            told = ask(place, [item.claim for item in group])
            check_cleanings(told or Cleanings())
        except CyborgError as error:
            LOG.warning(
                "%s of %s cannot be let go of yet: %s",
                name_count(len(group), "attach handle"),
                place.hostname,
                error,
            )
            note_failed_release(self._database, asked, str(error))
            return
        if told is None:
            self._tell_of_old_agent(place.hostname)
            confirm_releases(self._database, asked)
            tell_all(self._publishers, place.hostname)
        else:
            self._cleaning.take(place.hostname, told, asked)

    def _tell_of_old_agent(self, host: str) -> None:
        with self._lock:
            is_new = host not in self._told_of
            self._told_of.add(host)
        if is_new:
            LOG.warning(
                "The agent of %s is of the first release: it cleans nothing, so that what it lets"
                " go of is free at once",
                host,
            )


@retry_on_deadlock
def note_failed_release(database: Database, binding_ids: Sequence[str], cause: str) -> None:
    """Say with the handles that are still being released why they are."""
    with database.writing() as session:
        cleaning.note_failed_release(session, binding_ids, cause)


@retry_on_deadlock
def confirm_releases(database: Database, binding_ids: Iterable[str]) -> None:
    """A host of the first release has let go of these bindings: their handles are free."""
    with database.writing() as session:
        cleaning.confirm_releases(session, binding_ids)
