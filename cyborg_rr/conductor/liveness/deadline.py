"""Calls that come after their time: whoever made them has given up and may have gone on."""

from __future__ import annotations

import time

from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.requests import Mandate


def check_time(mandate: Mandate) -> None:
    """``AgentUnavailable`` when the caller, by this machine's own clock, waits no longer.

    A conductor that was stopped for a while finds such calls when it wakes. To be sure, look after
    the rows are locked: nobody can have acted on them between the look and the commit.
    """
    late = 0.0 if mandate.deadline is None else time.monotonic() - mandate.deadline
    if late > 0:
        raise AgentUnavailable(
            f"the call came too late, {late:.1f} s after its caller stopped waiting; nothing was"
            " changed"
        )
