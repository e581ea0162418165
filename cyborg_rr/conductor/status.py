"""The operator's word: a device is taken out of use or put back; so are attach handles.

A handle is quarantined, cleaned again, or declared clean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oslo_log import log
from oslo_utils import uuidutils

from cyborg_rr.conductor.agents import Agents
from cyborg_rr.conductor.deadline import check_time
from cyborg_rr.conductor.publishing.publishers import Publisher, tell_all
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.hardware import devices, handles, records
from cyborg_rr.db.hardware.handles import HostClaim
from cyborg_rr.db.hardware.life import change_state
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import InvalidInput, InvalidState, NotFound
from cyborg_rr.domain.hardware.life import HandleAction, next_state
from cyborg_rr.domain.hardware.stored import (
    HandleRecord,
    HandleState,
    OperatorStatus,
    StatusNote,
    StoredDevice,
)
from cyborg_rr.domain.requests import Mandate

LOG = log.getLogger(__name__)
NOUN = "attach handle"

QUARANTINED = "operator"
"""The code of a quarantine that an operator put."""

ACCEPTED = "operator"
"""The method of a clean that an operator vouches for."""


class DeviceStatus:
    """Stores whether a device may be used, and tells the publishers."""

    def __init__(self, database: Database, publishers: Sequence[Publisher]) -> None:
        self._database = database
        self._publishers = publishers

    def set_status(self, device_uuid: str, status: str, note: StatusNote, mandate: Mandate) -> None:
        """Take a device out of use or put it back; publishers then reserve or free it outside."""
        if status not in tuple(OperatorStatus):
            raise InvalidInput(
                f"a device's status is {' or '.join(OperatorStatus)}, not {status!r}"
            )
        device = self._store(device_uuid, status, note, mandate)
        LOG.info(
            "Device %s of host %s is %s by %s: %s",
            device_uuid,
            device.hostname,
            status,
            note.author or "somebody",
            note.reason or "no reason is given",
        )
        tell_all(self._publishers, device.hostname)

    @retry_on_deadlock
    def _store(
        self, device_uuid: str, status: str, note: StatusNote, mandate: Mandate
    ) -> StoredDevice:
        with self._database.writing() as session:
            device = devices.set_device_status(session, device_uuid, status, note)
            check_time(mandate)
            return device


class HandleStates:
    """Takes attach handles out of use and puts them back, as operators say."""

    def __init__(
        self,
        database: Database,
        agents: Agents,
        releaser: Releaser,
        publishers: Sequence[Publisher],
    ) -> None:
        self._database = database
        self._agents = agents
        self._releaser = releaser
        self._publishers = publishers

    def quarantine(self, uuid: str, reason: str, who: str, mandate: Mandate) -> None:
        """Keep a handle that nobody holds from being handed out; repeating it renews the reason.

        ``NotFound``, or ``InvalidState`` when it is held or its host has not let go of it.
        """
        record = self._change(
            uuid, HandleAction.QUARANTINE, mandate, reason_code=QUARANTINED, reason=reason
        )
        LOG.warning("%s is quarantined by %s: %s", _name(record), who, reason)
        tell_all(self._publishers, record.hostname)

    def retry_clean(self, uuid: str, who: str, mandate: Mandate) -> None:
        """Let its host clean a quarantined handle again; one that is dirty already stays so.

        The clean gets a binding of its own, so that no late word on the last one counts for it. A
        host that does not answer now is asked again later.
        """
        record = self._find(uuid)
        if record.state is HandleState.DIRTY:
            return
        try:
            record = self._change(
                uuid,
                HandleAction.RETRY_CLEAN,
                mandate,
                binding_id=uuidutils.generate_uuid(),
                reason_code=None,
                reason=f"cleaned again for {who}",
            )
        except InvalidState:
            if self._find(uuid).state is HandleState.DIRTY:
                return  # another call was faster
            raise
        LOG.info("%s is cleaned again for %s", _name(record), who)
        tell_all(self._publishers, record.hostname)
        item = self._find_claim(uuid)
        if item is not None:
            self._releaser.drive([item])

    def accept(self, uuid: str, reason: str, who: str, mandate: Mandate) -> None:
        """Take the operator's word that a quarantined handle is clean; a free one stays so.

        Its host is told first, for it would refuse the next claim: ``AgentUnavailable`` when it
        does not answer, ``Conflict`` while it is cleaning.
        """
        record = self._find(uuid)
        if record.state is HandleState.FREE:
            return
        next_state(record.state, HandleAction.ACCEPT)
        item = self._find_claim(uuid)
        if item is not None:
            self._agents.declare_clean(item.place, [item.claim])
        self._change(
            uuid,
            HandleAction.ACCEPT,
            mandate,
            served=None if item is None else item.claim.binding_id,
            clean_method=ACCEPTED,
            cleaned_at=utc_now(),
        )
        LOG.warning("%s is declared clean by %s: %s", _name(record), who, reason)
        tell_all(self._publishers, record.hostname)

    def _find(self, uuid: str) -> HandleRecord:
        with self._database.reading() as session:
            return _get(session, uuid)

    def _find_claim(self, uuid: str) -> HostClaim | None:
        with self._database.reading() as session:
            return handles.find_claim(session, uuid)

    @retry_on_deadlock
    def _change(
        self,
        uuid: str,
        action: HandleAction,
        mandate: Mandate,
        served: str | None = None,
        **columns: Any,
    ) -> HandleRecord:
        """Take the handle through the table, or raise why that is not possible."""
        with self._database.writing() as session:
            changed = change_state(session, action, *records.is_handle(uuid, served), **columns)
            record = _get(session, uuid)
            if not changed:
                next_state(record.state, action)
                raise InvalidState(f"attach handle {uuid} is being changed by somebody else")
            check_time(mandate)
            return record


def _get(session: Session, uuid: str) -> HandleRecord:
    record = records.find_handle(session, uuid)
    if record is None:
        raise NotFound(NOUN, uuid)
    return record


def _name(record: HandleRecord) -> str:
    return f"attach handle {record.uuid} of {record.deployable_name}"
