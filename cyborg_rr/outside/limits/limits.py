"""Who says how much projects may hold: nobody, or a service whose answers are kept for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from oslo_log import log

from cyborg_rr.domain.errors import LimitsUnavailable
from cyborg_rr.domain.quota import Limits
from cyborg_rr.outside.calling import OutsideTrouble

LOG = log.getLogger(__name__)

MAX_KEPT = 10_000
"""Projects whose limits are kept at a time; the oldest leave first."""

Answer = TypeVar("Answer")


class LimitSource(Protocol):
    """Somebody who knows the limits of projects."""

    is_limiting: bool

    def of_project(self, project_id: str) -> Limits:
        """The limits of one project; ``LimitsUnavailable`` when nobody says."""
        ...

    def of_projects(self) -> Callable[[str], Limits]:
        """The limits of any project, asked for at once."""
        ...


class Unlimited:
    """Nobody is asked: every project may hold what there is."""

    is_limiting = False

    def of_project(self, project_id: str) -> Limits:
        """None of any class."""
        del project_id
        return Limits()

    def of_projects(self) -> Callable[[str], Limits]:
        """None of any project."""
        return self.of_project


class LimitService(Protocol):
    """Where limits are registered; every call may raise ``OutsideTrouble``.

    What is registered is asked for before anything else.
    """

    def list_registered(self) -> Mapping[str, int]:
        """What projects may hold that have no limits of their own, by resource class."""
        ...

    def list_of_project(self, project_id: str) -> Mapping[str, int]:
        """A project's own limits, by resource class."""
        ...

    def list_of_all(self) -> Mapping[str, Mapping[str, int]]:
        """The own limits of every project."""
        ...


@dataclass(slots=True)
class _Kept(Generic[Answer]):
    """One answer, when it was asked for, and how asking failed last.

    One caller asks at a time, and the others wait.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: Answer | None = None
    asked_at: float = float("-inf")
    trouble: OutsideTrouble | None = None
    failed_at: float = float("-inf")


class KeptLimits:
    """Limits of a service, each asked for again once it is older than ``keep_seconds``."""

    is_limiting = True

    def __init__(
        self,
        service: LimitService,
        keep_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._registered: _Kept[Mapping[str, int]] = _Kept()
        self._all: _Kept[Mapping[str, Mapping[str, int]]] = _Kept()
        self._own: dict[str, _Kept[Mapping[str, int]]] = {}

    def of_project(self, project_id: str) -> Limits:
        """What is registered, with the project's own limits in its place where it has them."""
        registered = self._ask(self._registered, self._service.list_registered)
        own = self._ask(
            self._find_kept(project_id), lambda: self._service.list_of_project(project_id)
        )
        return Limits({**registered, **own})

    def of_projects(self) -> Callable[[str], Limits]:
        """The same for all projects, in one question more."""
        registered = self._ask(self._registered, self._service.list_registered)
        own = self._ask(self._all, self._service.list_of_all)
        return lambda project_id: Limits({**registered, **own.get(project_id, {})})

    def _find_kept(self, project_id: str) -> _Kept[Mapping[str, int]]:
        with self._lock:
            kept = self._own.pop(project_id, None) or _Kept()
            self._own[project_id] = kept  # the last that was asked for is the last to leave
            if len(self._own) > MAX_KEPT:
                del self._own[next(iter(self._own))]
            return kept

    def _ask(self, kept: _Kept[Answer], ask: Callable[[], Answer]) -> Answer:
        """A young answer, or a new one; who waits while another asks shares what that one gets.

        While asking is known to fail nobody waits for another: a silent service holds up one.
        """
        began_at = self._clock()
        if not kept.lock.acquire(blocking=kept.trouble is None):
            raise _tell(kept.trouble)
        try:
            young_at = min(began_at, self._clock() - self._keep_seconds)
            if kept.answer is not None and kept.asked_at > young_at:
                return kept.answer
            if kept.trouble is not None and kept.failed_at > began_at:
                raise _tell(kept.trouble)
            asked_at = self._clock()
            try:
                kept.answer, kept.asked_at, kept.trouble = ask(), asked_at, None
            except OutsideTrouble as trouble:
                kept.trouble, kept.failed_at = trouble, self._clock()
                LOG.error("Limits cannot be looked at: %s", trouble)
                raise _tell(trouble) from trouble
            return kept.answer
        finally:
            kept.lock.release()


def _tell(trouble: OutsideTrouble | None) -> LimitsUnavailable:
    return LimitsUnavailable(f"the limits of projects cannot be looked at: {trouble}")
