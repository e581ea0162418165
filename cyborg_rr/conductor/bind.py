"""Binding accelerator requests to handles, all of one call or none.

The order is: claim in the database and commit, prepare on the hosts, commit the result. A crash in
between leaves states that ``heal`` finds. Where a host's own ledger refuses a handle, another is
claimed in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oslo_log import log

from cyborg_rr.conductor.agents import Agents
from cyborg_rr.conductor.claiming import Attempt, Claimer
from cyborg_rr.conductor.liveness.deadline import check_time
from cyborg_rr.conductor.publishing.allocations import Allocations, Unchecked
from cyborg_rr.conductor.publishing.ends import BindEvents, NoEvents
from cyborg_rr.conductor.publishing.publishers import Publisher, tell_all
from cyborg_rr.conductor.quota.allowance import Quota
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware.handles import HostClaim, group_by_host
from cyborg_rr.domain.errors import AgentUnavailable, CyborgError, HandleInUse, NoFreeHandle
from cyborg_rr.domain.requests import Binding, Mandate

LOG = log.getLogger(__name__)


class Binder:
    """Binds accelerator requests."""

    def __init__(
        self,
        database: Database,
        agents: Agents,
        releaser: Releaser,
        conductor: str,
        publishers: Sequence[Publisher] = (),
        allocations: Allocations | None = None,
        check_host: Callable[[str], None] = lambda _hostname: None,
        quota: Quota | None = None,
        events: BindEvents | None = None,
    ) -> None:
        self._agents = agents
        self._releaser = releaser
        self._publishers = publishers
        self._allocations = allocations or Unchecked()
        self._events = events or NoEvents()
        self.claimer = Claimer(database, conductor, check_host, quota, self._events)

    def bind(self, bindings: Sequence[Binding], mandate: Mandate) -> None:
        """Bind all or none; repeating a bind that stands changes nothing.

        Raises ``NotFound``, ``InvalidInput``, ``InvalidState``, ``Conflict``, ``NoFreeHandle``,
        ``HostLost`` or ``HostBusy`` before anything is changed (where allocations are checked
        ``NoAllocation`` or ``PlacementUnavailable`` too, where projects are limited ``OverQuota``
        or ``LimitsUnavailable``); ``HandleInUse`` or ``AgentUnavailable`` when a host refuses,
        after which the requests are in state BindFailed. No host is asked when the caller waits no
        longer.
        """
        self._allocations.check(bindings)
        attempt = self.claimer.claim(bindings, mandate)
        for hostname in sorted({item.hostname for item in attempt.claims}):
            tell_all(self._publishers, hostname)
        try:
            for place in group_by_host(attempt.claims):
                is_first = True
                check_time(mandate)
                while refused := self._prepare(attempt.claims_of(place), is_first=is_first):
                    attempt = self._claim_next(attempt, *refused, mandate)
                    is_first = False
            self.claimer.finish(attempt)
        except CyborgError as error:
            self.give_up(attempt, str(error))
            raise
        self._events.wake()
        self._releaser.release(attempt.refused)

    def _prepare(
        self, claims: Sequence[HostClaim], *, is_first: bool
    ) -> tuple[Sequence[HostClaim], HandleInUse] | None:
        """Prepare the claims of one host; those that it refuses, and how, when others may do.

        An agent of the first release does not say which one it refuses: all are changed, once.
        """
        if not claims:
            raise AgentUnavailable("the agent of the host has changed while it was asked")
        place = claims[0].place
        try:
            self._agents.prepare(place, [item.claim for item in claims])
        except HandleInUse as error:
            LOG.warning("Host %s refuses an attach handle: %s", place.hostname, error)
            if error.binding_id is None and is_first:
                return claims, error
            refused = [item for item in claims if item.claim.binding_id == error.binding_id]
            if refused:
                return refused, error
            raise _refusal_of(claims) from error
        return None

    def _claim_next(
        self, attempt: Attempt, refused: Sequence[HostClaim], error: HandleInUse, mandate: Mandate
    ) -> Attempt:
        try:
            claimed: Attempt = self.claimer.claim_next(attempt, refused, str(error), mandate)
        except NoFreeHandle:
            raise _refusal_of(refused) from error
        return claimed

    def give_up(self, attempt: Attempt, reason: str) -> None:
        """Fail the requests of the call that are still its own, and release what it had."""
        failed = self.claimer.fail(attempt, reason)
        for item in failed:
            LOG.info("Bind of %s failed: %s", item.claim.arq_uuid, reason)
        self._events.wake()
        self._releaser.release((*attempt.claims, *attempt.refused))


def _refusal_of(claims: Sequence[HostClaim]) -> HandleInUse:
    """What the caller is told: the host's own words, in the log, may name others' requests."""
    first = claims[0]
    return HandleInUse(
        f"host {first.hostname} has given out what is left of {first.claim.deployable_name} already"
    )
