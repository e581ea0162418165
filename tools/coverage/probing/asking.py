"""A tool that is asked in a process of its own: one that dies answers no, and is started again."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from typing import Any

Ask = Callable[[bytes], str]
"""What a tool says against a model; nothing when it takes it."""

DIED = "the tool died"


class Process:
    """Asks a tool that ``start`` makes."""

    def __init__(self, start: Callable[[], Ask], seconds: float = 60.0, length: int = 300) -> None:
        self._start = start
        self._seconds = seconds
        self._length = length
        self._child: Any = None
        self._pipe: Any = None
        self.count = 0

    def __call__(self, model: bytes) -> str:
        """What the tool says against the model."""
        if self._child is None:
            self._begin()
        self.count += 1
        try:
            self._pipe.send(model)
            if self._pipe.poll(self._seconds):
                return str(self._pipe.recv())
        except (EOFError, OSError):
            pass
        self._end()
        return DIED

    def _begin(self) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, other = context.Pipe()
        self._child = context.Process(
            target=_answer, args=(other, self._start, self._length), daemon=True
        )
        self._child.start()
        other.close()

    def _end(self) -> None:
        self._child.kill()
        self._child.join()
        self._child = None


def _answer(pipe: Any, start: Callable[[], Ask], length: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    ask = start()
    while True:
        pipe.send(ask(pipe.recv())[:length])
