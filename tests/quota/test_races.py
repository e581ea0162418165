"""A limit holds at every commit, whoever races for the rest of it, and nobody is refused falsely.

Promise I11. Each race is played on each kind of database.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from cyborg_rr.db import profiles, quota, requests
from cyborg_rr.db.hardware.deployables import list_deployables
from cyborg_rr.domain.errors import CyborgError, NoFreeHandle, OverQuota
from cyborg_rr.domain.requests import Binding, Claim, Mandate
from tests.api.stage import Stage
from tests.builders import make_snapshot
from tests.quota.conftest import TableOfLimits

HOST = "compute-1"
CLIENTS = 16


@pytest.fixture
def stage(database_url: str, tmp_path: Path, limits: TableOfLimits) -> Iterator[Stage]:
    """A service on each kind of database, with eight devices of four handles."""
    stage = Stage(
        tmp_path, limits=limits, database__connection=database_url, database__max_pool_size=20
    )
    stage.add_host(HOST, devices=8, handles=4)
    yield stage
    stage.close()


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
        found = quota.count_held(session, projects)
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


def test_of_those_who_race_for_a_new_projects_limit_exactly_so_many_win(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.any_project = {"PGPU": 5}
    offered = providers(stage)
    arqs = [create(stage, "red", 1) for _ in range(CLIENTS)]
    with Watch(stage, "red") as watch:
        ends = race(
            [
                partial(bind, stage, own, offered[number % len(offered)])
                for number, own in enumerate(arqs)
            ]
        )
    assert ends == {"bound": 5, OverQuota.code: CLIENTS - 5}
    assert watch.most["red"] == 5
    assert held(stage, "red") == {"red": 5}


def test_where_there_is_room_for_all_nobody_is_refused(stage: Stage, limits: TableOfLimits) -> None:
    limits.any_project = {"PGPU": CLIENTS}
    offered = providers(stage)
    arqs = [create(stage, "red" if n % 2 else "blue", 2) for n in range(CLIENTS)]
    ends = race(
        [partial(bind, stage, own, offered[number // 2]) for number, own in enumerate(arqs)]
    )
    assert ends == {"bound": CLIENTS}
    assert held(stage, "red", "blue") == {"red": CLIENTS, "blue": CLIENTS}


def test_what_administrators_bind_for_projects_races_with_what_these_bind(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.any_project = {"PGPU": 3}
    offered = providers(stage)
    own = [create(stage, "red", 1) for _ in range(CLIENTS // 2)]
    given = [create(stage, "service", 1) for _ in range(CLIENTS // 2)]
    with Watch(stage, "red", "service") as watch:
        ends = race(
            [
                *(partial(bind, stage, a, p) for a, p in zip(own, offered, strict=True)),
                *(partial(bind, stage, a, p, "red") for a, p in zip(given, offered, strict=True)),
            ]
        )
    assert ends == {"bound": 3, OverQuota.code: CLIENTS - 3}
    assert watch.most == {"red": 3, "service": 0}


def test_calls_of_several_projects_in_either_order_do_not_wait_for_each_other(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.any_project = {"PGPU": 2 * CLIENTS}
    offered = providers(stage)

    def pair(number: int) -> list[str]:
        colours = ["red", "blue"] if number % 2 else ["blue", "red"]
        return [arq for colour in colours for arq in create(stage, colour, 1)]

    arqs = [pair(number) for number in range(CLIENTS)]
    ends = race(
        [partial(bind, stage, own, offered[number // 2]) for number, own in enumerate(arqs)]
    )
    assert ends == {"bound": CLIENTS}
    assert held(stage, "red", "blue") == {"red": CLIENTS, "blue": CLIENTS}


def test_binds_and_unbinds_at_random_never_pass_a_limit_nor_are_refused_for_nothing(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.any_project = {"PGPU": 4}
    offered = providers(stage)
    mine = [create(stage, "red", 1) for _ in range(8)]

    def live(number: int) -> str:
        rng = random.Random(number)
        ends = Counter[str]()
        for _ in range(12):
            end = bind(stage, mine[number], rng.choice(offered))
            ends[end] += 1
            if end == "bound":
                stage.conductor.unbind(mine[number], Mandate())
        assert set(ends) <= {"bound", OverQuota.code, NoFreeHandle.code}, ends
        return "alive"

    with Watch(stage, "red") as watch:
        ends = race([partial(live, number) for number in range(8)])
    assert ends == {"alive": 8}
    assert watch.most["red"] <= 4
    assert held(stage, "red") == {"red": 0}
    assert [bind(stage, arq, offered[0]) for arq in mine[:4]] == ["bound"] * 4


def occupy(stage: Stage, *numbers: int) -> None:
    """Let the host's ledger hold those handles of every device, of which the database knows not."""
    for device in make_snapshot(HOST, 8, handles=4).devices:
        part = device.deployables[0]
        for number in numbers:
            name = f"other-{part.name}-{number}"
            other = Claim(name[:36], "other-arq", part.name, part.handles[number])
            stage.conductor.agents.attachments.prepare(HOST, [other])


def test_claims_that_take_the_next_handle_stay_within_the_limit(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.any_project = {"PGPU": 6}
    offered = providers(stage)
    occupy(stage, 0, 1)
    arqs = [create(stage, "red", 1) for _ in range(CLIENTS)]
    with Watch(stage, "red") as watch:
        ends = race(
            [partial(bind, stage, own, offered[number // 2]) for number, own in enumerate(arqs)]
        )
    assert ends == {"bound": 6, OverQuota.code: CLIENTS - 6}
    assert watch.most["red"] == 6


def test_requests_that_change_hands_while_they_race_never_pass_a_limit(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.any_project = {"PGPU": 2}
    offered = providers(stage)
    shared = [create(stage, "red", 1) for _ in range(6)]

    def live(number: int) -> str:
        rng = random.Random(number)
        for _ in range(12):
            own = rng.choice(shared)
            end = bind(stage, own, rng.choice(offered), rng.choice(["red", "blue"]))
            assert end in ("bound", "over_quota", "invalid_state", "no_free_handle"), end
            if rng.random() < 0.6:
                stage.conductor.unbind(own, Mandate())
        return "alive"

    with Watch(stage, "red", "blue") as watch:
        ends = race([partial(live, number) for number in range(8)])
    assert ends == {"alive": 8}
    assert watch.most["red"] <= 2
    assert watch.most["blue"] <= 2
