"""Device profile groups: what is taken, what is refused and why, what they ask for."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.profiles import (
    count_requests,
    expand_requests,
    parse_groups,
    parse_name,
    refuse_provider,
)


def test_values_become_text_and_keys_lose_their_spaces() -> None:
    assert parse_groups([{"resources: CUSTOM_X ": 2, "trait: CUSTOM_T": "required"}]) == (
        {"resources:CUSTOM_X": "2", "trait:CUSTOM_T": "required"},
    )


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (-2, "-2"), (1.5, "1.5"), (True, "True"), ("", ""), ("é", "é")]
)
def test_what_is_said_to_the_accelerator_becomes_text(value: object, text: str) -> None:
    """As ``str`` makes it: the existing service's fields take what is no text so."""
    assert parse_groups([{"accel:x": value}]) == ({"accel:x": text},)


@pytest.mark.parametrize("value", [1.5, False])
def test_the_first_release_took_text_and_whole_numbers(value: object) -> None:
    with pytest.raises(InvalidInput, match="must be text"):
        parse_groups([{"accel:x": value}], takes_any_scalar=False)


@pytest.mark.parametrize(
    ("groups", "place"),
    [
        ([], "at least one group"),
        ({}, "at least one group"),
        (["x"], r"groups\[0\] must be an object"),
        ([{"resources:VCPU": "1"}], "VCPU"),
        ([{"resources:PGPU": "one"}], "'one'"),
        ([{"resources:PGPU": None}], "must be text"),
        ([{"resources:PGPU": True}], "must be text"),
        ([{"resources:PGPU": "9" * 30}], "over the limit"),
        ([{"resources1:PGPU": "1"}], "must begin with"),
        ([{"accel:x": None}], "must be text"),
        ([{"accel:x": ["a"]}], "must be text"),
        ([{"trait:OWNER_CYBORG": "required"}], "CUSTOM_"),
        ([{"trait:CUSTOM_foo": "required"}], "A-Z"),  # no name in Placement
        ([{"resources:CUSTOM_foo": "1"}], "CUSTOM_foo"),
        ([{"trait:CUSTOM_T": "maybe"}], "'maybe'"),
        ([{"resources:PGPU": "1", "resources: PGPU": "2"}], "twice"),
        ([{"resources:PGPU": "1000"}, {"resources:PGPU": "1000"}], "2000 accelerators"),
        ([{}] * 65, "65 groups"),
    ],
)
def test_a_bad_group_is_refused_with_its_place(groups: object, place: str) -> None:
    with pytest.raises(InvalidInput, match=place):
        parse_groups(groups)


@pytest.mark.parametrize("name", ["", "a" * 256, "a b", "ä", "a/b", None, 7])
def test_a_bad_name_is_refused(name: object) -> None:
    with pytest.raises(InvalidInput, match="name"):
        parse_name(name)


def test_requests_are_counted_over_all_resources_of_a_group() -> None:
    assert count_requests({"resources:PGPU": "2", "resources:CUSTOM_X": "1"}) == 3
    assert count_requests({"resources:PGPU": "-1", "accel:function_id": "x"}) == 0


def test_a_xilinx_fpga_counts_twice() -> None:
    assert count_requests({"resources:FPGA": "1", "trait:CUSTOM_FPGA_XILINX": "required"}) == 2


def test_requests_keep_the_order_of_their_groups() -> None:
    groups = [{"resources:PGPU": "1"}, {"resources:FPGA": "2"}]
    assert [index for index, _ in expand_requests(groups)] == [0, 1, 1]


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        ({"resources:FPGA": "1"}, "provides PGPU"),
        ({"resources:PGPU": "1", "trait:CUSTOM_B": "required"}, "lacks the trait CUSTOM_B"),
        ({"resources:PGPU": "1", "trait:CUSTOM_A": "forbidden"}, "forbidden trait CUSTOM_A"),
    ],
)
def test_a_provider_that_does_not_match_is_refused_with_the_reason(
    group: dict[str, str], reason: str
) -> None:
    refusal = refuse_provider(group, "PGPU", ["CUSTOM_A"])
    assert refusal is not None
    assert reason in refusal


def test_a_provider_that_matches_is_taken() -> None:
    group = {"resources:PGPU": "1", "trait:CUSTOM_A": "required", "trait:CUSTOM_B": "forbidden"}
    assert refuse_provider(group, "PGPU", ["CUSTOM_A"]) is None
