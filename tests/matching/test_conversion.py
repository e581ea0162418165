"""A conversion changes what has the types that it converts, in proportion, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyborg_rr import codec
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.matching.conversion import convert
from cyborg_rr.domain.matching.memory import find_memory_need
from cyborg_rr.domain.matching.running.generic import GENERIC
from cyborg_rr.domain.matching.verdict import MemoryNeed
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import ELEMENT_TYPES
from tests.matching.drawn import requirements
from tests.matching.requirements import GIB, make_requirement

T4 = load().represent_product("nvidia-t4")
CONVERTED = frozenset(entry.name for entry in ELEMENT_TYPES.values() if entry.is_converted)
TARGETS = sorted(entry.name for entry in ELEMENT_TYPES.values() if entry.is_plain)
GOLDEN = [
    codec.parse(IRRequirement, json.loads(path.read_text())["requirement"], "requirement")
    for path in sorted((Path(__file__).parent / "golden").glob("*.json"))
]
REQUIREMENTS = st.sampled_from(GOLDEN) | requirements()
ITEMS = ("parameters", "constants", "activations")


def need_of(requirement: IRRequirement) -> MemoryNeed:
    return find_memory_need(requirement, T4, GENERIC["compiled"])


def ratios(requirement: IRRequirement, target: str) -> list[Fraction]:
    """What becomes of a byte of each type that the model uses, and of what is not converted."""
    bits = ELEMENT_TYPES[target].bits
    used = [name for name in requirement.element_types if name in CONVERTED]
    return [Fraction(1), *(Fraction(bits, ELEMENT_TYPES[name].bits) for name in used)]


@settings(max_examples=200, deadline=None)
@given(requirement=REQUIREMENTS, target=st.sampled_from(TARGETS))
def test_nothing_grows_by_more_than_a_type_of_the_model_does(
    requirement: IRRequirement, target: str
) -> None:
    before, after = need_of(requirement), need_of(convert(requirement, target))
    low, high = min(ratios(requirement, target)), max(ratios(requirement, target))
    for item in ITEMS:
        was, is_now = getattr(before, item), getattr(after, item)
        assert (was is None) == (is_now is None)
        if was is not None:
            assert low * was - 8 <= is_now <= high * was + 8
    for kept in ("inputs", "outputs", "aliased", "runtime_context"):
        assert getattr(before, kept) == getattr(after, kept)
    assert (before.least is None) <= (after.least is None)


@settings(max_examples=100, deadline=None)
@given(requirement=REQUIREMENTS, target=st.sampled_from(TARGETS))
def test_converting_to_the_type_that_is_stored_changes_nothing(
    requirement: IRRequirement, target: str
) -> None:
    once = convert(requirement, target)
    assert convert(once, target) == once
    if CONVERTED.intersection(requirement.element_types) <= {target}:
        assert once == requirement


@settings(max_examples=100, deadline=None)
@given(requirement=requirements())
def test_half_the_bits_are_half_the_bytes(requirement: IRRequirement) -> None:
    wide = need_of(convert(requirement, "f32"))
    narrow = need_of(convert(convert(requirement, "f32"), "f16"))
    assert wide.parameters == 2 * (narrow.parameters or 0)
    assert wide.activations == 2 * (narrow.activations or 0)


def test_a_cache_that_past_and_present_share_is_counted_once_after_a_conversion() -> None:
    made = make_requirement(weights=GIB, element_type="f32")
    memory = replace(made.memory, input_bytes=7 * GIB, output_bytes=7 * GIB, aliased_bytes=7 * GIB)
    requirement = replace(made, memory=memory)
    converted = need_of(convert(requirement, "f16"))
    assert converted.aliased == -7 * GIB
    assert converted.known < need_of(requirement).known


@pytest.mark.parametrize(("target", "peak"), [("f32", 20 * GIB), ("f16", 10 * GIB)])
def test_a_plan_of_no_stated_types_grows_with_the_types_of_the_model(
    target: str, peak: int
) -> None:
    made = make_requirement(element_type="f16")
    memory = replace(
        made.memory,
        activation_peak_bytes=10 * GIB,
        activation_peak_by_element_type={},
        activation_peak_method="buffer_assignment",
        constant_bytes=1024,
    )
    converted = convert(replace(made, memory=memory), target).memory
    assert converted.activation_peak_bytes == peak
    assert converted.constant_bytes == 1024 * peak // (10 * GIB)
