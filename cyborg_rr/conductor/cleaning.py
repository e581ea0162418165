"""Taking in what hosts say of handles that they let go of: only a clean one is free again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oslo_log import log

from cyborg_rr.conductor.deadline import check_time
from cyborg_rr.conductor.publishers import Publisher, tell_all
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import cleaning
from cyborg_rr.db.hardware.handles import HostClaim
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.hardware.cleaning import Cleanings, CleanState, Leaving, find_news
from cyborg_rr.domain.requests import Mandate

LOG = log.getLogger(__name__)


class Cleaning:
    """Keeps the states of handles equal to what their hosts say of them."""

    def __init__(self, database: Database, publishers: Sequence[Publisher] = ()) -> None:
        self._database = database
        self._publishers = publishers

    def take(self, hostname: str, told: Cleanings) -> None:
        """Store what a host answered when it was asked to let go of handles or to clean them."""
        self._store(told)
        self._log(hostname, told)
        if told.unclean:
            tell_all(self._publishers, hostname)

    def synchronise(
        self, hostname: str, told: Cleanings, leaving: Iterable[HostClaim], mandate: Mandate
    ) -> None:
        """Store what is news of all that a host says; nothing is written where nothing is.

        What is said under a binding that the database does not know takes the handle out of use.
        After the mandate's deadline nothing is stored: a later word may have come first.
        """
        known = {item.claim.binding_id: Leaving(item.state, item.reason_code) for item in leaving}
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
            cleaning.store_cleanings(session, news)
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
