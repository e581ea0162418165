"""What conductors tell each other of whom they heard, and what the API asks them about that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.rpc.bounded import BoundedCalls
from cyborg_rr.rpc.refusals import read_answer
from cyborg_rr.rpc.transport import (
    CONDUCTOR_TOPIC,
    LIVENESS_TOPIC,
    MessagingException,
    MessagingTimeout,
    NoSuchMethod,
    RemoteError,
    make_client,
)

SECONDS = 3.0
"""It is answered from memory, by workers that do nothing else."""


class LivenessClient:
    """Casts to all conductors, and calls to any one of them."""

    def __init__(self, transport: Any) -> None:
        self._calls = BoundedCalls()
        self._client = make_client(transport, LIVENESS_TOPIC, SECONDS)
        self._any = make_client(transport, CONDUCTOR_TOPIC, SECONDS)

    def tell_all(self, **word: Any) -> None:
        """Tell every conductor, this one too; ``AgentUnavailable`` where the bus takes nothing."""
        self._run(lambda: self._client.prepare(fanout=True).cast({}, "hear", **word))

    def has_silent_conductor(self, times: int) -> bool:
        """Whether of so many calls one is taken by a conductor that tells nobody whom it heard.

        That is one of the first release, which has no such method; the bus lets conductors take
        turns. ``AgentUnavailable`` where no conductor answers.
        """
        for _ in range(times):
            try:
                self._run(lambda: self._any.call({}, "tells_whom_it_heard"))
            except NoSuchMethod:
                return True
            except RemoteError as error:
                if error.exc_type == NoSuchMethod.__name__:
                    return True
                raise AgentUnavailable("a conductor failed to answer") from error
        return False

    def is_any_there(self) -> bool:
        """Whether a conductor of any release answers now, by the bus alone.

        ``AgentUnavailable`` where the bus does not take the question.
        """
        try:
            self._calls.run(lambda: self._any.call({}, "tells_whom_it_heard"), SECONDS)
        except (NoSuchMethod, RemoteError):
            return True  # one of the first release says that it has no such method
        except MessagingTimeout:
            return False
        except MessagingException as error:
            raise AgentUnavailable("the message bus does not take calls") from error
        return True

    def list_last_seen(self, hostnames: Sequence[str]) -> dict[str, float]:
        """Seconds since these hosts were heard, as far as any conductor knows.

        ``AgentUnavailable`` where no conductor answers.
        """
        names = list(hostnames)
        answer: Mapping[str, Any] = read_answer(
            self._run(lambda: self._client.call({}, "list_last_seen", hosts=names))
        )
        return {str(name): float(age) for name, age in answer.items()}

    def _run(self, send: Any) -> Any:
        try:
            return self._calls.run(send, SECONDS)
        except (NoSuchMethod, RemoteError):
            raise  # the bus did its work
        except MessagingException as error:
            raise AgentUnavailable("no conductor answers") from error

    def check_bus(self, seconds: float) -> None:
        """Let a message go through the bus; ``AgentUnavailable`` where that takes no messages.

        Any conductor answers it; that none does says nothing of the bus.
        """
        prepared = self._client.prepare(timeout=seconds)
        try:
            self._calls.run(lambda: prepared.call({}, "list_last_seen", hosts=[]), seconds)
        except (MessagingTimeout, NoSuchMethod, RemoteError):
            return  # the bus did its work
        except MessagingException as error:
            raise AgentUnavailable("the message bus does not take calls") from error
