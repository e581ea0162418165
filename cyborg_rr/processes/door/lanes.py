"""Threads that work off what is put before them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Lane(Generic[Item]):
    """So many threads for one kind of work; what comes while all are busy waits in its order."""

    def __init__(self, name: str, workers: int, work: Callable[[Item], None]) -> None:
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._work = work
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(workers)
        ]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def put(self, item: Item) -> None:
        """Have an item worked on."""
        self._queue.put(item)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            self._work(item)

    def stop(self, deadline: float) -> None:
        """End when everything is done, or leave the threads at that moment of the clock."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
