"""The transactions of a bind: claim, claim the next one, finish, fail.

Each is whole or nothing, none waits for a host, and each can be done again after a deadlock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from oslo_db import exception as db_exception
from oslo_utils import uuidutils

from cyborg_rr.conductor.liveness.deadline import check_time
from cyborg_rr.conductor.preconditions import (
    REQUEST,
    check_instances,
    check_providers,
    load_requests,
)
from cyborg_rr.conductor.publishing.ends import BindEvents, NoEvents
from cyborg_rr.conductor.quota.allowance import Allowance, Quota, Unbounded
from cyborg_rr.db import requests
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.hardware import handles
from cyborg_rr.db.hardware.claiming import Wanted, claim_handles, lock_devices
from cyborg_rr.db.hardware.handles import HostClaim, Provider
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import InvalidInput, InvalidState
from cyborg_rr.domain.hardware.choosing import Wish
from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.requests import AcceleratorRequest, ArqAction, Binding, Mandate


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the database granted to one call: nothing when all was bound in this way already.

    ``refused`` are earlier claims of the call that their hosts refused; their release has begun.
    """

    claims: tuple[HostClaim, ...] = ()
    refused: tuple[HostClaim, ...] = ()

    def claims_of(self, place: AgentPlace) -> list[HostClaim]:
        """The claims on handles of a host."""
        return [each for each in self.claims if each.place == place]


