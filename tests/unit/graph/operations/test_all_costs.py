"""No operation can be added without a count by hand of what it costs."""

from collections import Counter

import pytest

from cyborg_rr.domain.graph.operations.registry import REGISTRY
from tests.unit.graph.operations.counting import FIELDS, list_cases

COUNTED = Counter(case.operation for case in list_cases())


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_operation_has_a_count_by_hand(name: str) -> None:
    assert COUNTED[name] > 0


def test_every_case_is_about_an_operation_that_exists() -> None:
    assert sorted(set(COUNTED) - set(REGISTRY)) == []


def test_no_two_cases_say_the_same_sentence() -> None:
    sentences = Counter(case.sentence for case in list_cases())
    assert [sentence for sentence, times in sentences.items() if times > 1] == []


def test_what_a_case_does_not_count_is_a_field_of_the_answer() -> None:
    assert {name for case in list_cases() for name in case.uncounted} <= set(FIELDS)
