"""Binds that race for what a project may hold, and somebody who watches what it holds."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from cyborg_rr.db import profiles, requests
from cyborg_rr.db.hardware.deployables import list_deployables
from cyborg_rr.db.quota import counting
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.requests import Binding, Claim, Mandate
from tests.api.stage import Stage
from tests.builders import make_snapshot

HOST = "compute-1"
DEVICES = 8


def create(stage: Stage, project: str, count: int) -> list[str]:
    """New requests of a project."""
    with stage.database.writing() as session:
        name = f"p-{uuid.uuid4().hex}"
        profile = profiles.create_profile(session, name, [{"resources:PGPU": str(count)}])
        return [arq.uuid for arq in requests.create_requests(session, profile, project)]


def providers(stage: Stage) -> list[str]:
    """Whatever can be bound to."""
    with stage.database.reading() as session:
        return [each.provider_uuid for each in list_deployables(session)]


def bind(stage: Stage, arqs: Sequence[str], provider: str, project: str | None = None) -> str:
    """Bind for a new instance; how that ended."""
    instance = str(uuid.uuid4())
    bindings = [Binding(arq, HOST, provider, instance, project) for arq in arqs]
    try:
        stage.conductor.bind(bindings, Mandate())
    except CyborgError as error:
        return error.code
    return "bound"


def held(stage: Stage, *projects: str) -> dict[str, int]:
    """How much each project holds."""
    with stage.database.reading() as session:
        found = counting.count_held(session, projects)
    return {project: found.get(project, {}).get("PGPU", 0) for project in projects}


class Watch:
    """Looks all the time at what is held, and remembers the most."""

    def __init__(self, stage: Stage, *projects: str) -> None:
        self._stage, self._projects = stage, projects
        self.most: Counter[str] = Counter()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._look_once()

    def _look(self) -> None:
        while not self._done.wait(0.005):
            self._look_once()

    def _look_once(self) -> None:
        for project, count in held(self._stage, *self._projects).items():
            self.most[project] = max(self.most[project], count)


def race(works: Sequence[Callable[[], str]]) -> Counter[str]:
    """All at once; how many ended how."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], str]) -> str:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return Counter(pool.map(run, works))


def occupy(stage: Stage, handles: int, *numbers: int) -> None:
    """Let the host's ledger hold those handles of every device, of which the database knows not."""
    for device in make_snapshot(HOST, DEVICES, handles=handles).devices:
        part = device.deployables[0]
        for number in numbers:
            name = f"other-{part.name}-{number}"
            other = Claim(name[:36], "other-arq", part.name, part.handles[number])
            stage.conductor.agents.attachments.prepare(HOST, [other])
