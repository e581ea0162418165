"""Progress of work that takes longer than a second, for people who wait."""

from __future__ import annotations

import sys
import time
from types import TracebackType

QUIET_SECONDS = 1.0
RENEWAL_SECONDS = 0.5


class ProgressLine:
    """Says ``done of all`` on standard error once the work has lasted a second.

    On a terminal one line is renewed; elsewhere a line is added at each tenth of the work.
    """

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._began = time.monotonic()
        self._shown_at = 0.0
        self._tenth = 0
        self._line_open = False

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._line_open:
            print(file=sys.stderr)

    def show(self, done: int, total: int) -> None:
        """Tell how far the work is."""
        now = time.monotonic()
        if now - self._began < QUIET_SECONDS:
            return
        text = f"{done} of {total} {self._noun}"
        if sys.stderr.isatty():
            if done == total or now - self._shown_at >= RENEWAL_SECONDS:
                print(f"\r{text}", end="", file=sys.stderr, flush=True)
                self._line_open = True
                self._shown_at = now
        elif done * 10 // total > self._tenth or done == total:
            self._tenth = done * 10 // total
            print(text, file=sys.stderr, flush=True)
