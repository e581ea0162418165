"""Binding accelerator requests to handles, all of one call or none, and unbinding them.

The order is: claim in the database and commit, prepare on the hosts, commit the result. A crash in
between leaves states that ``heal`` finds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from oslo_db import exception as db_exception
from oslo_log import log
from oslo_utils import uuidutils

from cyborg_rr.conductor.deadline import check_deadline
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.db import devices, handles, requests
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.handles import HostClaim, Provider
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import (
    Conflict,
    CyborgError,
    Forbidden,
    InvalidInput,
    InvalidState,
    NoFreeHandle,
    NotFound,
)
from cyborg_rr.domain.hardware.inventory import ENABLED, PRESENT
from cyborg_rr.domain.profiles import refuse_provider
from cyborg_rr.domain.requests import (
    AcceleratorRequest,
    ArqAction,
    ArqState,
    Binding,
    next_state,
)
from cyborg_rr.rpc.agent_client import AgentClient

LOG = log.getLogger(__name__)

REQUEST = "accelerator request"
_UNBOUND = {
    "hostname": None,
    "device_rp_uuid": None,
    "instance_uuid": None,
    "instance_slot": None,
    "new_binding_id": None,
    "conductor": None,
    "bind_started_at": None,
}
"""What a request has when it is bound to nothing."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the database granted: nothing when every request was bound in this way already."""

    claims: Sequence[HostClaim]

    @property
    def by_host(self) -> Mapping[tuple[str, str], list[HostClaim]]:
        grouped: dict[tuple[str, str], list[HostClaim]] = defaultdict(list)
        for claim in self.claims:
            grouped[claim.agent, claim.hostname].append(claim)
        return grouped


class Binder:
    """Binds, unbinds and deletes accelerator requests.

    After ``deadline`` (Unix seconds) a call changes nothing and raises ``AgentUnavailable``: its
    caller has given up and may have done the same elsewhere, or the opposite.
    """

    def __init__(
        self, database: Database, agents: AgentClient, releaser: Releaser, conductor: str
    ) -> None:
        self._database = database
        self._agents = agents
        self._releaser = releaser
        self._conductor = conductor

    def bind(
        self,
        bindings: Sequence[Binding],
        project_id: str | None,
        *,
        deadline: float | None = None,
    ) -> None:
        """Bind all or none; repeating a bind that stands changes nothing.

        Raises ``NotFound``, ``InvalidInput``, ``InvalidState``, ``Conflict`` or ``NoFreeHandle``
        before anything is changed; ``HandleInUse`` or ``AgentUnavailable`` when a host refuses,
        after which the requests are in state BindFailed.
        """
        plan = self._claim(bindings, project_id, deadline)
        try:
            for (agent, host), claims in plan.by_host.items():
                self._agents.prepare(agent, host, [item.claim for item in claims])
            self._finish(plan)
        except CyborgError as error:
            self._give_up(plan, str(error))
            raise

    @retry_on_deadlock
    def _claim(
        self, bindings: Sequence[Binding], project_id: str | None, deadline: float | None = None
    ) -> _Plan:
        with self._database.writing() as session, _one_call_per_instance():
            found = _load(session, [binding.arq_uuid for binding in bindings], project_id)
            check_deadline(deadline)
            if all(_is_bound_as(found[binding.arq_uuid], binding) for binding in bindings):
                return _Plan(())
            _check_instances(session, bindings)
            providers = _check_providers(session, bindings, found)
            ordered = sorted(
                bindings, key=lambda item: providers[item.device_rp_uuid].deployable_id
            )  # every bind locks in the same order, so that two cannot wait for each other
            claims = []
            slots = {binding.arq_uuid: slot for slot, binding in enumerate(bindings)}
            for binding in ordered:
                provider = providers[binding.device_rp_uuid]
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
                f" {provider.rp_uuid}) is in use"
            )
        columns = {} if binding.project_id is None else {"project_id": binding.project_id}
        if not requests.change_state(
            session,
            binding.arq_uuid,
            ArqAction.START_BIND,
            hostname=binding.hostname,
            device_rp_uuid=binding.device_rp_uuid,
            instance_uuid=binding.instance_uuid,
            instance_slot=slot,
            conductor=self._conductor,
            bind_started_at=utc_now(),
            reason=None,
            new_binding_id=binding_id,
            **columns,
        ):
            raise InvalidState(f"{REQUEST} {binding.arq_uuid} is being changed by somebody else")
        return HostClaim(claim, provider.hostname, provider.agent)

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

    def unbind(
        self, arq_uuids: Sequence[str], project_id: str | None, *, deadline: float | None = None
    ) -> None:
        """Unbind; a request that is bound to nothing stays so. ``NotFound`` for an unknown one."""
        self._releaser.release(self._start_unbind(arq_uuids, project_id, deadline))

    @retry_on_deadlock
    def _start_unbind(
        self, arq_uuids: Sequence[str], project_id: str | None, deadline: float | None
    ) -> list[HostClaim]:
        with self._database.writing() as session:
            _load(session, arq_uuids, project_id)
            check_deadline(deadline)
            for uuid in arq_uuids:
                requests.change_state(session, uuid, ArqAction.UNBIND, reason=None, **_UNBOUND)
            return handles.start_release(session, arq_uuids, "unbound; the host must confirm")

    def delete(
        self,
        arq_uuids: Sequence[str],
        project_id: str | None,
        *,
        may_be_bound: bool = True,
        deadline: float | None = None,
    ) -> None:
        """Delete those that exist; then ``NotFound`` names the first that did not.

        ``Forbidden`` when one is bound to an instance and that may not be: the caller's own look
        could not see a bind that came after it.
        """
        claims, missing = self._start_delete(arq_uuids, project_id, may_be_bound, deadline)
        self._releaser.release(claims)
        if missing:
            raise NotFound(REQUEST, missing[0])

    @retry_on_deadlock
    def _start_delete(
        self,
        arq_uuids: Sequence[str],
        project_id: str | None,
        may_be_bound: bool,
        deadline: float | None,
    ) -> tuple[list[HostClaim], list[str]]:
        with self._database.writing() as session:
            requests.lock_requests(session, uuids=arq_uuids)
            check_deadline(deadline)
            found = requests.list_requests(session, uuids=arq_uuids, project_id=project_id)
            bound = [request.uuid for request in found if request.instance_uuid is not None]
            if bound and not may_be_bound:
                raise Forbidden(f"deleting the bound {REQUEST} {bound[0]} requires a service token")
            known = {request.uuid for request in found}
            return self._drop(session, known), [uuid for uuid in arq_uuids if uuid not in known]

    def delete_of_instance(
        self, instance_uuid: str, project_id: str | None, *, deadline: float | None = None
    ) -> None:
        """Delete all requests of an instance; none is no error."""
        self._releaser.release(self._start_delete_of_instance(instance_uuid, project_id, deadline))

    @retry_on_deadlock
    def _start_delete_of_instance(
        self, instance_uuid: str, project_id: str | None, deadline: float | None
    ) -> list[HostClaim]:
        with self._database.writing() as session:
            requests.lock_requests(session, instance_uuid=instance_uuid)
            check_deadline(deadline)
            found = requests.list_requests(
                session, instance_uuid=instance_uuid, project_id=project_id
            )
            return self._drop(session, {request.uuid for request in found})

    def _drop(self, session: Session, uuids: set[str]) -> list[HostClaim]:
        claims = handles.start_release(session, uuids, "deleted; the host must confirm")
        requests.delete_requests(session, sorted(uuids))
        return claims

    def undo(self, stuck: Sequence[tuple[str, str]], reason: str) -> int:
        """Undo binds that nobody will finish: (request uuid, binding id); returns how many."""
        claims = self._start_undo(stuck, reason)
        self._releaser.release(claims)
        return len(claims)

    @retry_on_deadlock
    def _start_undo(self, stuck: Sequence[tuple[str, str]], reason: str) -> list[HostClaim]:
        with self._database.writing() as session:
            undone = [
                uuid
                for uuid, binding_id in stuck
                if requests.change_state(
                    session,
                    uuid,
                    ArqAction.UNDO_BIND,
                    binding_id=binding_id,
                    reason=reason,
                    **_UNBOUND,
                )
            ]
            return handles.start_release(session, undone, reason)


