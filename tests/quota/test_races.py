"""A limit holds at every commit, whoever races for the rest of it, and nobody is refused falsely.

Promise I11. Each race is played on each kind of database.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cyborg_rr.domain.errors import NoFreeHandle, OverQuota
from cyborg_rr.domain.requests import Mandate
from tests.api.stage import Stage
from tests.quota.conftest import TableOfLimits
from tests.quota.races import DEVICES, HOST, Watch, bind, create, held, occupy, providers, race

CLIENTS = 16


@pytest.fixture
def stage(database_url: str, tmp_path: Path, limits: TableOfLimits) -> Iterator[Stage]:
    """A service on each kind of database, with eight devices of four handles."""
    stage = Stage(
        tmp_path, limits=limits, database__connection=database_url, database__max_pool_size=20
    )
    stage.add_host(HOST, devices=DEVICES, handles=4)
    yield stage
    stage.close()


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


def test_claims_that_take_the_next_handle_stay_within_the_limit(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.any_project = {"PGPU": 6}
    offered = providers(stage)
    occupy(stage, 4, 0, 1)
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
