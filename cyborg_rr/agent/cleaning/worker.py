"""The workers that clean: few at a time, one after the other on each device, out of the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from oslo_log import log

LOG = log.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A clean to be done: which device it is on, and what it cleans."""

    hostname: str
    device: str
    binding_id: str


class Workers:
    """Does jobs in threads that live while there is something to do.

    A job that is asked for while it waits is done once; one that is asked for while it is being
    done is not done again either, since it will say how it ended.
    """

    def __init__(self, do: Callable[[Job], None], count: int) -> None:
        self._do = do
        self._count = count
        self._waiting: list[Job] = []
        self._doing: list[Job] = []
        self._threads = 0
        self._is_stopped = False
        self._changed = threading.Condition()

    def add(self, job: Job) -> None:
        """Have a job done as soon as its device and a thread are free."""
        with self._changed:
            if self._is_stopped or job in self._waiting or job in self._doing:
                return
            self._waiting.append(job)
            self._changed.notify_all()
            if self._threads < self._count:
                self._threads += 1
                threading.Thread(target=self._work, name="clean", daemon=True).start()

    def stop(self, timeout_seconds: float) -> None:
        """Begin nothing more, and wait for what is being done; what takes longer is abandoned."""
        with self._changed:
            self._is_stopped = True
            self._waiting.clear()
            self._changed.wait_for(lambda: not self._doing, timeout_seconds)

    def is_busy_with(self, binding_id: str) -> bool:
        """Whether that clean waits or is being done."""
        with self._changed:
            return self._has([binding_id])

    def wait_for(self, binding_ids: Collection[str], timeout_seconds: float) -> bool:
        """Wait until none of these waits or is being done; whether that is so now."""
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._has(binding_ids), max(deadline - time.monotonic(), 0)
            )

    def _has(self, binding_ids: Collection[str]) -> bool:
        return any(job.binding_id in binding_ids for job in (*self._waiting, *self._doing))

    def _work(self) -> None:
        while True:
            with self._changed:
                job = self._take()
                if job is None:
                    self._threads -= 1
                    return
            try:
                self._do(job)
            except Exception:
                if self._is_stopped:  # it was abandoned, and is done again after the next start
                    LOG.debug("The clean of %s ended too late", job.device)
                else:
                    LOG.exception("The clean of %s could not be done", job.device)
            with self._changed:
                self._doing.remove(job)
                self._changed.notify_all()

    def _take(self) -> Job | None:
        """The first job whose device is free; None when nothing is left that can be begun now.

        A thread that finishes a device takes what waits for that device itself.
        """
        busy = {job.device for job in self._doing}
        job = next((job for job in self._waiting if job.device not in busy), None)
        if job is not None:
            self._waiting.remove(job)
            self._doing.append(job)
        return job
