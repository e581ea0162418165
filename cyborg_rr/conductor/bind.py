"""Binding accelerator requests to handles, all of one call or none.

The order is: claim in the database and commit, prepare on the hosts, commit the result. A crash in
between leaves states that ``heal`` finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from oslo_db import exception as db_exception
from oslo_log import log
from oslo_utils import uuidutils

from cyborg_rr.conductor.agents import Agents
from cyborg_rr.conductor.deadline import check_time
from cyborg_rr.conductor.preconditions import (
    REQUEST,
    check_instances,
    check_providers,
    load_requests,
)
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.db import requests
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.hardware import handles
from cyborg_rr.db.hardware.handles import HostClaim, Provider, group_by_host
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import CyborgError, InvalidInput, InvalidState, NoFreeHandle
from cyborg_rr.domain.requests import ArqAction, Binding, Mandate

LOG = log.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the database granted: nothing when every request was bound in this way already."""

    claims: Sequence[HostClaim]


class Binder:
    """Binds accelerator requests."""

    def __init__(
        self, database: Database, agents: Agents, releaser: Releaser, conductor: str
    ) -> None:
        self._database = database
        self._agents = agents
        self._releaser = releaser
        self._conductor = conductor

    def bind(
        self,
        bindings: Sequence[Binding],
        mandate: Mandate,
    ) -> None:
        """Bind all or none; repeating a bind that stands changes nothing.

        Raises ``NotFound``, ``InvalidInput``, ``InvalidState``, ``Conflict`` or ``NoFreeHandle``
        before anything is changed; ``HandleInUse`` or ``AgentUnavailable`` when a host refuses,
        after which the requests are in state BindFailed.
        """
        plan = self._claim(bindings, mandate)
        try:
            for place, claims in group_by_host(plan.claims).items():
                self._agents.prepare(place, [item.claim for item in claims])
            self._finish(plan)
        except CyborgError as error:
            self._give_up(plan, str(error))
            raise

    @retry_on_deadlock
    def _claim(self, bindings: Sequence[Binding], mandate: Mandate) -> _Plan:
        with self._database.writing() as session, _one_call_per_instance():
            found = load_requests(session, [item.arq_uuid for item in bindings], mandate)
            check_time(mandate)
            if all(found[binding.arq_uuid].is_bound_as(binding) for binding in bindings):
                return _Plan(())
            check_instances(session, bindings)
            providers = check_providers(session, bindings, found)
            ordered = sorted(
                bindings, key=lambda item: providers[item.provider_uuid].deployable_id
            )  # every bind locks in the same order, so that two cannot wait for each other
            claims = []
            slots = {binding.arq_uuid: slot for slot, binding in enumerate(bindings)}
            for binding in ordered:
                provider = providers[binding.provider_uuid]
                claims.append(self._claim_one(session, binding, provider, slots[binding.arq_uuid]))
            return _Plan(claims)

    def _claim_one(
        self, session: Session, binding: Binding, provider: Provider, slot: int
    ) -> HostClaim:
        binding_id = uuidutils.generate_uuid()
        claim = handles.claim_handle(session, provider, binding.arq_uuid, binding_id)
        if claim is None:
            raise NoFreeHandle(
                f"every attach handle of {provider.deployable_name} (resource provider"
                f" {provider.provider_uuid}) is in use"
            )
        columns = {} if binding.project_id is None else {"project_id": binding.project_id}
        if not requests.change_state(
            session,
            binding.arq_uuid,
            ArqAction.START_BIND,
            hostname=binding.hostname,
            provider_uuid=binding.provider_uuid,
            instance_uuid=binding.instance_uuid,
            instance_slot=slot,
            conductor=self._conductor,
            bind_started_at=utc_now(),
            reason=None,
            new_binding_id=binding_id,
            **columns,
        ):
            raise InvalidState(f"{REQUEST} {binding.arq_uuid} is being changed by somebody else")
        return HostClaim(
            claim,
            provider.hostname,
            provider.agent,
            host_id=provider.host_id,
            minor=provider.minor,
        )

    @retry_on_deadlock
    def _finish(self, plan: _Plan) -> None:
        with self._database.writing() as session:
            for item in plan.claims:
                if not requests.change_state(
                    session,
                    item.claim.arq_uuid,
                    ArqAction.FINISH_BIND,
                    binding_id=item.claim.binding_id,
                ):
                    raise InvalidState(
                        f"{REQUEST} {item.claim.arq_uuid} was unbound or deleted while it was bound"
                    )

    def _give_up(self, plan: _Plan, reason: str) -> None:
        for claim in self._fail(plan, reason):
            LOG.info("Bind of %s failed: %s", claim.claim.arq_uuid, reason)
        self._releaser.release(plan.claims)

    @retry_on_deadlock
    def _fail(self, plan: _Plan, reason: str) -> list[HostClaim]:
        with self._database.writing() as session:
            failed = [
                item.claim.arq_uuid
                for item in plan.claims
                if requests.change_state(
                    session,
                    item.claim.arq_uuid,
                    ArqAction.FAIL_BIND,
                    binding_id=item.claim.binding_id,
                    reason=reason,
                )
            ]
            return handles.start_release(session, failed, f"bind failed: {reason}")


@contextmanager
def _one_call_per_instance() -> Iterator[None]:
    try:
        yield
    except db_exception.DBDuplicateEntry as error:
        raise InvalidInput(
            "the instance is being given accelerator requests by another call"
        ) from error
