"""What drivers do ends in time, for those who wait: one that hangs hurts nobody else."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from cyborg_rr.drivers.driver import DiscoveryFailed

T = TypeVar("T")


class DriverHangs(DiscoveryFailed):
    """A driver has not returned in time, or not yet from what it was asked before."""


class DriverEnds(DiscoveryFailed):
    """A driver wanted to end more than its own call, such as the agent."""


class DriverCalls:
    """Makes each call of a driver in a thread of its own, which is left alone when it hangs.

    What hangs is not begun again until it has returned: ``what`` says what that is (a look, or one
    handle), and a second call of it meanwhile is refused at once. ``driver`` tells drivers of one
    name apart: each simulated host has its own, with handles at the same addresses.
    """

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._begun: dict[tuple[str, str, int], float] = {}

    def is_running(self, what: str) -> bool:
        """Whether some driver has not returned from that yet, waited for or not."""
        with self._lock:
            return any(begun == what for _, begun, _ in self._begun)

    def run(self, driver_name: str, what: str, call: Callable[[], T], driver: object = None) -> T:
        """What the call returns or raises; ``DriverHangs`` when it does not end in time."""
        key = (driver_name, what, id(driver))
        with self._lock:
            if key in self._begun:
                seconds = time.monotonic() - self._begun[key]
                raise DriverHangs(
                    f"driver {driver_name} has not returned from {what} for {seconds:.0f} s"
                )
            self._begun[key] = time.monotonic()
        outcome: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def work() -> None:
            try:
                result, trouble = call(), None
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
                result, trouble = None, error
            with self._lock:
                del self._begun[key]
            outcome.put((result, trouble))

        try:
            threading.Thread(target=work, name=f"{driver_name}-{what}", daemon=True).start()
        except RuntimeError as error:  # no more threads are to be had: it has not begun
            with self._lock:
                del self._begun[key]
            raise DiscoveryFailed(f"driver {driver_name} cannot be asked: {error}") from None
        try:
            result, trouble = outcome.get(timeout=self._timeout_seconds)
        except queue.Empty:
            raise DriverHangs(
                f"driver {driver_name} did not return from {what} in {self._timeout_seconds:g} s"
            ) from None
        if isinstance(trouble, Exception):
            raise trouble
        if trouble is not None:  # it wanted to end the process, or just the thread
            raise DriverEnds(
                f"driver {driver_name} ended {what} with {type(trouble).__name__}"
            ) from trouble
        answer: T = result
        return answer
