"""No operation can be added without a count by hand of what it costs."""

from collections import Counter

import pytest

from cyborg_rr.domain.graph.operations.registry import REGISTRY
from tests.unit.graph.operations.counting import list_cases

COUNTED = Counter(case.operation for case in list_cases())


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_operation_has_a_count_by_hand(name: str) -> None:
    assert COUNTED[name] > 0


def test_every_case_is_about_an_operation_that_exists() -> None:
    assert sorted(set(COUNTED) - set(REGISTRY)) == []


def test_no_two_cases_say_the_same_sentence() -> None:
    sentences = Counter(case.sentence for case in list_cases())
    assert [sentence for sentence, times in sentences.items() if times > 1] == []
