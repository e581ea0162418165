"""That a conductor has come: what was asked before may have been heard by nobody."""

from __future__ import annotations

from collections.abc import Callable

from cyborg_rr.domain.errors import AgentUnavailable


class Coming:
    """Ends the calls that wait when a conductor comes; they are made anew, and answered sooner.

    A call that was made while there was no conductor, nor a queue for one, has gone nowhere.
    """

    def __init__(self) -> None:
        self._times = 0

    def note(self) -> None:
        """A conductor has come."""
        self._times += 1

    def watch(self) -> Callable[[], None]:
        """What raises ``AgentUnavailable`` once a conductor has come."""
        before = self._times

        def check() -> None:
            if self._times != before:
                raise AgentUnavailable("a conductor has come, and is asked anew")

        return check
