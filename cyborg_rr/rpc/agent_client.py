"""What the conductor asks of agents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.requests import Claim
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.bounded import BoundedCalls
from cyborg_rr.rpc.refusals import read_answer
from cyborg_rr.rpc.transport import (
    AGENT_TOPIC,
    MessagingException,
    MessagingTimeout,
    RemoteError,
    make_client,
)


class NoAnswer(AgentUnavailable):
    """The agent took too long: it may be dead, and it may yet do what it was asked."""

    code = "no_answer"


class AgentClient:
    """Calls to the agent that speaks for a host."""

    def __init__(self, transport: Any, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._calls = BoundedCalls()
        self._client = make_client(transport, AGENT_TOPIC, timeout_seconds)

    def _call(self, agent: str, method: str, **arguments: Any) -> Any:
        try:
            prepared = self._client.prepare(server=agent)
            context = messages.make_context(self._timeout_seconds)
            answer = self._calls.run(
                lambda: prepared.call(context, method, **arguments), self._timeout_seconds
            )
        except MessagingTimeout as error:
            raise NoAnswer(f"agent {agent} did not answer {method} in time") from error
        except RemoteError as error:
            raise AgentUnavailable(f"agent {agent} failed in {method}: {error.value}") from error
        except MessagingException as error:
            raise AgentUnavailable(f"the message bus does not take calls: {error}") from error
        return read_answer(answer)

    def tell_all_of_conductor(self) -> None:
        """Tell every agent that a conductor has come; those of the first release only log it.

        ``AgentUnavailable`` where the bus takes nothing.
        """
        fanout = self._client.prepare(fanout=True)
        try:
            self._calls.run(lambda: fanout.cast({}, "conductor_came"), self._timeout_seconds)
        except MessagingException as error:
            raise AgentUnavailable("the message bus does not take calls") from error

    def prepare(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """Claim and prepare all the handles on the host, or none; ``HandleInUse`` when refused."""
        self._call_about(place, "prepare", claims)

    def release(self, place: AgentPlace, claims: Sequence[Claim]) -> Cleanings | None:
        """Release the handles; one that is not claimed by that binding is no error.

        Tells where the host is with the clean of each; None: it is of the first release.
        """
        return self._call_about(place, "release", claims)

    def clean(self, place: AgentPlace, claims: Sequence[Claim]) -> Cleanings | None:
        """Clean handles under these bindings, unless the host has begun to, or has done so."""
        return self._call_about(place, "clean", claims)

    def declare_clean(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """Take the operator's word that quarantined handles are clean; ``Conflict`` if not now."""
        self._call_about(place, "declare_clean", claims)

    def _call_about(
        self, place: AgentPlace, method: str, claims: Sequence[Claim]
    ) -> Cleanings | None:
        """A call about claims, in words that the agent knows; it refuses another host's id."""
        answer = self._call(
            place.agent,
            method,
            host=place.hostname,
            claims=messages.render_claims(claims, place.minor),
            **({} if place.host_id is None else {"host_id": place.host_id}),
        )
        return messages.parse_cleanings(answer)
