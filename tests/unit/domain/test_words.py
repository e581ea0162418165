"""The closed vocabularies: complete records, and names that somebody may have meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.hardware.resource_class import resource_class_of
from cyborg_rr.domain.matching.estimate.rates import find_rate
from cyborg_rr.domain.matching.options import CONVERSIONS
from cyborg_rr.domain.words import (
    COMPLEX_OF,
    DEVICE_KINDS,
    ELEMENT_TYPES,
    MAX_NEAREST,
    PEAK_RATES,
    find_bits,
    find_nearest,
    find_part,
    find_slips,
)


@pytest.mark.parametrize("name", ELEMENT_TYPES)
def test_every_element_type_is_timed_by_a_rate_and_has_a_meaning(name: str) -> None:
    entry = ELEMENT_TYPES[name]
    assert entry.name == name
    assert find_rate(name).name == entry.rate
    assert entry.native
    assert entry.meaning
    assert entry.real is None or ELEMENT_TYPES[entry.real].bits * 2 == entry.bits
    assert (entry.block is None) == (entry.family != "blocks")


@pytest.mark.parametrize("name", [e.name for e in ELEMENT_TYPES.values() if e.block])
def test_a_block_has_room_for_its_elements_and_for_what_scales_them(name: str) -> None:
    entry = ELEMENT_TYPES[name]
    assert entry.block is not None
    elements, size = entry.block
    nominal = 1.5 if name == "tq1_0" else entry.bits  # five values of three in 8 bits
    assert nominal < size * 8 / elements < nominal + 1.2
    assert entry.may_be_weights
    assert not entry.is_converted


@pytest.mark.parametrize(
    ("name", "shape", "size"),
    [
        ("q4_0", (32,), 18),
        ("q4_K", (2, 512), 2 * 2 * 144),
        ("q6_K", (3, 300), 3 * 2 * 210),  # rows are whole blocks
        ("q8_0", (), 34),
        ("q8_0", (4, 0), 0),
        ("mxfp4", (32, 2880, 2880), 32 * 2880 * 90 * 17),
        ("i4", (3, 3), 5),
    ],
)
def test_rows_of_blocks_are_whole_blocks(name: str, shape: tuple[int, ...], size: int) -> None:
    assert TensorType(name, shape).byte_size == size


def test_blocks_of_an_open_shape_have_no_size() -> None:
    assert TensorType("q4_0", ("n", 32)).byte_size is None
    assert TensorType("q4_0", None).byte_size is None


def test_what_is_not_known_has_no_size_and_counts_as_f32() -> None:
    assert (find_bits("f99"), find_bits(None), find_bits("str")) == (0, 0, 0)
    assert find_rate("f99").name == "f32"


@pytest.mark.parametrize("name", PEAK_RATES)
def test_every_substitute_of_a_rate_is_a_rate(name: str) -> None:
    assert set(PEAK_RATES[name].substitutes) <= set(PEAK_RATES) - {name}


def test_floats_are_the_plain_and_the_quantised_ones() -> None:
    plain = {name for name, entry in ELEMENT_TYPES.items() if entry.is_plain}
    assert plain == {"f64", "f32", "f16", "bf16"}
    converted = {name for name, entry in ELEMENT_TYPES.items() if entry.is_converted}
    assert converted == plain | {"tf32"}
    quantised = {name for name, entry in ELEMENT_TYPES.items() if entry.is_quantised}
    assert quantised == {"i8", "u8", "i4", "u4", "i2", "u2"}
    assert set(CONVERSIONS) - plain >= {
        "f8E4M3FN", "f8E4M3FNUZ", "f8E5M2", "f8E5M2FNUZ", "f8E4M3", "f8E3M4", "f8E4M3B11FNUZ",
        "f6E2M3FN", "f6E3M2FN", "f4E2M1FN", "i8", "i4", "u8", "u4",
    }  # fmt: skip
    assert [find_part(name) for name in ("c64", "c128", "i8", None)] == ["f32", "f64", "i8", None]
    assert dict(COMPLEX_OF) == {"f32": "c64", "f64": "c128"}


@pytest.mark.parametrize("name", DEVICE_KINDS)
def test_every_kind_has_a_resource_class_of_its_own_or_a_custom_one(name: str) -> None:
    found = resource_class_of(name)
    assert found in ("PGPU", "FPGA") or found == f"CUSTOM_{name}"
    assert resource_class_of(name, "1g.5gb") == ("VGPU" if name == "GPU" else found)


@pytest.mark.parametrize("wrong", ["roi_aling", "roi_algn", "roi_alignn", "roi_alien", "oi_align"])
def test_one_slip_away_is_the_word_that_was_meant(wrong: str) -> None:
    known = ("relu", "roi_align", "round", "align")
    assert find_slips(wrong, known) == ["roi_align"]
    assert find_nearest(wrong, known) == ("roi_align",)


def test_what_is_like_no_word_has_no_nearest() -> None:
    assert find_nearest("xyzzy", ("roi_align", "relu")) == ()
    assert find_nearest("convolution_transposed_2d", ("convolution_transpose", "relu")) == (
        "convolution_transpose",
    )


@given(st.text(max_size=6), st.lists(st.text(max_size=6), max_size=12))
def test_nearest_words_are_known_ones_and_few(word: str, known: list[str]) -> None:
    assert set(find_nearest(word, known)) <= set(known)
    assert len(find_nearest(word, known)) <= MAX_NEAREST
    assert find_slips(word, [word]) == []


@given(st.text(min_size=2, max_size=8), st.data())
def test_every_single_slip_is_seen(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    for slip in (word[:place] + word[place + 1 :], swapped, f"{word[:place]}#{word[place:]}"):
        assert find_slips(slip, [word]) == ([word] if slip != word else [])