class Claimer:
    """Changes requests together with their handles."""

    def __init__(
        self,
        database: Database,
        conductor: str,
        check_host: Callable[[str], None],
        quota: Quota | None = None,
        events: BindEvents | None = None,
    ) -> None:
        self._database = database
        self._conductor = conductor
        self._check_host = check_host
        self._quota = quota or Unbounded()
        self._events = events or NoEvents()

    def claim(self, bindings: Sequence[Binding], mandate: Mandate) -> Attempt:
        """Claim a handle for each request, or raise and change nothing.

        So it does for a host that would not be asked for it. What its project may hold is asked
        first: an answer takes its time.
        """
        allowance = self._quota.allow(bindings, mandate)
        attempt: Attempt = self._claim(bindings, mandate, allowance)
        return attempt

    @retry_on_deadlock
    def _claim(
        self, bindings: Sequence[Binding], mandate: Mandate, allowance: Allowance
    ) -> Attempt:
        with self._database.writing() as session, _one_call_per_instance():
            found = load_requests(session, [item.arq_uuid for item in bindings], mandate)
            check_time(mandate)
            if all(found[binding.arq_uuid].is_bound_as(binding) for binding in bindings):
                return Attempt()
            check_instances(session, bindings)
            device_ids = self._lock(session, {item.provider_uuid for item in bindings})
            providers = check_providers(session, bindings, found, mandate)
            for hostname in {provider.hostname for provider in providers.values()}:
                self._check_host(hostname)
            wanted = [
                _want(found[item.arq_uuid], item, providers[item.provider_uuid])
                for item in bindings
            ]
            allowance.check(session, wanted)
            self._start(session, bindings, wanted)
            return Attempt(tuple(claim_handles(session, wanted, device_ids)))

    @staticmethod
    def _lock(session: Session, provider_uuids: Collection[str]) -> set[int]:
        providers = handles.find_providers(session, provider_uuids)
        return lock_devices(session, providers.values())

    def _start(
        self, session: Session, bindings: Sequence[Binding], wanted: Sequence[Wanted]
    ) -> None:
        own_columns: dict[str, Mapping[str, Any]] = {
            binding.arq_uuid: {
                "hostname": binding.hostname,
                "provider_uuid": binding.provider_uuid,
                "instance_uuid": binding.instance_uuid,
                "instance_slot": slot,
                "project_id": each.wish.project_id,
                "new_binding_id": each.binding_id,
            }
            for slot, (binding, each) in enumerate(zip(bindings, wanted, strict=True))
        }
        changed = requests.change_states(
            session,
            own_columns,
            ArqAction.START_BIND,
            conductor=self._conductor,
            bind_started_at=utc_now(),
            reason=None,
        )
        if changed != len(bindings):
            raise InvalidState(f"an {REQUEST} of the call is being changed by somebody else")

    @retry_on_deadlock
    def claim_next(
        self, attempt: Attempt, refused: Sequence[HostClaim], reason: str, mandate: Mandate
    ) -> Attempt:
        """Claim other handles in place of refused ones, whose release begins.

        The requests keep their state; ``InvalidState`` when one was unbound in the meantime. Their
        projects hold as much as before, of the same classes, so no quota is asked.
        """
        with self._database.writing() as session:
            uuids = [each.claim.arq_uuid for each in refused]
            found = load_requests(session, uuids, mandate)
            check_time(mandate)
            old = [each.claim.binding_id for each in refused]
            renewed = {uuid: {"new_binding_id": uuidutils.generate_uuid()} for uuid in uuids}
            if requests.change_states(session, renewed, ArqAction.TRY_NEXT, binding_ids=old) != len(
                uuids
            ):
                raise InvalidState(f"an {REQUEST} was unbound or deleted while it was bound")
            handles.start_release(session, uuids, f"refused by its host: {reason}", old)
            provider_uuids = {found[uuid].provider_uuid or "" for uuid in uuids}
            device_ids = self._lock(session, provider_uuids)
            providers = handles.find_providers(session, provider_uuids)
            wanted = [
                _want_again(found[uuid], providers, renewed[uuid]["new_binding_id"])
                for uuid in uuids
            ]
            all_refused = (*attempt.refused, *refused)
            claims = claim_handles(
                session, wanted, device_ids, {each.handle_id for each in all_refused}
            )
            kept = (each for each in attempt.claims if each not in refused)
            return replace(attempt, claims=(*kept, *claims), refused=all_refused)

    @retry_on_deadlock
    def finish(self, attempt: Attempt) -> None:
        """The hosts have prepared all; ``InvalidState`` when a request was unbound meanwhile."""
        if not attempt.claims:
            return
        with self._database.writing() as session:
            if self._change(session, attempt, ArqAction.FINISH_BIND) != len(attempt.claims):
                raise InvalidState(f"an {REQUEST} was unbound or deleted while it was bound")

    @retry_on_deadlock
    def fail(self, attempt: Attempt, reason: str) -> list[HostClaim]:
        """The bind has failed for all; returns what is released now."""
        if not attempt.claims:
            return []
        with self._database.writing() as session:
            self._change(session, attempt, ArqAction.FAIL_BIND, reason=reason)
            return handles.start_release(
                session,
                [each.claim.arq_uuid for each in attempt.claims],
                f"bind failed: {reason}",
                [each.claim.binding_id for each in attempt.claims],
            )

    def _change(self, session: Session, attempt: Attempt, action: ArqAction, **columns: Any) -> int:
        bindings = {each.claim.arq_uuid: each.claim.binding_id for each in attempt.claims}
        requests.lock_requests(session, uuids=bindings)
        changed = requests.change_states(
            session,
            {uuid: {} for uuid in bindings},
            action,
            binding_ids=bindings.values(),
            **columns,
        )
        self._events.put(session, bindings)
        return changed


def _want(request: AcceleratorRequest, binding: Binding, provider: Provider) -> Wanted:
    wish = Wish(
        provider.deployable_id,
        binding.instance_uuid,
        request.uuid,
        binding.project_id or request.project_id,
    )
    return Wanted(wish, provider, uuidutils.generate_uuid())


def _want_again(
    request: AcceleratorRequest, providers: Mapping[str, Provider], binding_id: str
) -> Wanted:
    provider = providers.get(request.provider_uuid or "")
    if provider is None or request.instance_uuid is None:
        raise InvalidState(f"the deployable of {REQUEST} {request.uuid} has gone")
    wish = Wish(provider.deployable_id, request.instance_uuid, request.uuid, request.project_id)
    return Wanted(wish, provider, binding_id)


@contextmanager
def _one_call_per_instance() -> Iterator[None]:
    try:
        yield
    except db_exception.DBDuplicateEntry as error:
        raise InvalidInput(
            "the instance is being given accelerator requests by another call"
        ) from error
