"""Preparing handles for instances and releasing them: the ledger first, then the device."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from oslo_log import log

from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.domain.devices import AttachHandle
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.requests import Claim
from cyborg_rr.drivers.driver import Driver

LOG = log.getLogger(__name__)


class Attachments:
    """What this agent has given out, for all hosts that it speaks for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._drivers: Mapping[str, Driver] = {}
        self._lock = threading.Lock()

    def know_drivers(self, driver_of_deployable: Mapping[str, Driver]) -> None:
        """Which driver acts on which deployable, as the last discovery found."""
        with self._lock:
            self._drivers = {**self._drivers, **driver_of_deployable}

    def prepare(self, host: str, claims: Sequence[Claim]) -> None:
        """Claim and prepare all the handles, or none.

        Raises ``HandleInUse`` when the ledger refuses, and whatever a driver raises after what
        was done is undone.
        """
        new = self._ledger.claim(host, claims)
        prepared: list[Claim] = []
        try:
            for claim in new:
                self._driver_of(claim).prepare(_handle_of(claim), claim.deployable_name)
                prepared.append(claim)
        except Exception:
            for claim in reversed(prepared):
                self._release_quietly(claim)
            self._ledger.release(claim.binding_id for claim in new)
            raise

    def release(self, host: str, claims: Sequence[Claim]) -> None:
        """Release handles; a claim stays in the ledger when its driver could not release it.

        Raises the driver's error after everything else has been released.
        """
        held = {claim.binding_id: claim for claim in self._ledger.list_claims(host)}
        over = []
        failure: Exception | None = None
        for asked in claims:
            claim = held.get(asked.binding_id)
            try:
                if claim is not None:
                    self._driver_of(claim).release(_handle_of(claim), claim.deployable_name)
                over.append(asked.binding_id)
            except Exception as error:
                LOG.exception("Handle of %s could not be released", asked.deployable_name)
                failure = error
        self._ledger.release(over)
        if failure is not None:
            raise failure

    def _release_quietly(self, claim: Claim) -> None:
        try:
            self._driver_of(claim).release(_handle_of(claim), claim.deployable_name)
        except Exception:
            LOG.exception("Handle of %s could not be released", claim.deployable_name)

    def list_claims(self, host: str) -> list[Claim]:
        """The claims of a host."""
        return self._ledger.list_claims(host)

    def _driver_of(self, claim: Claim) -> Driver:
        with self._lock:
            driver = self._drivers.get(claim.deployable_name)
        if driver is None:
            raise AgentUnavailable(f"no driver here reports {claim.deployable_name} now")
        return driver


def _handle_of(claim: Claim) -> AttachHandle:
    return AttachHandle(claim.handle_type, claim.handle_info)
