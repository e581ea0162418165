"""Threads that work off what is put before them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Lanes(Generic[Item]):
    """So many workers, of whom some are kept for what is quick.

    What comes while none is free waits in its order. Of what ``may_wait`` for others at most
    ``most_waiting`` are worked on at a time, so that the rest of the workers is there for all else.
    """

    def __init__(
        self,
        name: str,
        workers: int,
        work: Callable[[Item], None],
        *,
        most_waiting: int | None = None,
    ) -> None:
        self._work = work
        self._most_waiting = workers if most_waiting is None else most_waiting
        self._waiting = 0
        self._ends = False
        self._changed = threading.Condition()
        self._quick: deque[Item] = deque()
        self._slow: deque[Item] = deque()
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(workers)
        ]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def put(self, item: Item, *, may_wait: bool = False) -> None:
        """Have an item worked on."""
        with self._changed:
            (self._slow if may_wait else self._quick).append(item)
            self._changed.notify()

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            item, may_wait = taken
            self._work(item)
            if may_wait:
                with self._changed:
                    self._waiting -= 1
                    self._changed.notify()

    def _take(self) -> tuple[Item, bool] | None:
        with self._changed:
            while True:
                if self._slow and self._waiting < self._most_waiting:
                    self._waiting += 1
                    return self._slow.popleft(), True
                if self._quick:
                    return self._quick.popleft(), False
                if self._ends and not self._slow:
                    self._changed.notify_all()
                    return None
                self._changed.wait()

    def stop(self, deadline: float) -> None:
        """End when everything is done, or leave the threads at that moment of the clock."""
        with self._changed:
            self._ends = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
