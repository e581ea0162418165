"""A report that says what changed stands for the whole, or is known not to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.changes import apply_changes, note_told, parse_changes, render_changes
from tests.builders import make_snapshot

texts = st.text(max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
devices = st.dictionaries(texts, values, max_size=2)
pools = st.lists(devices, min_size=1, max_size=4)


def contents_of(pool: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Contents with some of the devices, in any order, one of them more than once or not."""
    return st.builds(
        lambda others, chosen: {**others, "version": 1, "host": "host", "devices": chosen},
        st.dictionaries(st.sampled_from(("left_out", "é", "x")), values),
        st.lists(st.sampled_from(pool) | devices, max_size=5),
    )


pairs = pools.flatmap(lambda pool: st.tuples(contents_of(pool), contents_of(pool)))
Content = Mapping[str, Any]


def change(before: Content, now: Content) -> dict[str, Any] | None:
    """The message that makes one of the other."""
    message = render_changes(now, note_told(now), note_told(before))
    return None if message is None else json.loads(json.dumps(message))


def apply(before: Content, message: Mapping[str, Any]) -> Content | None:
    """What a conductor makes of it that has ``before``."""
    whole = apply_changes(messages.render_document(before), parse_changes(message))
    return None if whole is None else whole.content


@given(pairs)
def test_a_report_is_noted_by_the_hash_that_a_conductor_makes(
    pair: tuple[Content, Content],
) -> None:
    for content in pair:
        assert note_told(content).content_hash == messages.hash_content(content)


@given(pairs)
def test_changes_of_a_report_make_the_whole(pair: tuple[Content, Content]) -> None:
    before, now = pair
    message = change(before, now)
    if message is None:  # not one device is as it was
        assert not any(device in before["devices"] for device in now["devices"])
    elif set(before) - set(now):  # no report leaves out what the one before said
        assert apply(before, message) is None
    else:
        assert apply(before, message) == now


@given(pairs)
def test_changes_do_not_fit_another_report(pair: tuple[Content, Content]) -> None:
    before, now = pair
    message = change(before, now)
    other = {**before, "left_out": ["another"], "devices": before["devices"][:-1]}
    if message is not None and "left_out" not in message["others"] and "left_out" in now:
        assert apply(other, message) is None


def test_one_device_of_many_is_a_small_message() -> None:
    many = messages.render_snapshot(make_snapshot("host", 64))
    changed = json.loads(json.dumps(many))
    changed["devices"][7]["model"] = "Other"
    message = change(many, changed)
    assert message is not None
    assert [item for item in message["devices"] if isinstance(item, dict)] == [
        changed["devices"][7]
    ]
    assert message["others"] == {}
    assert len(json.dumps(message)) < len(json.dumps(many)) / 40


def make_message(**wrong: Any) -> dict[str, Any]:
    """A message of changes, with something else in it."""
    right = {"version": 1, "host": "host", "base": "b", "hash": "h", "devices": [0], "others": {}}
    return {**right, **wrong}


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        ({"devices": [0, 0]}, "one device twice"),
        ({"devices": [True]}, "neither an object nor a place"),
        ({"devices": [-1]}, "neither an object nor a place"),
        ({"devices": [0.0]}, "neither an object nor a place"),
        ({"devices": ["0"]}, "neither an object nor a place"),
        ({"devices": [[0]]}, "neither an object nor a place"),
        ({"devices": {}}, "no devices that is a list"),
        ({"others": None}, "no others that is a dict"),
        ({"base": 7}, "no base that is a str"),
        ({"hash": None}, "no hash that is a str"),
        ({"host": None}, "no host that is a str"),
        ({"version": 2}, "message version 2 is not 1"),
    ],
)
def test_what_are_no_changes_is_refused(wrong: dict[str, Any], cause: str) -> None:
    parse_changes(make_message())
    with pytest.raises(InvalidInput, match=cause):
        parse_changes(make_message(**wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        {"devices": [1]},
        {"devices": [10**30]},
        {"devices": [0, {}]},
        {"others": {"left_out": []}},
        {"others": {"devices": []}, "devices": []},
        {"hash": "another"},
    ],
)
def test_changes_that_do_not_arrive_at_what_they_say_make_nothing(wrong: dict[str, Any]) -> None:
    content = messages.render_snapshot(make_snapshot("host", 1), minor=0)
    right = make_message(hash=messages.hash_content(content))
    assert apply(content, right) == content
    assert apply(content, {**right, **wrong}) is None
