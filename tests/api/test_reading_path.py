"""A newcomer can follow a GET from the server to the database and back in a few files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

import cyborg_rr
from tests.api.stage import NEWEST, Stage

MAX_FILES = 9
MAX_LINES = 250
PACKAGE = Path(cyborg_rr.__file__).parent


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
def uuid(shared_stage: Stage) -> str:
    """The uuid of a device."""
    shared_stage.add_host("compute-1", devices=3)
    return str(shared_stage.call("GET", "/v2/devices").json["devices"][0]["uuid"])


@pytest.mark.parametrize(
    "path", ["/v2/devices/{uuid}", "/v2/devices", "/v2/devices?type=GPU&limit=2", "/v2/attributes"]
)
def test_a_get_passes_few_files_and_none_of_them_is_large(
    shared_stage: Stage, uuid: str, path: str
) -> None:
    with entered_files() as files:
        answer = shared_stage.call("GET", path.format(uuid=uuid), version=NEWEST)
    assert answer.status == 200
    names = [str(file.relative_to(PACKAGE)) for file in files]
    assert "db/engine.py" in names
    assert len(names) <= MAX_FILES, "\n".join(names)
    large = [
        name
        for name, file in zip(names, files, strict=True)
        if len(file.read_text().splitlines()) > MAX_LINES
    ]
    assert large == []
