"""Points at which a process can be told to die, as by kill -9: before or after a piece of work.

A process is armed through a pipe in its directory: each line ``NAME SIDE COUNT`` is a point, at
that side of the work for the so-many-th time. It ends with SIGKILL at the first that it comes to.
"""

from __future__ import annotations

import importlib
import os
import random
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

COMMIT = "sqlalchemy.engine.default:DefaultDialect.do_commit"
PIPE = "points"
REACHED = "reached"
"""The file in which a process says at which point it ends."""

SIDES = ("before", "after")
ALTERNATIVES = 5
"""Points that a process is armed with: not all work is done all the time."""

PASSINGS = (1, 1, 1, 2, 3)
"""Which passing of a point is chosen how often."""

POINTS: Mapping[str, Sequence[str]] = {
    "api": (
        COMMIT,
        "cyborg_rr.api.resources.accelerator_requests.controller:AcceleratorRequests._store",
        "cyborg_rr.api.resources.accelerator_requests.controller:AcceleratorRequests.patch",
        "cyborg_rr.rpc.conductor_client:ConductorClient.bind",
        "cyborg_rr.rpc.conductor_client:ConductorClient.unbind",
        "cyborg_rr.rpc.conductor_client:ConductorClient.delete_requests",
        "cyborg_rr.rpc.conductor_client:ConductorClient.delete_requests_of_instance",
    ),
    "conductor": (
        COMMIT,
        "cyborg_rr.conductor.claiming:Claimer.claim",
        "cyborg_rr.conductor.claiming:Claimer.finish",
        "cyborg_rr.conductor.claiming:Claimer.fail",
        "cyborg_rr.conductor.unbind:Unbinder._start_unbind",
        "cyborg_rr.conductor.unbind:Unbinder._start_delete",
        "cyborg_rr.conductor.unbind:Unbinder._start_delete_of_instance",
        "cyborg_rr.conductor.unbind:Unbinder._start_undo",
        "cyborg_rr.conductor.heal:Healer.take_over",
        "cyborg_rr.conductor.release:Releaser.release",
        "cyborg_rr.conductor.release:Cleaning.take",
        "cyborg_rr.conductor.release:Cleaning.synchronise",
        "cyborg_rr.conductor.report:Reporter.synchronise",
        "cyborg_rr.conductor.report:Reporter.report",
        "cyborg_rr.conductor.instances.events:EventSender._claim_next",
        "cyborg_rr.conductor.instances.events:EventSender._settle",
        "cyborg_rr.conductor.instances.events:EventSender._postpone",
        "cyborg_rr.outside.nova.client:NovaClient.send",
        "cyborg_rr.rpc.agent_client:AgentClient.prepare",
        "cyborg_rr.rpc.agent_client:AgentClient.release",
    ),
    "agent": (
        "cyborg_rr.agent.attach:Attachments.prepare",
        "cyborg_rr.agent.attach:Attachments.release",
        "cyborg_rr.agent.attach:Attachments.record_held",
        "cyborg_rr.agent.ledger.ledger:Ledger.claim",
        "cyborg_rr.agent.ledger.ledger:Ledger.note_prepared",
        "cyborg_rr.agent.ledger.ledger:Ledger.take_runs",
        "cyborg_rr.agent.cleaning.unclean_log:UncleanLog.let_go",
        "cyborg_rr.agent.cleaning.unclean_log:UncleanLog.finish",
        "cyborg_rr.agent.cleaning.unclean_log:UncleanLog.forget_told",
        "cyborg_rr.drivers.simulated.fake:FakeDriver.prepare",
        "cyborg_rr.drivers.simulated.fake:FakeDriver.release",
        "cyborg_rr.drivers.simulated.fake:FakeDriver.clean",
        "cyborg_rr.rpc.conductor_client:ConductorClient.synchronise_host",
        "cyborg_rr.rpc.conductor_client:ConductorClient.report",
    ),
}
"""By kind of process, the work around which it is killed."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a process is to end."""

    name: str
    side: str
    count: int

    def render(self) -> str:
        """The line that arms a process."""
        return f"{self.name} {self.side} {self.count}\n"


def choose_points(rng: random.Random, kind: str) -> list[Point]:
    """Some points of that kind of process."""
    return [
        Point(name, rng.choice(SIDES), rng.choice(PASSINGS))
        for name in rng.sample(POINTS[kind], ALTERNATIVES)
    ]


def install(kind: str, directory: Path) -> None:
    """Let this process end where it is told to through the pipe in its directory."""
    mine = _Points(directory / REACHED)
    for name in POINTS[kind]:
        _surround(name, mine)
    pipe = os.open(directory / PIPE, os.O_RDWR)
    threading.Thread(target=mine.listen, args=[pipe], name="points", daemon=True).start()


def arm(directory: Path, points: Sequence[Point]) -> bool:
    """Tell a process where to end; False where it does not listen yet."""
    (directory / REACHED).unlink(missing_ok=True)
    lines = "".join(point.render() for point in points)
    try:
        pipe = os.open(directory / PIPE, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        os.write(pipe, lines.encode())
    finally:
        os.close(pipe)
    return True


def find_reached(directory: Path) -> str | None:
    """At which point a process has ended; None where it was killed elsewhere."""
    file = directory / REACHED
    return file.read_text() if file.exists() else None


class _Points:
    """Where this process is to end, if it has been told: how many passings are left of each."""

    def __init__(self, reached: Path) -> None:
        self._reached = reached
        self._lock = threading.Lock()
        self._left: dict[tuple[str, str], int] = {}

    def listen(self, pipe: int) -> None:
        with os.fdopen(pipe) as lines:
            for line in lines:
                name, side, count = line.split()
                with self._lock:
                    self._left[name, side] = int(count)

    def pass_by(self, name: str, side: str) -> None:
        with self._lock:
            if (name, side) not in self._left:
                return
            self._left[name, side] -= 1
            if self._left[name, side] <= 0:
                self._reached.write_text(f"{name} {side}")
                os.kill(os.getpid(), signal.SIGKILL)


def _surround(name: str, points: _Points) -> None:
    module, _, path = name.partition(":")
    owner_name, _, method = path.partition(".")
    owner = getattr(importlib.import_module(module), owner_name)
    work: Callable[..., Any] = getattr(owner, method)

    @wraps(work)
    def surrounded(*arguments: Any, **options: Any) -> Any:
        points.pass_by(name, "before")
        result = work(*arguments, **options)
        points.pass_by(name, "after")
        return result

    setattr(owner, method, surrounded)
