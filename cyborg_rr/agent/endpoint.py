"""What the bus offers of an agent; each method unpacks its message and calls one use case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oslo_log import log

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.domain.errors import BY_CODE, AgentUnavailable, CyborgError
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.refusals import answers_errors
from cyborg_rr.rpc.transport import TARGET

LOG = log.getLogger(__name__)


class AgentEndpoint:
    """The methods that the bus offers to conductors."""

    target = TARGET

    def __init__(self, attachments: Attachments) -> None:
        self._attachments = attachments

    @answers_errors
    def prepare(self, _context: Any, host: str, claims: Any) -> None:
        """See ``Attachments.prepare``."""
        with _errors_that_cross():
            self._attachments.prepare(host, messages.parse_claims(claims))

    @answers_errors
    def release(self, _context: Any, host: str, claims: Any) -> dict[str, Any]:
        """See ``Attachments.release``; conductors of the first release drop the answer."""
        with _errors_that_cross():
            told = self._attachments.release(host, messages.parse_claims(claims))
        return messages.render_cleanings(told)

    @answers_errors
    def clean(self, _context: Any, host: str, claims: Any) -> dict[str, Any]:
        """See ``Attachments.clean``."""
        with _errors_that_cross():
            told = self._attachments.clean(host, messages.parse_claims(claims))
        return messages.render_cleanings(told)

    @answers_errors
    def accept(self, _context: Any, host: str, claims: Any) -> None:
        """See ``Attachments.accept``."""
        with _errors_that_cross():
            self._attachments.accept(host, messages.parse_claims(claims))


@contextmanager
def _errors_that_cross() -> Iterator[None]:
    """A driver's own errors cross the bus as ``AgentUnavailable``: the far side has no drivers."""
    try:
        yield
    except Exception as error:
        if isinstance(error, CyborgError) and error.code in BY_CODE:
            raise
        LOG.exception("A handle could not be handed out or taken back")
        raise AgentUnavailable(f"the host failed: {' '.join(str(error).split())}") from error
