"""What API processes and agents ask of the conductor."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Protocol

from cyborg_rr import codec
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.hardware.hosts import AgentWord, HostIdentity
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.hardware.stored import StatusNote
from cyborg_rr.domain.requests import Binding, Claim, Mandate
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.bounded import BoundedCalls
from cyborg_rr.rpc.liveness_client import LivenessClient
from cyborg_rr.rpc.messages import HostAnswer
from cyborg_rr.rpc.refusals import read_answer
from cyborg_rr.rpc.transport import (
    CONDUCTOR_TOPIC,
    MessagingException,
    MessagingTimeout,
    NoSuchMethod,
    RemoteError,
    make_client,
)
from cyborg_rr.rpc.waiting import Waiting

SYNCHRONISE_SECONDS = 10.0
"""A synchronisation is three queries; whoever takes longer is not there."""


class Attendance(Protocol):
    """Knows whether anybody is there who may answer."""

    def watch(self) -> Callable[[], None]:
        """``AgentUnavailable`` where nobody is; what it returns raises that once nobody is left.

        It is asked every second by each call that waits, and must return soon.
        """
        ...


class _Unknown:
    """Says nothing: every call is waited for."""

    def watch(self) -> Callable[[], None]:
        return lambda: None


class ConductorClient:
    """Calls to the conductor; errors of the domain come back as they were raised.

    What the API asks waits only as ``waiting`` allows; ``HostBusy`` beyond that. Nobody is asked
    and nobody waits where ``attendance`` knows that no conductor is there. One that took a call
    tells of itself until it answers; when it is silent for ``silence_seconds`` it has died.
    """

    def __init__(
        self,
        transport: Any,
        timeout_seconds: float,
        waiting: Waiting | None = None,
        attendance: Attendance | None = None,
        silence_seconds: int | None = None,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._waiting = waiting
        self._attendance = attendance or _Unknown()
        self._silence_seconds = silence_seconds
        self._calls = BoundedCalls()
        self._client = make_client(transport, CONDUCTOR_TOPIC, timeout_seconds)
        self._liveness = LivenessClient(transport)

    def _call(self, method: str, hosts: Collection[str] = (), /, **arguments: Any) -> Any:
        self._attendance.watch()  # before it takes anybody's place
        with nullcontext() if self._waiting is None else self._waiting.on(hosts):
            return self._call_within(self._timeout_seconds, method, None, **arguments)

    def _call_within(
        self,
        timeout_seconds: float,
        method: str,
        caller: HostIdentity | None,
        told: Cleanings | None = None,
        word: AgentWord | None = None,
        /,
        **arguments: Any,
    ) -> Any:
        check = self._attendance.watch()
        try:
            context = messages.make_context(timeout_seconds, caller, told, word)
            prepared = self._client.prepare(
                timeout=timeout_seconds, call_monitor_timeout=self._silence_seconds
            )
            answer = self._calls.run(
                lambda: prepared.call(context, method, **arguments), timeout_seconds, check
            )
        except MessagingTimeout as error:
            raise AgentUnavailable(f"no conductor answered {method} in time") from error
        except NoSuchMethod:
            raise
        except RemoteError as error:
            if error.exc_type == NoSuchMethod.__name__:
                raise NoSuchMethod(method) from error
            raise  # the bus did its work: a fault of the conductor's, whose log explains it
        except MessagingException as error:
            raise AgentUnavailable("the message bus does not take calls") from error
        return read_answer(answer)

    def bind(self, bindings: Sequence[Binding], mandate: Mandate) -> None:
        """Bind all the requests or none."""
        self._call(
            "bind",
            {binding.hostname for binding in bindings},
            bindings=messages.render_bindings(bindings),
            project_id=mandate.project_id,
        )

    def unbind(self, arq_uuids: Sequence[str], mandate: Mandate) -> None:
        """Unbind requests; one that is unbound already stays so."""
        self._call("unbind", arq_uuids=list(arq_uuids), project_id=mandate.project_id)

    def delete_requests(self, arq_uuids: Sequence[str], mandate: Mandate) -> None:
        """Delete those that exist, then raise ``NotFound`` when one did not.

        ``Forbidden`` when one is bound to an instance and the mandate excludes that.
        """
        self._call(
            "delete_requests",
            arq_uuids=list(arq_uuids),
            project_id=mandate.project_id,
            may_be_bound=mandate.may_be_bound,
        )

    def delete_requests_of_instance(self, instance_uuid: str, mandate: Mandate) -> None:
        """Delete all requests of an instance; none is no error."""
        self._call(
            "delete_requests_of_instance",
            instance_uuid=instance_uuid,
            project_id=mandate.project_id,
        )

    def set_device_status(self, device_uuid: str, status: str, note: StatusNote) -> None:
        """Take a device out of use (maintaining) or put it back (enabled).

        An older conductor, beside which this API runs while they are upgraded, keeps no note.
        """
        arguments = {"device_uuid": device_uuid, "status": status}
        try:
            self._call("note_device_status", **arguments, note=codec.render(note))
        except NoSuchMethod:
            self._call("set_device_status", **arguments)

    def quarantine_handle(self, handle_uuid: str, reason: str, who: str) -> None:
        """Keep a handle that nobody holds from being handed out; ``InvalidState`` if it is held."""
        self._call("quarantine_handle", handle_uuid=handle_uuid, reason=reason, who=who)

    def retry_clean(self, handle_uuid: str, who: str) -> None:
        """Let its host clean a quarantined handle again."""
        self._call("retry_clean", handle_uuid=handle_uuid, who=who)

    def accept_handle(self, handle_uuid: str, reason: str, who: str) -> None:
        """Take the operator's word that a quarantined handle is clean: it is free."""
        self._call("accept_handle", handle_uuid=handle_uuid, reason=reason, who=who)

    def remove_host(self, hostname: str) -> None:
        """Forget a host that holds nothing, with its devices."""
        self._call("remove_host", host=hostname)

    def list_last_seen(self, hostnames: Sequence[str]) -> dict[str, float]:
        """Seconds since these hosts were heard; ``AgentUnavailable`` where no conductor answers."""
        self._attendance.watch()
        return self._liveness.list_last_seen(hostnames)

    def check_bus(self, seconds: float) -> None:
        """``AgentUnavailable`` where the bus takes no messages; whoever answers does not matter."""
        self._liveness.check_bus(seconds)

    def synchronise_host(
        self,
        hostname: str,
        agent: str,
        content_hash: str,
        claims: Sequence[Claim],
        identity: HostIdentity | None = None,
        told: Cleanings | None = None,
        word: AgentWord | None = None,
    ) -> HostAnswer:
        """Tell a host's hash and claims, what it says of what it let go of, and of its drivers.

        ``HostRefused`` when the conductor knows it as another.
        """
        answer = self._call_within(
            SYNCHRONISE_SECONDS,
            "synchronise_host",
            identity,
            told,
            word,
            host=hostname,
            agent=agent,
            content_hash=content_hash,
            claims=messages.render_claims(claims, messages.FIRST_MINOR),
        )
        return messages.parse_host_answer(answer)

    def report(
        self,
        agent: str,
        snapshot: Mapping[str, Any],
        identity: HostIdentity | None = None,
        word: AgentWord | None = None,
    ) -> None:
        """Send all that a host has, as ``messages.render_snapshot`` renders it."""
        self._call_within(
            self._timeout_seconds, "report", identity, None, word, agent=agent, snapshot=snapshot
        )

    def report_changes(
        self, agent: str, changes: Mapping[str, Any], identity: HostIdentity
    ) -> bool:
        """Send what changed on a host, as ``changes.render_changes`` renders it.

        Whether that was taken; if not, all that the host has must be sent. So it is where an older
        conductor answers: they are upgraded one after the other, on one bus.
        """
        arguments = {"agent": agent, "changes": changes}
        try:
            answer = self._call_within(
                self._timeout_seconds, "report_changes", identity, **arguments
            )
        except NoSuchMethod:
            return False
        return bool(answer["taken"])
