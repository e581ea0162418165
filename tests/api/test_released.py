"""What a released microversion shows stays as it is, byte for byte.

The values within a representation are the catalogue's: where that learns more of the device, they
change in the recorded answers too, but no key does.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api import released
from tests.api.stage import NEWEST, Stage

RECORDED: dict[str, str] = json.loads(
    (Path(__file__).parents[1] / "data" / "api" / "first_release.json").read_text()
)


@pytest.fixture(scope="module")
def answers(shared_stage: Stage) -> dict[str, str]:
    """What this release answers."""
    return released.play(shared_stage)


@pytest.mark.parametrize("request_line", RECORDED)
def test_the_first_releases_answers_are_given_byte_for_byte(
    answers: dict[str, str], request_line: str
) -> None:
    assert answers[request_line] == RECORDED[request_line]


def test_nothing_is_played_that_is_not_recorded(answers: dict[str, str]) -> None:
    assert answers.keys() == RECORDED.keys()


def test_the_sources_of_facts_are_shown_from_the_next_version_on(
    shared_stage: Stage, answers: dict[str, str]
) -> None:
    shown = shared_stage.call("GET", "/v2/resource_representations", version=NEWEST).json
    document = shown["resource_representations"][0]["representation"]
    assert document["schema_version"] == "1.1"
    assert document["fact_sources"]["memory_bytes"] == "catalogue"
