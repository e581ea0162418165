"""Attention that somebody states replaces work that is there, and no more than there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.requirement.checking import check_replaced
from cyborg_rr.domain.requirement.requirement import IRRequirement, Replaced
from tests.unit.graph.attending import build, plain
from tests.unit.requirement.test_extraction import require


@pytest.fixture(scope="module")
def attending() -> IRRequirement:
    built = build(plain)
    return require(built.builder, built.result)


def change(requirement: IRRequirement, replaced: Replaced) -> IRRequirement:
    (attention,) = requirement.attention
    return replace(requirement, attention=(replace(attention, replaces=(replaced,)),))


def test_what_was_extracted_fits(attending: IRRequirement) -> None:
    assert check_replaced(attending) is attending


@pytest.mark.parametrize("is_empty", [False, True])
def test_work_that_is_not_there_is_refused_by_its_place(
    attending: IRRequirement, is_empty: bool
) -> None:
    wrong = change(attending, Replaced(len(attending.work), 1))
    if is_empty:
        wrong = replace(attending, work=())
    with pytest.raises(InvalidInput, match=r"requirement.attention\[0\].replaces\[0\].item is"):
        check_replaced(wrong)


def test_more_than_there_is_of_it_is_refused(attending: IRRequirement) -> None:
    count = attending.work[0].count
    check_replaced(change(attending, Replaced(0, count)))
    with pytest.raises(InvalidInput, match=r"replaces\[0\].count replaces more than work\[0\]"):
        check_replaced(change(attending, Replaced(0, count + 1)))
