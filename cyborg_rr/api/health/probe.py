"""A question to a dependency that may hang: asked once for all who want to know, never twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: a code for programs, and for the log the error that says why."""

    code: str
    error: Exception | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return self.code == OK


OK = "ok"
NO_ANSWER = Finding("no_answer")


@dataclass(slots=True)
class _Run:
    began: float = field(default_factory=time.monotonic)
    is_done: threading.Event = field(default_factory=threading.Event)
    finding: Finding = NO_ANSWER


class Probe:
    """Asks in a thread of its own, of which there is never more than one.

    Whoever asks while it runs gets the same answer; so does whoever asks within ``fresh_seconds``
    of its beginning. What takes more than ``seconds`` counts as no answer for as long as it hangs.
    """

    def __init__(
        self, ask: Callable[[], Finding], seconds: float, fresh_seconds: float = 0.0
    ) -> None:
        self._ask = ask
        self._seconds = seconds
        self._fresh_seconds = fresh_seconds
        self._lock = threading.Lock()
        self._run: _Run | None = None

    def begin(self) -> None:
        """Have it asked, unless it is being asked or was a moment ago."""
        self._begin()

    def _begin(self) -> _Run:
        with self._lock:
            run = self._run
            if run is not None and not self._is_over(run):
                return run
            self._run = run = _Run()
        threading.Thread(target=self._work, args=(run,), name="health", daemon=True).start()
        return run

    def _is_over(self, run: _Run) -> bool:
        is_old = time.monotonic() >= run.began + self._fresh_seconds
        return is_old and run.is_done.is_set()

    def _work(self, run: _Run) -> None:
        try:
            run.finding = self._ask()
        except Exception as error:  # noqa: BLE001  # whatever it is, the dependency is not well
            run.finding = Finding("failed", error)
        run.is_done.set()

    def find(self) -> Finding:
        """The answer, within its seconds."""
        run = self._begin()
        is_done = run.is_done.wait(max(0.0, run.began + self._seconds - time.monotonic()))
        return run.finding if is_done else NO_ANSWER
