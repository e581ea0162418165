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
from cyborg_rr.domain.requirement.requirement import (
    AttentionItem,
    IRRequirement,
    Replaced,
    RuntimePeak,
    TensorRequirement,
)
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
    before = need_of(requirement)
    after = need_of(convert(requirement, target, keeps_io=True))
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
    converted = need_of(convert(requirement, "f16", keeps_io=True))
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


def tensor(name: str, *shape: int, element_type: str = "f32") -> TensorRequirement:
    return TensorRequirement(name, element_type, shape)


def test_a_decoder_that_takes_and_yields_its_cache_has_it_converted() -> None:
    """Tokens stay whole numbers, and a cache that is written in place has its memory once."""
    past, ids = tensor("past", 8, 1024, 1024), tensor("ids", 1, 16, element_type="i64")
    made = make_requirement(weights=GIB, element_type="f32", inputs=(ids, past), outputs=(past,))
    size = 32 << 20
    memory = replace(
        made.memory, input_bytes=size + 128, output_bytes=size, aliased_bytes=size,
        runtime_peaks=(RuntimePeak("none", 3 * size, {"f32": 3 * size}),),
    )  # fmt: skip
    requirement = replace(made, memory=memory)
    found, kept = convert(requirement, "f16"), convert(requirement, "f16", keeps_io=True)
    assert [each.element_type for each in found.inputs] == ["i64", "f16"]
    assert found.memory.input_bytes == size // 2 + 128
    assert found.memory.output_bytes == found.memory.aliased_bytes == size // 2
    assert found.memory.runtime_peaks[0].bytes == 3 * size // 2
    assert (kept.inputs, kept.outputs) == (requirement.inputs, requirement.outputs)
    assert kept.memory.input_bytes == size + 128
    assert kept.memory.aliased_bytes == size
    assert kept.memory.runtime_peaks[0].bytes == 2 * size
    assert kept.memory.runtime_peaks[0].bytes_by_element_type == {"f16": size, "f32": size}


def test_types_for_weights_alone_leave_inputs_and_outputs() -> None:
    made = make_requirement(element_type="f32", inputs=(tensor("x", 4),), outputs=(tensor("y", 4),))
    found = convert(made, "i8")
    assert (found.inputs, found.outputs) == (made.inputs, made.outputs)
    assert found.memory.input_bytes == made.memory.input_bytes


def test_attention_is_converted_with_the_work_that_it_stands_for() -> None:
    item = AttentionItem(
        "f32", 1, 2, 8, 8, 4, 4, 1024, 640, 128, bytes_read=768, bytes_written=256,
        parameter_bytes=0, score_bytes=512, replaces=(Replaced(0, 1),),
    )  # fmt: skip
    (found,) = convert(make_requirement(element_type="f32", attention=(item,)), "bf16").attention
    assert (found.bytes_read, found.bytes_written, found.score_bytes) == (384, 128, 256)
    assert found == replace(
        item, element_type="bf16", bytes_read=384, bytes_written=128, score_bytes=256
    )
