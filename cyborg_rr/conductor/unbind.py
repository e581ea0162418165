"""Unbinding and deleting accelerator requests, and undoing binds that nobody will finish."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cyborg_rr.conductor.liveness.deadline import check_time
from cyborg_rr.conductor.preconditions import REQUEST, load_requests
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.db import requests
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.hardware import handles
from cyborg_rr.db.hardware.handles import HostClaim
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import Forbidden, NotFound
from cyborg_rr.domain.requests import ArqAction, Mandate

_UNBOUND = {
    "hostname": None,
    "provider_uuid": None,
    "instance_uuid": None,
    "instance_slot": None,
    "new_binding_id": None,
    "conductor": None,
    "bind_started_at": None,
    "trouble": None,
    "trouble_since": None,
}
"""What a request has when it is bound to nothing."""


class Unbinder:
    """Takes requests from what they are bound to."""

    def __init__(self, database: Database, releaser: Releaser) -> None:
        self._database = database
        self._releaser = releaser

    def unbind(self, arq_uuids: Sequence[str], mandate: Mandate) -> None:
        """Unbind; a request that is bound to nothing stays so. ``NotFound`` for an unknown one."""
        self._releaser.release(self._start_unbind(arq_uuids, mandate))

    @retry_on_deadlock
    def _start_unbind(self, arq_uuids: Sequence[str], mandate: Mandate) -> list[HostClaim]:
        with self._database.writing() as session:
            load_requests(session, arq_uuids, mandate)
            check_time(mandate)
            for uuid in arq_uuids:
                requests.change_state(session, uuid, ArqAction.UNBIND, reason=None, **_UNBOUND)
            return handles.start_release(session, arq_uuids, "unbound; the host must confirm")

    def delete(self, arq_uuids: Sequence[str], mandate: Mandate) -> None:
        """Delete those that exist; then ``NotFound`` names the first that did not.

        ``Forbidden`` when one is bound to an instance and that may not be: the caller's own look
        could not see a bind that came after it.
        """
        claims, missing = self._start_delete(arq_uuids, mandate)
        self._releaser.release(claims)
        if missing:
            raise NotFound(REQUEST, missing[0])

    @retry_on_deadlock
    def _start_delete(
        self,
        arq_uuids: Sequence[str],
        mandate: Mandate,
    ) -> tuple[list[HostClaim], list[str]]:
        with self._database.writing() as session:
            requests.lock_requests(session, uuids=arq_uuids)
            check_time(mandate)
            found = requests.list_requests(session, uuids=arq_uuids, project_id=mandate.project_id)
            bound = [request.uuid for request in found if request.instance_uuid is not None]
            if bound and not mandate.may_be_bound:
                raise Forbidden(f"deleting the bound {REQUEST} {bound[0]} requires a service token")
            known = {request.uuid for request in found}
            return self._drop(session, known), [uuid for uuid in arq_uuids if uuid not in known]

    def delete_of_instance(
        self, instance_uuid: str, mandate: Mandate, among: Collection[str] | None = None
    ) -> None:
        """Delete all requests of an instance, or those ``among`` some; none is no error."""
        self._releaser.release(self._start_delete_of_instance(instance_uuid, mandate, among))

    @retry_on_deadlock
    def _start_delete_of_instance(
        self, instance_uuid: str, mandate: Mandate, among: Collection[str] | None
    ) -> list[HostClaim]:
        with self._database.writing() as session:
            requests.lock_requests(session, instance_uuid=instance_uuid)
            check_time(mandate)
            found = requests.list_requests(
                session,
                instance_uuid=instance_uuid,
                project_id=mandate.project_id,
                uuids=among,
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
