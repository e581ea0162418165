"""Errors cross the bus as what they were, with their own words only."""

from __future__ import annotations

import inspect
import json

import pytest

from cyborg_rr.domain import errors
from cyborg_rr.domain.errors import CyborgError, NotFound
from cyborg_rr.drivers.driver import HandleUnusable
from cyborg_rr.rpc.refusals import NAMES_OF_THE_FIRST_RELEASE, answers_errors, read_answer

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, CyborgError) and kind is not NotFound
]


def send(error: Exception) -> object:
    @answers_errors
    def refuse() -> None:
        raise error

    return read_answer(json.loads(json.dumps(refuse())))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_arrives_as_the_same_kind_with_the_same_words(kind: type[CyborgError]) -> None:
    with pytest.raises(kind) as raised:
        send(kind("one line"))
    assert type(raised.value) is kind
    assert str(raised.value) == "one line"


def test_an_error_with_two_parts_arrives_whole() -> None:
    with pytest.raises(NotFound) as raised:
        send(NotFound("device", "7"))
    assert (raised.value.noun, raised.value.key) == ("device", "7")


def test_an_error_that_only_the_far_side_knows_arrives_as_its_nearest_ancestor() -> None:
    with pytest.raises(CyborgError, match="gone") as raised:
        send(HandleUnusable("gone"))
    assert type(raised.value) is CyborgError


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_release_knows_the_name_of_every_refusal(kind: type[CyborgError]) -> None:
    @answers_errors
    def refuse() -> None:
        raise kind("one line")

    assert refuse()["refusal"]["error"] in NAMES_OF_THE_FIRST_RELEASE


@pytest.mark.parametrize(
    "kind",
    [errors.HostLost, errors.HostBusy, errors.LimitsUnavailable, errors.PlacementUnavailable],
)
def test_what_passes_is_unavailable_to_the_first_release(kind: type[CyborgError]) -> None:
    @answers_errors
    def refuse() -> None:
        raise kind("one line")

    assert refuse()["refusal"]["error"] == "AgentUnavailable"


def test_a_value_arrives_as_it_is_and_a_foreign_error_is_not_swallowed() -> None:
    assert read_answer(answers_errors(lambda: [1, 2])()) == [1, 2]
    assert read_answer(answers_errors(lambda: None)()) is None
    with pytest.raises(ZeroDivisionError):
        answers_errors(lambda: 1 / 0)()
