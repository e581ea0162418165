"""Calls that end in time even when the message bus is not there.

oslo.messaging bounds the wait for an answer, but tries for ever to reach a broker that is down. A
few such calls would hold every thread of the API.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from cyborg_rr.domain.errors import AgentUnavailable

GRACE_SECONDS = 2.0
"""What a call may take beyond its own timeout before it is left alone."""

MAX_ABANDONED = 64
"""Calls that may hang at a time; while there are so many, new ones are refused at once."""


class BoundedCalls:
    """Makes each call in a thread of its own, which is left behind when it takes too long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._abandoned = 0

    def run(self, call: Callable[[], Any], timeout_seconds: float) -> Any:
        """What the call returns or raises; ``AgentUnavailable`` when it does not end in time."""
        if self._abandoned >= MAX_ABANDONED:
            raise AgentUnavailable("the message bus does not answer")
        outcome: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
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
            answer, error = outcome.get(timeout=timeout_seconds + GRACE_SECONDS)
        except queue.Empty:
            with self._lock:
                if not is_over.is_set():
                    self._abandoned += 1
                is_over.set()
            raise AgentUnavailable("the message bus does not answer") from None
        if error is not None:
            raise error
        return answer
