"""Preparing handles for instances and releasing them: the ledger first, then the device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress

from oslo_log import log

from cyborg_rr.agent.cleaning.cleaner import Cleaner
from cyborg_rr.agent.cleaning.settings import CleaningSettings
from cyborg_rr.agent.cleaning.steps import Target
from cyborg_rr.agent.cleaning.unclean_log import UncleanLog
from cyborg_rr.agent.deadlines import DriverCalls, DriverEnds, DriverHangs
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.ledger.faults import LedgerFailed
from cyborg_rr.agent.ledger.hosts import KnownHost
from cyborg_rr.agent.remembering import Remembering
from cyborg_rr.agent.sight import Sight
from cyborg_rr.domain.errors import AgentUnavailable, Conflict, CyborgError, HostRefused
from cyborg_rr.domain.hardware.devices import AttachHandle, Snapshot
from cyborg_rr.domain.hardware.life import DEVICE_GONE, Cleanings
from cyborg_rr.domain.printing import name_count
from cyborg_rr.domain.requests import Claim
from cyborg_rr.drivers.driver import CleanFailed, Driver

LOG = log.getLogger(__name__)

DRIVER_SECONDS = 30.0
"""How long a driver may take to prepare or release a handle, unless an option says otherwise."""


class Attachments:
    """What this agent has given out, for all hosts that it speaks for.

    What is done to one device is done one after the other: a release that comes while its prepare
    is under way waits for it. Other devices do not wait.
    """

    def __init__(
        self,
        ledger: Ledger,
        driver_seconds: float = DRIVER_SECONDS,
        cleaning: CleaningSettings | None = None,
    ) -> None:
        self._ledger = ledger
        self.cleaner = Cleaner(
            UncleanLog(ledger), cleaning or CleaningSettings(), self._find_target
        )
        self.remembering = Remembering(ledger)
        self._calls = DriverCalls(driver_seconds)
        self._drivers: dict[tuple[str, str], Driver] = {}
        self._seen: dict[str, Sight] = {}
        self._refused: dict[str, str] = {}
        self._busy: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def identify(self, hostname: str) -> KnownHost:
        """Which host that is, and which run of the agent this."""
        return self._ledger.identify(hostname)

    def take_runs(self, hostnames: Collection[str]) -> None:
        """A conductor knows this run of these hosts; a ledger that fails says so itself."""
        with suppress(LedgerFailed):
            self._ledger.take_runs(hostnames)

    def get_hostname(self, hostname: str, host_id: str | None) -> str:
        """What the host of a call is called here: whoever knows its id need not know its name.

        Raises ``HostRefused`` when no host here has the id.
        """
        if host_id is None:
            return hostname
        found = self._ledger.find_hostname(host_id)
        if found is None:
            raise HostRefused(f"this agent does not speak for host {hostname} with id {host_id}")
        return found

    def refuse(self, hostname: str, cause: str) -> None:
        """Hand out nothing of a host that the conductor takes for another one."""
        with self._lock:
            is_news = self._refused.get(hostname) != cause
            self._refused[hostname] = cause
        if is_news:
            LOG.error("Nothing of host %s is handed out: %s", hostname, cause)

    def accept(self, hostname: str) -> None:
        """The conductor knows the host for what it is."""
        with self._lock:
            was_refused = self._refused.pop(hostname, None)
        if was_refused is not None:
            LOG.info("Host %s is accepted again", hostname)

    def know(self, snapshot: Snapshot, driver_of_deployable: Mapping[str, Driver]) -> None:
        """What a look at a host found, and which driver acts on which deployable.

        Claims are completed with it: a device that has moved keeps its own. The driver of a device
        that has gone is remembered, to release what is still held.
        """
        hostname = snapshot.hostname
        with self._lock:
            sight = Sight(snapshot, driver_of_deployable, self._seen.get(hostname))
            self._seen[hostname] = sight
            for key, driver in sight.list_drivers():
                self._drivers[hostname, key] = driver
        self._complete(hostname, sight)

    def _complete(self, hostname: str, sight: Sight) -> None:
        claims = self._ledger.list_claims(hostname)
        known = [sight.complete(claim) for claim in claims]
        changed = [new for new, old in zip(known, claims, strict=True) if new != old]
        with suppress(LedgerFailed):  # the ledger says so itself; the next look does it
            if changed:
                self._ledger.complete(hostname, changed)
            self.cleaner.resume(hostname, sight.complete)

    def knows(self, hostname: str) -> bool:
        """Whether the host has been looked at."""
        return self._find_sight(hostname) is not None

    def _find_sight(self, hostname: str) -> Sight | None:
        with self._lock:
            return self._seen.get(hostname)

    @contextmanager
    def _alone_with(self, hostname: str, claims: Sequence[Claim]) -> Iterator[None]:
        sight = self._find_sight(hostname)
        names = {f"{hostname} {claim.deployable_name}" for claim in claims}
        for claim in claims:
            spot = None if sight is None else sight.find(claim)
            if spot is not None:
                names.add(f"{hostname} {spot.device.key}")
        with self._lock:
            locks = [self._busy.setdefault(name, threading.Lock()) for name in sorted(names)]
        with ExitStack() as held:
            for lock in locks:  # in order of the names, so that two never wait for each other
                held.enter_context(lock)
            yield

    def prepare(self, hostname: str, claims: Sequence[Claim]) -> None:
        """Claim and prepare all the handles, or none.

        Raises ``HandleInUse`` when the ledger refuses, ``Conflict`` when the host no longer has a
        handle, and whatever a driver raises after what was done is undone.
        """
        with self._lock:
            cause = self._refused.get(hostname)
        if cause is not None:
            raise AgentUnavailable(f"host {hostname} hands out nothing: {cause}")
        with self._alone_with(hostname, claims):
            self._prepare(hostname, claims)

    def _prepare(self, hostname: str, claims: Sequence[Claim]) -> None:
        sight = self._find_sight(hostname)
        if sight is None:
            raise AgentUnavailable(f"host {hostname} has not been looked at yet")
        seen = [_check_seen(hostname, sight, claim) for claim in claims]
        new = self._ledger.claim(hostname, seen, sight)
        prepared: list[Claim] = []
        try:
            for claim in new:
                driver = self._get_driver(hostname, claim)
                try:
                    self._run(driver, claim.handle, driver.prepare)
                finally:  # what it made must be known as made here, should the agent end now
                    self.remembering.keep_news(hostname)
                prepared.append(claim)
        except Exception as error:
            self._undo(hostname, new, len(prepared), error)
            raise
        with suppress(LedgerFailed):  # else a repeated call prepares them again
            self._ledger.note_prepared(hostname, prepared)

    def _undo(self, hostname: str, new: Sequence[Claim], prepared: int, error: Exception) -> None:
        """Let go of what was claimed, but for what a driver still has its hands on or cannot undo.

        That stays in the ledger until the conductor, who knows that it is over, asks again.
        """
        is_hanging = isinstance(error, DriverHangs)
        begun = prepared + (not is_hanging and not _is_refusal(error))
        kept = [claim for claim in reversed(new[:begun]) if not self._has_released(hostname, claim)]
        if is_hanging:
            kept.append(new[prepared])
        self._ledger.withdraw(hostname, [claim for claim in new if claim not in kept])

    def _has_released(self, hostname: str, claim: Claim) -> bool:
        try:
            driver = self._get_driver(hostname, claim)
            self._run(driver, claim.handle, driver.release)
        except Exception:
            LOG.exception("Handle of %s could not be released", claim.deployable_name)
            return False
        return True

    def release(self, hostname: str, claims: Sequence[Claim]) -> Cleanings:
        """Release handles, and have them cleaned; tells where the clean of each is.

        A claim stays in the ledger when its driver could not release it: raises the driver's error
        after everything else has been released. Cleans that take long are not waited for.
        """
        with self._alone_with(hostname, claims):
            over, failure = self._release(hostname, claims)
        told = self.cleaner.let_go(hostname, over)
        if failure is not None:
            raise failure
        return told

    def _release(
        self, hostname: str, claims: Sequence[Claim]
    ) -> tuple[list[Claim], Exception | None]:
        """The claims that their drivers let go of, and what went wrong last with the others."""
        held = {claim.binding_id: claim for claim in self._ledger.list_claims(hostname)}
        told = self._ledger.list_told(hostname)
        over = []
        failure: Exception | None = None
        for asked in claims:
            claim = held.get(asked.binding_id) or self._find_lost(hostname, asked)
            if claim is not None and asked.binding_id in told and self._is_taken(hostname, claim):
                claim = None  # it was never prepared: whoever else has this must keep it
            try:
                if claim is not None:
                    self._release_device(hostname, claim)
                over.append(asked)
            except Exception as error:
                LOG.exception("Handle of %s could not be released", asked.deployable_name)
                failure = error
        return over, failure

    def _find_lost(self, hostname: str, asked: Claim) -> Claim | None:
        """What a binding may have that this ledger does not know, as far as nobody else has it.

        The ledger was lost: what was prepared for the binding must be undone all the same.
        """
        sight = self._find_sight(hostname)
        if sight is None or sight.find(asked) is None or self._ledger.is_over(asked.binding_id):
            return None
        return None if self._is_taken(hostname, asked) else sight.complete(asked)

    def _is_taken(self, hostname: str, claim: Claim) -> bool:
        """Whether what a claim is of overlaps with what another binding has or has left dirty."""
        claims, unclean = self._ledger.list_unreleased(hostname)
        others = [one for one in (*claims, *unclean) if one.binding_id != claim.binding_id]
        sight = self._find_sight(hostname)
        return sight is not None and sight.is_taken(claim, others)

    def _release_device(self, hostname: str, claim: Claim) -> None:
        """Let the driver release the handle where it is now; one that has gone needs nothing."""
        sight = self._find_sight(hostname)
        spot = None if sight is None else sight.find(claim)
        if spot is None and sight is not None and self._has_gone(hostname, sight, claim):
            LOG.warning(
                "%s has gone from %s; its claim is dropped", claim.deployable_name, hostname
            )
            return
        driver = self._get_driver(hostname, claim)
        self._run(driver, claim.handle if spot is None else spot.handle, driver.release)

    def _has_gone(self, hostname: str, sight: Sight, claim: Claim) -> bool:
        """Whether nothing is left to release, as far as all drivers could look.

        Another device is at the address now, or none of them, in this run of the agent, knows of
        it. While one could not look, it may yet be the device at the address.
        """
        if sight.is_at(claim):
            if not sight.is_complete:
                raise AgentUnavailable(f"who has {claim.handle.key} cannot be told now")
            return True
        is_known = self._find_driver(hostname, claim) is not None
        return sight.is_complete and not is_known and not sight.has_left_out(claim)

    def record_held(self, hostname: str, claims: Sequence[Claim]) -> None:
        """Note what the conductor says is held here and the ledger has lost."""
        sight = self._find_sight(hostname)
        found = self._ledger.record_held(
            hostname, [claim if sight is None else sight.complete(claim) for claim in claims]
        )
        if found:
            LOG.warning(
                "Only the conductor knew of %s on %s", name_count(len(found), "claim"), hostname
            )

    def list_claims(self, hostname: str) -> list[Claim]:
        """The claims of a host."""
        return self._ledger.list_claims(hostname)

    def list_unreleased(self, hostname: str) -> tuple[list[Claim], list[Claim]]:
        """The claims of a host, and what somebody had that nobody may be given yet."""
        return self._ledger.list_unreleased(hostname)

    def _find_target(self, hostname: str, claim: Claim) -> Target:
        """What a claim is of, where that is now: another device may be at its old address.

        Nothing is cleaned that somebody else may have.
        """
        sight = self._find_sight(hostname)
        spot = None if sight is None else sight.find(claim)
        if sight is None or spot is None or spot.driver is None:
            raise CleanFailed(DEVICE_GONE, f"{claim.deployable_name} is not on the host now")
        if sight.has_rival(claim, self._ledger.list_claims(hostname)):
            text = f"what is in the place of {claim.deployable_name} is in use"
            raise CleanFailed(DEVICE_GONE, text)
        device = spot.device
        return Target(hostname, claim, spot.handle, spot.driver, device.control_path, device.facts)

    def _run(
        self, driver: Driver, handle: AttachHandle, act: Callable[[AttachHandle], None]
    ) -> None:
        self._calls.run(driver.name, f"handle {handle.key}", lambda: act(handle), driver)

    def _find_driver(self, hostname: str, claim: Claim) -> Driver | None:
        sight = self._find_sight(hostname)
        spot = None if sight is None else sight.find(claim)
        if spot is not None and spot.driver is not None:
            return spot.driver
        with self._lock:
            return self._drivers.get((hostname, claim.device_key)) or self._drivers.get(
                (hostname, claim.handle.key)
            )

    def _get_driver(self, hostname: str, claim: Claim) -> Driver:
        driver = self._find_driver(hostname, claim)
        if driver is None:
            raise AgentUnavailable(f"no driver here reports {claim.deployable_name} now")
        return driver


def _check_seen(hostname: str, sight: Sight, claim: Claim) -> Claim:
    """The claim completed; ``Conflict`` where its hardware is not at the address that it names.

    Nor is it where another part is there now, such as a vGPU whose type has been changed.
    """
    spot = sight.find(claim)
    if spot is None and not sight.is_complete:
        raise AgentUnavailable(f"no driver here reports {claim.deployable_name} now")
    is_other = spot is None or spot.handle.key != claim.handle.key
    if is_other or (spot is not None and claim.handle.place and spot.deployable.part != claim.part):
        raise Conflict(
            f"host {hostname} no longer has the attach handle {claim.handle.key} of"
            f" {claim.deployable_name}; its next report will say so"
        )
    return sight.complete(claim)


def _is_refusal(error: Exception) -> bool:
    """Whether a prepare that ended so has said that it did nothing."""
    return isinstance(error, CyborgError) and not isinstance(error, DriverEnds)
