"""What the bus offers of a conductor; each method unpacks its message and calls one use case."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from oslo_db import exception as db_exception
from oslo_log import log

from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.hosts import Hosts
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conductor.status import DeviceStatus, HandleStates
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.db.faults import tell_fault
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.hardware.hosts import Speaker
from cyborg_rr.domain.hardware.keys import hash_key
from cyborg_rr.domain.hardware.stored import StatusNote
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.changes import Whole, apply_changes, parse_changes
from cyborg_rr.rpc.refusals import answers_errors
from cyborg_rr.rpc.texts import check_texts
from cyborg_rr.rpc.transport import TARGET

LOG = log.getLogger(__name__)

_PASSING_TROUBLE = (
    db_exception.DBConnectionError,
    db_exception.DBDeadlock,
    db_exception.CantStartEngineError,
)
"""Errors of the database that pass: the caller may come again."""


def _answers(method: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Decorator of a method: errors of the domain, and of a database that is away, go back.

    A message with a text that cannot be stored is refused.
    """

    @functools.wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        check_texts((arguments[1:], named), f"the message {method.__name__}")
        try:
            return method(*arguments, **named)
        except _PASSING_TROUBLE as error:
            told = tell_fault(error)
            LOG.error("The database %s: %s", told, error)
            raise AgentUnavailable(f"the conductor's database {told}") from error

    return answers_errors(call)


class ConductorEndpoint:
    """The methods that the bus offers to API processes and agents."""

    target = TARGET

    def __init__(
        self,
        binder: Binder,
        unbinder: Unbinder,
        reporter: Reporter,
        status: DeviceStatus,
        handles: HandleStates,
        hosts: Hosts,
        received_at: Callable[[], float] = time.monotonic,
    ) -> None:
        self._binder = binder
        self._unbinder = unbinder
        self._reporter = reporter
        self._status = status
        self._handles = handles
        self._hosts = hosts
        self._received_at = received_at

    def _parse(
        self, context: Any, project_id: str | None = None, *, may_be_bound: bool = True
    ) -> Mandate:
        """What the caller may do; what it has left to wait is counted from when the call came."""
        return messages.parse_mandate(
            context, project_id, may_be_bound=may_be_bound, received_at=self._received_at()
        )

    @_answers
    def tells_whom_it_heard(self, _context: Any) -> bool:
        """That this conductor does: one of the first release cannot answer, and does not."""
        return True

    @_answers
    def bind(self, context: Any, bindings: Any, project_id: str | None) -> None:
        """See ``Binder.bind``."""
        mandate = self._parse(context, project_id)
        self._binder.bind(messages.parse_bindings(bindings), mandate)

    @_answers
    def unbind(self, context: Any, arq_uuids: list[str], project_id: str | None) -> None:
        """See ``Unbinder.unbind``."""
        self._unbinder.unbind(arq_uuids, self._parse(context, project_id))

    @_answers
    def delete_requests(
        self, context: Any, arq_uuids: list[str], project_id: str | None, may_be_bound: bool
    ) -> None:
        """See ``Unbinder.delete``."""
        mandate = self._parse(context, project_id, may_be_bound=may_be_bound)
        self._unbinder.delete(arq_uuids, mandate)

    @_answers
    def delete_requests_of_instance(
        self, context: Any, instance_uuid: str, project_id: str | None
    ) -> None:
        """See ``Unbinder.delete_of_instance``."""
        mandate = self._parse(context, project_id)
        self._unbinder.delete_of_instance(instance_uuid, mandate)

    @_answers
    def set_device_status(self, context: Any, device_uuid: str, status: str) -> None:
        """See ``DeviceStatus.set_status``; callers of the first release say no more than this."""
        self._status.set_status(device_uuid, status, StatusNote(), self._parse(context))

    @_answers
    def note_device_status(self, context: Any, device_uuid: str, status: str, note: Any) -> None:
        """See ``DeviceStatus.set_status``."""
        mandate = self._parse(context)
        self._status.set_status(device_uuid, status, messages.parse_status_note(note), mandate)

    @_answers
    def quarantine_handle(self, context: Any, handle_uuid: str, reason: str, who: str) -> None:
        """See ``HandleStates.quarantine``."""
        self._handles.quarantine(handle_uuid, reason, who, self._parse(context))

    @_answers
    def retry_clean(self, context: Any, handle_uuid: str, who: str) -> None:
        """See ``HandleStates.retry_clean``."""
        self._handles.retry_clean(handle_uuid, who, self._parse(context))

    @_answers
    def accept_handle(self, context: Any, handle_uuid: str, reason: str, who: str) -> None:
        """See ``HandleStates.accept``."""
        self._handles.accept(handle_uuid, reason, who, self._parse(context))

    @_answers
    def synchronise_host(
        self, context: Any, host: str, agent: str, content_hash: str, claims: Any
    ) -> dict[str, Any]:
        """See ``Reporter.synchronise``; what it says back is in words that the agent knows."""
        identity = messages.parse_host(context)
        told = self._reporter.synchronise(
            host,
            agent,
            content_hash,
            messages.parse_claims(claims),
            identity,
            messages.parse_cleanings(context),
            self._parse(context),
            messages.parse_word(context),
        )
        minor = 0 if identity is None else identity.minor
        return {
            "known": told.known,
            "release": messages.render_claims(told.release, minor),
            "held": messages.render_claims(told.held, minor),
            "minor": messages.MINOR,
        }

    @_answers
    def report(self, context: Any, agent: str, snapshot: Any) -> None:
        """See ``Reporter.report``."""
        self._take_report(context, agent, Whole(snapshot, messages.render_document(snapshot)))

    @_answers
    def report_changes(self, context: Any, agent: str, changes: Any) -> dict[str, Any]:
        """Take what ``rpc.changes`` make of the report before; not ``taken``: send the whole."""
        stated = parse_changes(changes)
        speaker = Speaker(stated.hostname, agent, messages.parse_host(context))
        document = self._reporter.find_document(speaker, stated.base)
        whole = None if document is None else apply_changes(document, stated)
        if whole is not None:
            self._take_report(context, agent, whole)
        return {"taken": whole is not None}

    def _take_report(self, context: Any, agent: str, whole: Whole) -> None:
        self._reporter.report(
            agent,
            messages.parse_snapshot(whole.content),
            hash_key(whole.document),
            self._parse(context),
            messages.parse_host(context),
            whole.document,
            messages.parse_word(context),
        )

    @_answers
    def remove_host(self, context: Any, host: str) -> None:
        """See ``Hosts.remove``."""
        self._hosts.remove(host, self._parse(context))
