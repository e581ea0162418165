"""What is written is what is read, and every fault is named with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr import codec
from cyborg_rr.domain.documents import (
    Count,
    Form,
    MaxItems,
    Positive,
    PositiveNumber,
    Remainder,
    Share,
    composed,
    key,
    stated,
)
from cyborg_rr.domain.errors import InvalidInput, UnreadableDocument
from cyborg_rr.rpc import messages


class Colour(StrEnum):
    """A closed vocabulary."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Place:
    """A part that is composed into others."""

    rack: str
    unit: Positive = 1


@dataclass(frozen=True, slots=True)
class Part:
    """An inner object."""

    name: str
    sizes: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One field of each form that the codec knows."""

    name: str
    count: Count
    share: Share
    left: Remainder
    factor: PositiveNumber
    is_new: bool
    colour: Colour
    way: Literal["in", "out"]
    hostname: str = field(metadata=key("host"))
    place: Place = field(metadata=composed("at_"))
    code: Annotated[str, Form("[a-f0-9]{4}", "four hexadecimal digits")]
    parts: Annotated[tuple[Part, ...], MaxItems(3)] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    anything: Any = None
    said: int = field(default=0, metadata=stated())
    owner: str | None = None
    schema_version: str = "1.2"


def make_document(**changes: Any) -> dict[str, Any]:
    """A document of a sample, with changes; ``...`` takes a key away."""
    document = {
        "name": "n",
        "count": 3,
        "share": 0.5,
        "left": 0.0,
        "factor": 2.5,
        "is_new": True,
        "colour": "red",
        "way": "in",
        "host": "h",
        "at_rack": "r",
        "at_unit": 2,
        "code": "00ff",
        "parts": [{"name": "p", "sizes": [1, "n"]}],
        "counts": {"a": 1},
        "anything": {"deep": [1, {"er": None}]},
        "said": 4,
        "owner": None,
        "schema_version": "1.2",
    } | changes
    return {name: value for name, value in document.items() if value is not ...}


def test_every_form_survives_being_written_as_text() -> None:
    sample = codec.parse(Sample, make_document(), "sample")
    assert sample.hostname == "h"
    assert sample.place == Place("r", 2)
    assert sample.parts == (Part("p", (1, "n")),)
    assert sample.colour is Colour.RED
    assert sample.anything == {"deep": (1, {"er": None})}
    assert json.loads(json.dumps(codec.render(sample))) == make_document()


def test_keys_stand_in_the_order_of_the_fields() -> None:
    sample = codec.parse(Sample, dict(reversed(make_document().items())), "sample")
    assert list(codec.render(sample)) == list(make_document())


def test_equal_content_has_equal_hashes_whatever_its_order() -> None:
    turned = dict(reversed(make_document().items()))
    assert messages.hash_content(turned) == messages.hash_content(make_document())
    assert messages.hash_content(turned) != messages.hash_content(make_document(count=4))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": 3}, "sample.name must be text, not 3"),
        ({"name": ...}, "sample.name is missing"),
        ({"name": "x" * 5000}, "sample.name is longer than 4096 characters"),
        ({"count": "3"}, "sample.count must be a whole number, not '3'"),
        ({"count": True}, "sample.count must be a whole number, not True"),
        ({"count": -1}, "sample.count must not be negative"),
        ({"count": 2**70}, "sample.count is too large a number"),
        ({"share": float("nan")}, "sample.share must be a finite number"),
        ({"share": 10**400}, "sample.share must be a finite number"),
        ({"share": 50}, "sample.share must be from 1e-06 to 1, not 50"),
        ({"share": 0}, "sample.share must be from 1e-06 to 1, not 0"),
        ({"left": 1}, "sample.left must be from 0 to 0.999999, not 1"),
        ({"factor": -1}, "sample.factor must be from 1e-12 to 1e+18, not -1"),
        ({"share": "0.5"}, "sample.share must be a number, not '0.5'"),
        ({"is_new": 1}, "sample.is_new must be true or false, not 1"),
        ({"colour": "green"}, "sample.colour must be one of 'red', 'blue', not 'green'"),
        ({"way": ["in"]}, "sample.way must be one of 'in', 'out', not ['in']"),
        ({"host": ...}, "sample.host is missing"),
        ({"at_rack": ...}, "sample.at_rack is missing"),
        ({"at_unit": 0}, "sample.at_unit must be positive"),
        ({"code": "00fg"}, "sample.code must be four hexadecimal digits, not '00fg'"),
        ({"parts": {}}, "sample.parts must be a list, not {}"),
        ({"parts": [{"name": "p"}, {}]}, "sample.parts[1].name is missing"),
        ({"parts": [{"name": "p", "sizes": [1.5]}]}, "sample.parts[0].sizes[0] must be text"),
        ({"parts": [{"name": "p"}] * 4}, "sample.parts has more than 3 items"),
        ({"parts": [{"name": "p", "colour": 1}]}, "sample.parts[0] has the unknown key 'colour'"),
        ({"counts": {"a": None}}, "sample.counts.a must be a whole number, not None"),
        ({"counts": {1: 1}}, "sample.counts must be an object with text keys"),
        ({"counts": {str(n): n for n in range(70000)}}, "sample.counts has more than 65536"),
        ({"anything": object}, "sample.anything must be JSON data, not type"),
        ({"said": ...}, "sample.said is missing"),
        ({"owner": 1}, "sample.owner must be text, not 1"),
        ({"novelty": 1}, "sample has the unknown key 'novelty'; known: name, count,"),
    ],
)
def test_a_fault_is_named_with_its_place(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        codec.parse(Sample, make_document(**changes), "sample")
    assert str(refused.value).startswith(fault)


@pytest.mark.parametrize("document", [None, [], "text", 3, True])
def test_what_is_no_object_is_refused(document: object) -> None:
    with pytest.raises(InvalidInput, match="sample must be an object, not"):
        codec.parse(Sample, document, "sample")


def test_data_of_no_form_is_not_followed_without_end() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(InvalidInput, match=r"sample\.anything.* is nested too deeply"):
        codec.parse(Sample, make_document(anything=deep), "sample")


def test_our_own_processes_may_know_more_than_we() -> None:
    newer = make_document(novelty=1, parts=[{"name": "p", "colour": "red"}], at_shelf=3)
    assert codec.parse(Sample, newer, "sample", tolerant=True).parts == (Part("p"),)


def test_a_document_of_a_later_minor_version_may_have_keys_that_we_do_not_know() -> None:
    newer = make_document(novelty=1, schema_version="1.3")
    assert codec.parse(Sample, newer, "sample").name == "n"


def test_a_document_of_an_earlier_minor_version_lacks_what_came_later() -> None:
    older = make_document(owner=..., counts=..., schema_version="1.0")
    assert codec.parse(Sample, older, "sample").owner is None


@pytest.mark.parametrize("version", ["2.0", "0.9", "1", "one.two", "1.x", "", "1.9999999", "²."])
def test_another_major_version_is_refused_also_between_our_own(version: str) -> None:
    with pytest.raises(InvalidInput, match="schema_version"):
        codec.parse(Sample, make_document(schema_version=version), "sample", tolerant=True)


def test_what_another_release_stored_is_told_from_what_a_caller_sent() -> None:
    newer = make_document(novelty=1)
    assert codec.parse_stored(Sample, newer, "stored").name == "n"
    with pytest.raises(UnreadableDocument, match="another release of this service wrote it"):
        codec.parse_stored(Sample, make_document(schema_version="2.0"), "stored")


@dataclass(frozen=True, slots=True)
class Colliding:
    """A field under the key of a composed one."""

    at_rack: str
    place: Place = field(metadata=composed("at_"))


def test_two_fields_under_one_key_are_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="stand under one key"):
        codec.render(Colliding("x", Place("r")))


def make_deep(levels: int) -> Any:
    """A list in a list in a list."""
    deep: Any = 1
    for _ in range(levels):
        deep = [deep]
    return deep


@pytest.mark.parametrize(
    "wrong",
    [10**5000, make_deep(100_000), [["x"] * 9] * 10**6, "x" * 10**7],
    ids=["huge", "deep", "wide", "long"],
)
def test_a_message_costs_little_whatever_it_quotes(wrong: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        codec.parse(Sample, make_document(colour=wrong), "sample")
    assert len(str(refused.value)) < 200
    with pytest.raises(InvalidInput, match="schema_version"):
        codec.parse(Sample, make_document(schema_version=wrong), "sample")


def test_what_has_no_form_in_documents_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="a set has no form"):
        codec.render({1, 2})


json_data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*make_document(), "novelty"]), json_data), st.booleans())
def test_no_document_does_anything_but_parse_or_be_refused(
    changes: dict[str, Any], tolerant: bool
) -> None:
    refusal, sample = "", None
    try:
        sample = codec.parse(Sample, make_document(**changes), "sample", tolerant=tolerant)
    except InvalidInput as refused:
        refusal = str(refused)
    if sample is None:
        assert refusal.startswith("sample")
    else:
        assert codec.parse(Sample, codec.render(sample), "sample") == sample
