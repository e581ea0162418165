"""What the bus offers of an agent; each method unpacks its message and calls one use case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from oslo_log import log

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.domain.errors import BY_CODE, AgentUnavailable, CyborgError, HandleInUse
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.refusals import answers_errors
from cyborg_rr.rpc.transport import TARGET

LOG = log.getLogger(__name__)


class AgentEndpoint:
    """The methods that the bus offers to conductors."""

    target = TARGET

    def __init__(
        self,
        attachments: Attachments,
        on_release: Callable[[str], None] = lambda _host: None,
        on_conductor: Callable[[], None] = lambda: None,
    ) -> None:
        self._attachments = attachments
        self._on_release = on_release
        self._on_conductor = on_conductor

    def conductor_came(self, _context: Any, **_later: Any) -> None:
        """A conductor takes calls from now on; it tells all agents."""
        self._on_conductor()

    @answers_errors
    def prepare(self, _context: Any, host: str, claims: Any, host_id: str | None = None) -> None:
        """See ``Attachments.prepare``; conductors of the first release do not know the host's id.

        Nor do they know that a refusal names the binding.
        """
        with _errors_that_cross():
            name = self._attachments.get_hostname(host, host_id)
            try:
                self._attachments.prepare(name, messages.parse_claims(claims))
            except HandleInUse as error:
                raise error if host_id is not None else HandleInUse(str(error)) from error

    @answers_errors
    def release(
        self, _context: Any, host: str, claims: Any, host_id: str | None = None
    ) -> dict[str, Any]:
        """See ``Attachments.release``; conductors of the first release drop the answer."""
        with _errors_that_cross():
            name = self._attachments.get_hostname(host, host_id)
            told = self._attachments.release(name, messages.parse_claims(claims))
            self._on_release(name)
        return messages.render_cleanings(told)

    @answers_errors
    def clean(
        self, _context: Any, host: str, claims: Any, host_id: str | None = None
    ) -> dict[str, Any]:
        """See ``Cleaner.clean``."""
        with _errors_that_cross():
            name = self._attachments.get_hostname(host, host_id)
            told = self._attachments.cleaner.clean(name, messages.parse_claims(claims))
        return messages.render_cleanings(told)

    @answers_errors
    def declare_clean(
        self, _context: Any, host: str, claims: Any, host_id: str | None = None
    ) -> None:
        """See ``Cleaner.declare_clean``."""
        with _errors_that_cross():
            name = self._attachments.get_hostname(host, host_id)
            self._attachments.cleaner.declare_clean(name, messages.parse_claims(claims))


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