@contextmanager
def _one_call_per_instance() -> Iterator[None]:
    try:
        yield
    except db_exception.DBDuplicateEntry as error:
        raise InvalidInput(
            "the instance is being given accelerator requests by another call"
        ) from error


def _load(
    session: Session, uuids: Sequence[str], project_id: str | None
) -> dict[str, AcceleratorRequest]:
    requests.lock_requests(session, uuids=uuids)
    found = {
        request.uuid: request
        for request in requests.list_requests(session, uuids=uuids, project_id=project_id)
    }
    for uuid in uuids:
        if uuid not in found:
            raise NotFound(REQUEST, uuid)
    return found


def _is_bound_as(request: AcceleratorRequest, binding: Binding) -> bool:
    return request.state is ArqState.BOUND and (
        request.hostname,
        request.device_rp_uuid,
        request.instance_uuid,
    ) == (binding.hostname, binding.device_rp_uuid, binding.instance_uuid)


def _check_instances(session: Session, bindings: Sequence[Binding]) -> None:
    taken = requests.instances_with_requests(
        session, {binding.instance_uuid for binding in bindings}
    )
    if taken:
        raise InvalidInput(f"instance {min(taken)} has accelerator requests already")


def _check_providers(
    session: Session, bindings: Sequence[Binding], found: Mapping[str, AcceleratorRequest]
) -> dict[str, Provider]:
    providers = handles.find_providers(session, {item.device_rp_uuid for item in bindings})
    traits = devices.traits_by_deployable(
        session, {provider.deployable_id for provider in providers.values()}
    )
    for binding in bindings:
        request = found[binding.arq_uuid]
        next_state(request.state, ArqAction.START_BIND)
        provider = providers.get(binding.device_rp_uuid)
        if provider is None:
            raise NotFound("deployable of resource provider", binding.device_rp_uuid)
        if provider.hostname != binding.hostname:
            raise InvalidInput(
                f"resource provider {provider.rp_uuid} is on host {provider.hostname},"
                f" not on {binding.hostname}"
            )
        refusal = refuse_provider(
            request.group, provider.resource_class, traits.get(provider.deployable_id, ())
        )
        if refusal is not None:
            raise InvalidInput(
                f"resource provider {provider.rp_uuid} cannot serve {REQUEST}"
                f" {request.uuid}: {refusal}"
            )
        if provider.status != ENABLED:
            raise Conflict(f"device {provider.device_uuid} is in maintenance")
        if provider.state != PRESENT:
            raise Conflict(f"device {provider.device_uuid} is missing from its host")
    return providers
