"""Waiting for the signal that ends a service."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType


def wait_for_end() -> None:
    """Return on SIGTERM or SIGINT; a second one ends the process at once."""
    ended = threading.Event()

    def end(number: int, _frame: FrameType | None) -> None:
        ended.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while not ended.wait(3600):
        pass


def end_soon() -> None:
    """End this process as a signal from outside would; may be called by any thread."""
    os.kill(os.getpid(), signal.SIGTERM)
