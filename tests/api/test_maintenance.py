"""Who is told why a device that he may not have is in maintenance."""

from __future__ import annotations

import re
from pathlib import Path

from tests.api.stage import NEWEST, Stage

SINCE = r"is in maintenance since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


def refusal(directory: Path, token: str, body: object) -> str:
    """What a bind on a disabled device is answered."""
    stage = Stage(directory)
    stage.add_host("compute-1")
    device = stage.call("GET", "/v2/devices").json["devices"][0]["uuid"]
    path = f"/v2/devices/{device}/disable"
    assert stage.call("POST", path, body, version=NEWEST).status == 204
    answer = stage.bind(stage.create_arqs(token=token), "compute-1", token=token)
    stage.close()
    assert answer.status == 409
    return answer.fault


def test_an_administrator_is_told_the_reason_and_whose_it_is(tmp_path: Path) -> None:
    told = refusal(tmp_path, "admin", {"reason": "its fan is loud"})
    assert re.search(rf"{SINCE}, by user \S+ of project \S+: its fan is loud$", told), told


def test_an_administrator_is_told_that_there_is_no_reason(tmp_path: Path) -> None:
    assert refusal(tmp_path, "admin", {}).endswith(": no reason is given")


def test_a_member_is_told_since_when_and_nothing_of_the_operator(tmp_path: Path) -> None:
    """The reason may be about others, and its author is of another project."""
    told = refusal(tmp_path, "member", {"reason": "its fan is loud"})
    assert re.search(f"{SINCE}$", told), told
