"""One question, one query: a list's statements do not grow with its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.db.measurements import create_measurement
from cyborg_rr.domain.representation.measured.operators import Operator
from tests.api.stage import NEWEST, Stage
from tests.statements import counted
from tests.unit.representation.measured.making import make_measurement

FEW, MANY = 3, 60
LISTS = [
    "/v2/devices",
    "/v2/devices?type=GPU&limit=50",
    "/v2/deployables",
    "/v2/deployables?limit=50",
    "/v2/attributes",
    "/v2/device_profiles",
    "/v2/accelerator_requests",
    "/v2/accelerator_requests?bind_state=resolved",
    "/v2/ir_requirements",
    "/v2/resource_representations",
    "/v2/hosts",
    "/v2/agents",
    "/v2/usages",
    "/v2/measurements",
    "/v2/attach_handles",
    "/v2/attach_handles?hostname=compute-1&state=free&limit=50",
]
HOST = "compute-1"


def make_stage(directory: Path, size: int) -> Stage:
    """A service with so many of everything."""
    directory.mkdir()
    stage = Stage(directory)
    stage.add_host(HOST, devices=size, handles=2)
    profile = stage.create_profile([{"resources:PGPU": str(size)}])
    for _ in range(size - 1):
        stage.create_profile()
    arqs = stage.create_arqs(profile)
    with stage.database.writing() as session:
        for number in range(size):
            made = make_measurement([Operator("launch", "f32")], slower=1 + number / size)
            create_measurement(session, made)
    answer = stage.bind(arqs[:2], HOST)
    assert answer.status == 202, answer.body
    return stage


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> list[Stage]:
    """A small and a large service."""
    directory = tmp_path_factory.mktemp("counts")
    return [make_stage(directory / str(size), size) for size in (FEW, MANY)]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_statements_whatever_its_length(
    stages: list[Stage], path: str
) -> None:
    counts = []
    for stage in stages:
        with counted(stage.database.engine) as statements:
            answer = stage.call("GET", path, version=NEWEST)
        assert answer.status == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0] <= 3


def test_the_large_lists_are_large(stages: list[Stage]) -> None:
    answer = stages[1].call("GET", "/v2/accelerator_requests")
    assert len(answer.json["arqs"]) == MANY
    assert len(stages[1].call("GET", "/v2/devices").json["devices"]) == MANY


def test_creating_many_requests_costs_what_creating_few_costs(stages: list[Stage]) -> None:
    counts = []
    for stage, size in zip(stages, (FEW, MANY), strict=True):
        profile = stage.create_profile([{"resources:PGPU": str(size)}])
        with counted(stage.database.engine) as statements:
            assert len(stage.create_arqs(profile)) == size
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_pages_hold_every_row_once(stages: list[Stage]) -> None:
    seen: list[str] = []
    path = "/v2/deployables?limit=7&sort_key=name&sort_dir=desc"
    for _ in range(MANY):
        answer = stages[1].call("GET", path)
        seen += [row["name"] for row in answer.json["deployables"]]
        link = answer.headers.get("Link")
        if link is None:
            break
        path = link.partition("<http://localhost")[2].partition(">")[0]
    assert len(seen) == MANY
    assert seen == sorted(set(seen), reverse=True)
