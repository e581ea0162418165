"""Waiting for the signal that ends a service."""

from __future__ import annotations

import os
import signal
from types import FrameType


def wait_for_end() -> None:
    """Return on SIGTERM or SIGINT; a second one ends the process at once.

    What is waited for is what the interpreter writes when a signal comes: a wait for a lock does
    not end with a signal that another thread gets, or that comes just before it.
    """
    received: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(number, signal.SIG_DFL)

    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        while not received:
            os.read(reader, 1)
    finally:
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)
