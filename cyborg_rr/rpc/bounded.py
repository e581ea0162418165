"""Calls that end in time even when the message bus is not there.

oslo.messaging bounds the wait for an answer, but tries for ever to reach a broker that is down. A
few such calls would hold every thread of the API.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from cyborg_rr.domain.errors import AgentUnavailable

_Outcome = tuple[Any, BaseException | None]

GRACE_SECONDS = 2.0
"""What a call may take beyond its own timeout before it is left alone."""

LOOK_SECONDS = 1.0
"""Between two looks whether anybody is there who may answer."""

MAX_ABANDONED = 64
"""Calls that may hang at a time; while there are so many, new ones are refused at once."""


class BoundedCalls:
    """Makes each call in a thread of its own, which is left behind when it takes too long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._abandoned = 0

    def run(
        self,
        call: Callable[[], Any],
        timeout_seconds: float,
        check: Callable[[], None] = lambda: None,
    ) -> Any:
        """What the call returns or raises; ``AgentUnavailable`` when it does not end in time.

        ``check`` is asked all the while; what it raises ends the wait. The call may then be
        answered yet, and is waited for by its own thread alone.
        """
        if self._abandoned >= MAX_ABANDONED:
            raise AgentUnavailable("the message bus does not answer")
        outcome: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()
        is_over = threading.Event()

        def work() -> None:
            try:
                outcome.put((call(), None))
            except BaseException as error:  # noqa: BLE001  # raised again in the caller's thread
                outcome.put((None, error))
            with self._lock:
                if is_over.is_set():
                    self._abandoned -= 1
                is_over.set()

        threading.Thread(target=work, name="rpc-call", daemon=True).start()
        try:
            answer, error = _await(outcome, timeout_seconds + GRACE_SECONDS, check)
        except queue.Empty:
            with self._lock:
                if not is_over.is_set():
                    self._abandoned += 1
                is_over.set()
            raise AgentUnavailable("the message bus does not answer") from None
        if error is not None:
            raise error
        return answer


def _await(
    outcome: queue.SimpleQueue[_Outcome], seconds: float, check: Callable[[], None]
) -> _Outcome:
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        try:
            return outcome.get(timeout=max(0.0, min(left, LOOK_SECONDS)))
        except queue.Empty:
            if left <= LOOK_SECONDS:
                raise
        check()
