"""Keeps what was let go of until it is clean, across restarts, and tells where each clean is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence

from oslo_log import log

from cyborg_rr.agent.cleaning.settings import CleaningSettings
from cyborg_rr.agent.cleaning.steps import Steps, Target
from cyborg_rr.agent.cleaning.unclean_log import UncleanLog
from cyborg_rr.agent.cleaning.worker import Job, Workers
from cyborg_rr.agent.ledger.unclean import UncleanRow, render_cleanings
from cyborg_rr.domain.errors import Conflict
from cyborg_rr.domain.hardware.life import DEVICE_GONE, Cleaned, Cleanings, CleanState
from cyborg_rr.domain.requests import Claim
from cyborg_rr.drivers.driver import CleanFailed, NoCleanMethod

LOG = log.getLogger(__name__)

MAX_REASON_LENGTH = 500

SECONDS_TO_CLEAN = 2.0
"""How long a release waits for the clean: most take less, and then the handle is free at once."""

SECONDS_TO_STOP = 2.0
"""How long a stop waits for cleans: one that is interrupted is done again at the next start."""

FindTarget = Callable[[str, Claim], Target]
"""What a claim of a host is of, as it is now; ``CleanFailed`` with ``DEVICE_GONE`` if nothing."""


class Cleaner:
    """Cleans what the hosts of this agent let go of."""

    def __init__(
        self, log_of_unclean: UncleanLog, settings: CleaningSettings, find_target: FindTarget
    ) -> None:
        self._unclean = log_of_unclean
        self._steps = Steps(settings)
        self._find_target = find_target
        self._workers = Workers(self._clean, settings.workers)
        self._lock = threading.Lock()
        self._awaited: list[str] = []
        self._on_news: Callable[[str], None] = lambda hostname: None

    def call_on_news(self, listener: Callable[[str], None]) -> None:
        """Have that called with a host's name after each clean that nobody waited for."""
        self._on_news = listener

    def stop(self) -> None:
        """Begin no more cleans; soon none writes to the ledger, but for one that is abandoned."""
        self._workers.stop(SECONDS_TO_STOP)

    def let_go(self, hostname: str, claims: Sequence[Claim]) -> Cleanings:
        """End claims and clean what they held; tells where each clean is, soon in any case."""
        self._unclean.let_go(hostname, claims)
        return self._begin_and_wait(hostname, claims)

    def clean(self, hostname: str, claims: Sequence[Claim]) -> Cleanings:
        """Clean handles under these bindings, unless that is done, or being done.

        Raises ``HandleInUse`` for what somebody holds.
        """
        self._unclean.note_dirty(hostname, claims)
        return self._begin_and_wait(hostname, claims)

    def _begin_and_wait(self, hostname: str, claims: Sequence[Claim]) -> Cleanings:
        bindings = [claim.binding_id for claim in claims]
        self._begin(hostname, self._find_rows(hostname, bindings))
        return self._wait(hostname, bindings, SECONDS_TO_CLEAN)

    def _find_rows(self, hostname: str, binding_ids: Collection[str]) -> list[UncleanRow]:
        rows = self._unclean.list_all(hostname)
        return [row for row in rows if row.claim.binding_id in binding_ids]

    def _begin(self, hostname: str, rows: Iterable[UncleanRow]) -> None:
        for row in rows:
            if row.state == CleanState.DIRTY:
                self._workers.add(Job(hostname, _device_of(row.claim), row.claim.binding_id))

    def resume(self, hostname: str, complete: Callable[[Claim], Claim]) -> None:
        """After a look at a host: go on with what is dirty, and with what has come back.

        ``complete`` gives a claim with all that is known of its hardware now.
        """
        rows = [row for row in self._unclean.list_all(hostname) if not row.is_clean]
        changed = [new for row in rows if (new := complete(row.claim)) != row.claim]
        if changed:
            self._unclean.complete(hostname, changed)
        back = [
            row.claim.binding_id
            for row in rows
            if row.code == DEVICE_GONE and self._is_there(hostname, row.claim)
        ]
        if back:
            self._unclean.retry(hostname, back)
        if rows:
            self._begin(hostname, self._unclean.list_all(hostname))

    def list_state(self, hostname: str) -> tuple[list[Claim], Cleanings]:
        """What a host has given out, and what it has let go of, at one moment."""
        claims, rows = self._unclean.list_with_claims(hostname)
        return claims, render_cleanings(rows)

    def forget_told(self, hostname: str, told: Cleanings) -> None:
        """A conductor knows of these cleans."""
        self._unclean.forget_told(hostname, told)

    def _is_there(self, hostname: str, claim: Claim) -> bool:
        try:
            self._find_target(hostname, claim)
        except CleanFailed:
            return False
        return True

    def _wait(self, hostname: str, binding_ids: Sequence[str], timeout_seconds: float) -> Cleanings:
        """Where the cleans of these bindings are, as soon as all are done or the time is over.

        One that is not noted has nothing left to clean.
        """
        with self._lock:
            self._awaited.extend(binding_ids)
        try:
            self._workers.wait_for(binding_ids, timeout_seconds)
        finally:
            with self._lock:
                for binding_id in binding_ids:
                    self._awaited.remove(binding_id)
            rows = {row.claim.binding_id: row for row in self._unclean.list_all(hostname)}
        told = render_cleanings(rows[one] for one in binding_ids if one in rows)
        unused = tuple(Cleaned(one) for one in dict.fromkeys(binding_ids) if one not in rows)
        return Cleanings(told.unclean, told.cleaned + unused)

    def declare_clean(self, hostname: str, claims: Sequence[Claim]) -> None:
        """Forget what an operator says is clean; ``Conflict`` while it is being cleaned."""
        bindings = [claim.binding_id for claim in claims]
        handles = [row.claim.handle for row in self._find_rows(hostname, bindings)]
        for binding_id in bindings:
            is_busy = self._workers.is_busy_with(binding_id)
            if is_busy or any(self._steps.is_running(handle) for handle in handles):
                raise Conflict(f"host {hostname} is cleaning it now; ask again when it has ended")
        self._unclean.forget(hostname, bindings)

    def _clean(self, job: Job) -> None:
        row = next(iter(self._find_rows(job.hostname, [job.binding_id])), None)
        if row is None or row.state != CleanState.DIRTY:
            return
        try:
            method = self._steps.run(self._find_target(job.hostname, row.claim))
        except CleanFailed as error:
            self._fail(job, row.claim, error.cause, error)
        except NoCleanMethod as error:
            self._fail(job, row.claim, NoCleanMethod.code, error)
        except Exception as error:
            LOG.exception("The driver's clean of %s failed", row.claim.deployable_name)
            self._fail(job, row.claim, "driver_failed", error)
        else:
            self._unclean.finish(job.hostname, job.binding_id, method)
            LOG.info("%s on %s is clean: %s", row.claim.deployable_name, job.hostname, method)
        with self._lock:
            is_awaited = job.binding_id in self._awaited
        if not is_awaited:
            self._on_news(job.hostname)

    def _fail(self, job: Job, claim: Claim, code: str, error: Exception) -> None:
        reason = " ".join(str(error).split())[:MAX_REASON_LENGTH] or type(error).__name__
        self._unclean.fail(job.hostname, job.binding_id, code, reason)
        LOG.warning(
            "%s on %s was not cleaned and stays out of use: %s (%s)",
            claim.deployable_name,
            job.hostname,
            reason,
            code,
        )


def _device_of(claim: Claim) -> str:
    """What is cleaned one after the other: the device, or the part where that is not known."""
    return claim.device_key or claim.deployable_name
