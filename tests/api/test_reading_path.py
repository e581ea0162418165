"""A newcomer can follow a GET from the server to the database and back in a few files."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

import cyborg_rr
from cyborg_rr import codec
from cyborg_rr.api.operations import list_routes
from cyborg_rr.conductor.leases import CONDUCTOR, Leases
from tests.api.stage import NEWEST, Stage
from tests.unit.representation.measured.making import make_measurement

MAX_FILES = 9
LONGER = {
    "accelerator_requests": 10,
    "agents": 11,
    "deployables": 10,
    "resource_representations": 13,
    "usages": 10,
}
"""Lists that need a file more, for the reasons that the documentation of the REST API gives."""
MAX_LINES = 250
PACKAGE = Path(cyborg_rr.__file__).parent
MODEL = Path(__file__).parents[1] / "data" / "onnx" / "cnn.onnx"
HOST = "compute-1"
DISCOVERY = ("", "v2")
"""What tells of versions reads no row."""
LISTS = {
    "device_profiles": "device_profiles",
    "accelerator_requests": "arqs",
    "devices": "devices",
    "deployables": "deployables",
    "attributes": "attributes",
    "ir_requirements": "ir_requirements",
    "resource_representations": "resource_representations",
    "hosts": "hosts",
    "agents": "agents",
    "conductors": "conductors",
    "usages": "usages",
    "attach_handles": "attach_handles",
    "measurements": "measurements",
}
"""The name that each list has in its answer."""
NARROWED = (
    "device_profiles?name={name}",
    "accelerator_requests?instance={instance_uuid}&bind_state=resolved",
    "devices?type={type}&limit=2",
    "deployables?name={name}&limit=1",
    "attributes?key={key}&sort_key=uuid",
    "ir_requirements?limit=1",
    "resource_representations?sort_key=free&limit=1",
    "hosts?sort_key=name&limit=1",
    "agents?sort_key=name&limit=1",
    "usages?project_id={project_id}",
    "attach_handles?state={state}&limit=1",
    "measurements?limit=1",
)
ITEMS = (
    "device_profiles/{uuid}",
    "accelerator_requests/{uuid}",
    "devices/{uuid}",
    "deployables/{uuid}",
    "attributes/{uuid}",
    "ir_requirements/{uuid}",
    "resource_representations/{device_class}",
    "hosts/{name}",
    "agents/{name}",
    "attach_handles/{uuid}",
    "measurements/{uuid}",
)


@contextmanager
def entered_files() -> Iterator[list[Path]]:
    """The files of the package whose code this thread runs in the block, in order of entry."""
    seen: list[Path] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE) and path not in seen:
            seen.append(path)

    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)


@pytest.fixture(scope="module")
def filled(shared_stage: Stage) -> Stage:
    """A service with rows of everything: one request is bound, another is not."""
    shared_stage.add_host(HOST, devices=3)
    Leases(shared_stage.database, "run").take(f"{CONDUCTOR}conductor-1", 60)
    octets = {"Content-Type": "application/octet-stream"}
    shared_stage.call(
        "POST", "/v2/ir_requirements", MODEL.read_bytes(), version=NEWEST, headers=octets
    )
    measured = {"measurement": codec.render(make_measurement())}
    shared_stage.call("POST", "/v2/measurements", measured, version=NEWEST)
    shared_stage.create_arqs()
    shared_stage.bind(shared_stage.create_arqs(), HOST)
    return shared_stage


def find_row(stage: Stage, collection: str, fields: list[str]) -> dict[str, str]:
    """A row of a list that has something in those fields."""
    answer = stage.call("GET", f"/v2/{collection}", version=NEWEST)
    return next(row for row in answer.json[LISTS[collection]] if all(row[f] for f in fields))


def follow(stage: Stage, path: str) -> list[str]:
    """The files that a GET enters, none of which is large."""
    with entered_files() as files:
        answer = stage.call("GET", path, version=NEWEST)
    assert answer.status == 200, answer.body
    assert [file for file in files if len(file.read_text().splitlines()) > MAX_LINES] == []
    return [str(file.relative_to(PACKAGE)) for file in files]


def test_every_get_of_the_api_is_followed(shared_stage: Stage) -> None:
    gets = [route.path for route in list_routes(shared_stage.services) if route.method == "GET"]
    followed = [re.sub(r"{\w+}", "{}", path) for path in (*DISCOVERY, *LISTS, *ITEMS)]
    assert sorted(re.sub(r"{\w+}", "{}", path) for path in gets) == sorted(followed)


@pytest.mark.parametrize("path", DISCOVERY)
def test_a_get_of_the_versions_passes_few_files(filled: Stage, path: str) -> None:
    names = follow(filled, f"/{path}")
    assert len(names) <= MAX_FILES, "\n".join(names)


@pytest.mark.parametrize("path", [*LISTS, *NARROWED, *ITEMS])
def test_a_get_passes_few_files_and_none_of_them_is_large(filled: Stage, path: str) -> None:
    row = find_row(filled, re.split("[/?]", path)[0], re.findall(r"{(\w+)}", path))
    names = follow(filled, "/v2/" + path.format_map(row))
    assert "db/engine.py" in names
    assert len(names) <= LONGER.get(re.split("[/?]", path)[0], MAX_FILES), "\n".join(names)


@pytest.mark.parametrize(("path", "files"), LONGER.items())
def test_an_exception_is_given_only_what_it_needs(filled: Stage, path: str, files: int) -> None:
    assert files > MAX_FILES
    assert len(follow(filled, f"/v2/{path}")) == files
