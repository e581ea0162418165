"""Preparing handles for instances and releasing them: the ledger first, then the device."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from oslo_log import log

from cyborg_rr.agent.cleaning.cleaner import Cleaner
from cyborg_rr.agent.cleaning.settings import CleaningSettings
from cyborg_rr.agent.cleaning.steps import GONE, Target
from cyborg_rr.agent.cleaning.unclean_log import UncleanLog
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.unclean import render_cleanings
from cyborg_rr.domain.errors import AgentUnavailable, Conflict
from cyborg_rr.domain.hardware.cleaning import Cleanings
from cyborg_rr.domain.hardware.devices import AttachHandle, Deployable, Device, Snapshot
from cyborg_rr.domain.requests import Claim
from cyborg_rr.drivers.driver import CleanFailed, Driver

LOG = log.getLogger(__name__)

SECONDS_TO_CLEAN = 2.0
"""How long a release waits for the clean: most take less, and then the handle is free at once."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a host had at the last look; ``is_complete`` unless a driver could not look."""

    handles: frozenset[tuple[str, str]]
    is_complete: bool
    places: Mapping[tuple[str, ...], tuple[Device, Deployable, AttachHandle]]


class Attachments:
    """What this agent has given out, for all hosts that it speaks for.

    What is done to one deployable is done one after the other: a release that comes while its
    prepare is under way waits for it. Other deployables do not wait.
    """

    def __init__(self, ledger: Ledger, settings: CleaningSettings | None = None) -> None:
        self._ledger = ledger
        self._unclean = UncleanLog(ledger)
        self.cleaner = Cleaner(self._unclean, settings or CleaningSettings(), self._find_target)
        self._drivers: dict[str, Driver] = {}
        self._seen: dict[str, _Seen] = {}
        self._busy: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def know(self, snapshot: Snapshot, driver_of_deployable: Mapping[str, Driver]) -> None:
        """What a look at a host found, and which driver acts on which deployable.

        The driver of a deployable that has gone is remembered, to release what is still held.
        """
        handles = frozenset(
            (deployable.name, handle.key)
            for device in snapshot.devices
            for deployable in device.deployables
            for handle in deployable.handles
        )
        with self._lock:
            self._drivers.update(driver_of_deployable)
            self._seen[snapshot.hostname] = _Seen(
                handles, not snapshot.failed_drivers, _list_places(snapshot)
            )
        self.cleaner.resume(snapshot.hostname)

    def knows(self, hostname: str) -> bool:
        """Whether the host has been looked at."""
        with self._lock:
            return hostname in self._seen

    @contextmanager
    def _alone_with(self, claims: Sequence[Claim]) -> Iterator[None]:
        names = sorted({claim.deployable_name for claim in claims})
        with self._lock:
            locks = [self._busy.setdefault(name, threading.Lock()) for name in names]
        with ExitStack() as held:
            for lock in locks:  # in order of the names, so that two never wait for each other
                held.enter_context(lock)
            yield

    def prepare(self, hostname: str, claims: Sequence[Claim]) -> None:
        """Claim and prepare all the handles, or none.

        Raises ``HandleInUse`` when the ledger refuses, ``Conflict`` when the host no longer has a
        handle, and whatever a driver raises after what was done is undone.
        """
        with self._alone_with(claims):
            self._prepare(hostname, claims)

    def _prepare(self, hostname: str, claims: Sequence[Claim]) -> None:
        for claim in claims:
            self._check_seen(hostname, claim)
        new = self._ledger.claim(hostname, claims)
        prepared: list[Claim] = []
        try:
            for claim in new:
                self._driver_of(claim).prepare(claim.handle)
                prepared.append(claim)
        except Exception:
            for claim in reversed(prepared):
                self._release_quietly(claim)
            self._ledger.release(claim.binding_id for claim in new)
            raise

    def release(self, hostname: str, claims: Sequence[Claim]) -> Cleanings:
        """Release handles, and have them cleaned; tells where the clean of each is.

        A claim stays in the ledger when its driver could not release it: raises the driver's error
        after everything else has been released. Cleans that take long are not waited for.
        """
        with self._alone_with(claims):
            self._release(hostname, claims)
        return self._await_cleans(hostname, claims)

    def _release(self, hostname: str, claims: Sequence[Claim]) -> None:
        held = {claim.binding_id: claim for claim in self._ledger.list_claims(hostname)}
        over = []
        failure: Exception | None = None
        for asked in claims:
            claim = held.get(asked.binding_id)
            try:
                if claim is not None and not self._has_gone(hostname, claim):
                    self._driver_of(claim).release(claim.handle)
                over.append(asked)
            except Exception as error:
                LOG.exception("Handle of %s could not be released", asked.deployable_name)
                failure = error
        self._unclean.let_go(hostname, over)
        if failure is not None:
            raise failure

    def clean(self, hostname: str, claims: Sequence[Claim]) -> Cleanings:
        """Have handles cleaned under these bindings, unless that is done, or being done.

        Raises ``HandleInUse`` for what somebody holds.
        """
        with self._alone_with(claims):
            self._unclean.note_dirty(hostname, claims)
        return self._await_cleans(hostname, claims)

    def accept(self, hostname: str, claims: Sequence[Claim]) -> None:
        """Forget what an operator says is clean; ``Conflict`` while it is being cleaned."""
        with self._alone_with(claims):
            self.cleaner.accept(hostname, claims)

    def _await_cleans(self, hostname: str, claims: Sequence[Claim]) -> Cleanings:
        bindings = [claim.binding_id for claim in claims]
        self.cleaner.begin(hostname, bindings)
        return self.cleaner.wait(hostname, bindings, SECONDS_TO_CLEAN)

    def list_state(self, hostname: str) -> tuple[list[Claim], Cleanings]:
        """What a host has given out, and what it has let go of, at one moment."""
        claims, rows = self._unclean.list_with_claims(hostname)
        return claims, render_cleanings(rows)

    def forget_told(self, told: Cleanings) -> None:
        """A conductor knows of these cleans."""
        self._unclean.forget_told(told)

    def _release_quietly(self, claim: Claim) -> None:
        try:
            self._driver_of(claim).release(claim.handle)
        except Exception:
            LOG.exception("Handle of %s could not be released", claim.deployable_name)

    def list_claims(self, hostname: str) -> list[Claim]:
        """The claims of a host."""
        return self._ledger.list_claims(hostname)

    def _find_target(self, hostname: str, claim: Claim) -> Target:
        """What a claim is of, where that is now: another device may be at its old address."""
        with self._lock:
            seen = self._seen.get(hostname)
            found = None if seen is None else _find_place(seen.places, claim)
            driver = None if found is None else self._drivers.get(found[1].name)
        if found is None or driver is None:
            raise CleanFailed(GONE, f"{claim.deployable_name} is not on the host now")
        device, _, handle = found
        return Target(hostname, claim, handle, driver, device.control_path, device.facts)

    def _check_seen(self, hostname: str, claim: Claim) -> None:
        with self._lock:
            seen = self._seen.get(hostname)
        where = (claim.deployable_name, claim.handle.key)
        if seen is not None and seen.is_complete and where not in seen.handles:
            raise Conflict(
                f"host {hostname} no longer has the attach handle {where[1]} of {where[0]};"
                " its next report will say so"
            )

    def _has_gone(self, hostname: str, claim: Claim) -> bool:
        """Whether nothing is left to release: no driver, in this run of the agent, knows of it."""
        with self._lock:
            seen = self._seen.get(hostname)
            is_known = claim.deployable_name in self._drivers
        if is_known or seen is None or not seen.is_complete:
            return False
        LOG.warning("%s has gone from %s; its claim is dropped", claim.deployable_name, hostname)
        return True

    def _driver_of(self, claim: Claim) -> Driver:
        with self._lock:
            driver = self._drivers.get(claim.deployable_name)
        if driver is None:
            raise AgentUnavailable(f"no driver here reports {claim.deployable_name} now")
        return driver


_Place = tuple[Device, Deployable, AttachHandle]


def _list_places(snapshot: Snapshot) -> dict[tuple[str, ...], _Place]:
    """What is handed out of a host, by where on which device it is and by its address."""
    places: dict[tuple[str, ...], _Place] = {}
    for device in snapshot.devices:
        for part in device.deployables:
            for handle in part.handles:
                found = (device, part, handle)
                places[part.name, handle.key] = found
                places[device.key, part.part, handle.place] = found
    return places


def _find_place(places: Mapping[tuple[str, ...], _Place], claim: Claim) -> _Place | None:
    """What a claim is of; by its address only where nothing better is known of it."""
    if claim.device_key and claim.handle.place:
        return places.get((claim.device_key, claim.part, claim.handle.place))
    return places.get((claim.deployable_name, claim.handle.key))
