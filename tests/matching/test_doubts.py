"""A firm answer holds whatever data, compilers and runtimes do; anything else is no firm answer."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.memory import find_device_count, find_memory_need
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.running.generic import GENERIC
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.requirement.requirement import (
    DeviceRequirement,
    IRRequirement,
    Span,
    TensorRequirement,
)
from cyborg_rr.domain.words import OUTCOMES, Outcome, Runtime
from tests.matching.drawn import SIZES, requirements
from tests.matching.requirements import GIB, make_requirement

CATALOGUE = load()
T4 = CATALOGUE.represent_product("nvidia-t4")
ALONE = MatchOptions(devices_limit=1)


def judge(
    requirement: IRRequirement, memory_bytes: int | None = None, options: MatchOptions = ALONE
) -> Verdict:
    device = T4 if memory_bytes is None else replace(T4, memory_bytes=memory_bytes)
    return match(requirement, [device], options)[0]


def change(requirement: IRRequirement, **changes: object) -> IRRequirement:
    return replace(requirement, memory=replace(requirement.memory, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("runtime", "outcome"), [("compiled", "unknown"), ("eager", "does not fit")]
)
def test_what_fits_if_a_compiler_fuses_is_no_firm_no(runtime: Runtime, outcome: Outcome) -> None:
    requirement = change(make_requirement(activations=20 * GIB), fused_peak_bytes=GIB)
    verdict = judge(requirement, options=MatchOptions(runtime=runtime, devices_limit=1))
    assert verdict.verdict == outcome
    told = "which elementwise operations the compiler fuses" in " ".join(verdict.reasons)
    assert told is (outcome == "unknown")


def test_values_that_follow_from_weights_make_no_firm_no() -> None:
    verdict = judge(change(make_requirement(), derived_bytes=20 * GIB))
    assert verdict.verdict == "unknown"
    assert "whether the runtime keeps what follows from the weights alone" in verdict.reasons[0]


def test_a_program_for_several_devices_need_not_keep_what_follows_from_weights() -> None:
    none = Span(0, 0)
    share = DeviceRequirement(8, Span(GIB, GIB), none, none, none, none, none, none)
    requirement = make_requirement(weights=8 * GIB, partitions=8, per_device=share)
    assert judge(requirement, options=MatchOptions()).verdict == "fits if"
    doubtful = judge(change(requirement, derived_bytes=20 * GIB), options=MatchOptions())
    assert doubtful.verdict == "unknown"


def test_memory_that_is_only_known_by_its_nominal_size_makes_no_firm_no() -> None:
    device = replace(T4, memory_bytes=int(14.72 * GIB), nominal_memory_bytes=16 * GIB)
    for weights, outcome in ((13.0, "fits"), (14.5, "unknown"), (16.5, "does not fit")):
        verdict = match(make_requirement(weights=int(weights * GIB)), [device], ALONE)[0]
        assert verdict.verdict == outcome
        told = "nominal size of 16.00 GiB would be enough" in " ".join(verdict.reasons)
        assert told is (weights == 14.5)
    reported = replace(device, nominal_memory_bytes=None)
    verdict = match(make_requirement(weights=int(14.5 * GIB)), [reported], ALONE)[0]
    assert verdict.verdict == "does not fit"


@pytest.mark.parametrize("more", [0, 60])
def test_inputs_that_may_be_weights_make_no_firm_no(more: int) -> None:
    """They might be converted, which inputs never are."""
    tensors = tuple(TensorRequirement(f"arg{place}", "f32", (1, 1)) for place in range(12))
    model = make_requirement(weights=0, element_type="f32", activations=more * GIB, inputs=tensors)
    verdict = judge(change(model, input_bytes=20 * GIB))
    assert verdict.verdict == ("does not fit" if more else "unknown")
    told = "does not say which of its 12 inputs are weights" in verdict.reasons[0]
    assert told is ("--weights" in verdict.reasons[0]) is (not more)


@settings(max_examples=300, deadline=None)
@given(requirement=requirements(), runtime=st.sampled_from(get_args(Runtime)), usable=SIZES)
def test_firm_answers_hold_at_both_ends(
    requirement: IRRequirement, runtime: Runtime, usable: int
) -> None:
    need = find_memory_need(requirement, replace(T4, memory_bytes=usable), GENERIC[runtime])
    least = need.known if need.least is None else need.least
    assert least <= need.known
    verdict = judge(requirement, usable, MatchOptions(runtime=runtime, devices_limit=8))
    for_memory = [reason for reason in verdict.reasons if "GiB usable" in reason]
    available = need.usable_per_device or 0
    if need.known <= available:
        assert not for_memory
    if verdict.verdict == "does not fit":
        assert least > available
        assert not requirement.memory.parameters_guessed
    if verdict.verdict == "fits":
        assert need.known <= available or verdict.changes


@settings(max_examples=300, deadline=None)
@given(
    requirement=requirements(),
    sizes=st.tuples(SIZES, SIZES),
    limit=st.sampled_from([1, 2, 8]),
    runtime=st.sampled_from(get_args(Runtime)),
)
def test_more_memory_or_more_devices_never_make_it_worse(
    requirement: IRRequirement, sizes: tuple[int, int], limit: int, runtime: Runtime
) -> None:
    small, large = sorted(sizes)
    options = MatchOptions(runtime=runtime, devices_limit=limit)
    wider = MatchOptions(runtime=runtime, devices_limit=2 * limit)
    worst = OUTCOMES.index(judge(requirement, small, options).verdict)
    assert OUTCOMES.index(judge(requirement, large, options).verdict) <= worst
    assert OUTCOMES.index(judge(requirement, small, wider).verdict) <= worst
    need = find_memory_need(requirement, replace(T4, memory_bytes=small), GENERIC[runtime])
    fewer, more = find_device_count(need, limit), find_device_count(need, 2 * limit)
    assert fewer is None or fewer == more


@settings(max_examples=200, deadline=None)
@given(requirement=requirements(), figure=st.sampled_from(["activation", "input", "parameter"]))
def test_whatever_needs_more_never_fits_better(requirement: IRRequirement, figure: str) -> None:
    name = f"{figure}_peak_bytes" if figure == "activation" else f"{figure}_bytes"
    before = getattr(requirement.memory, name)
    more = change(requirement, **{name: before + GIB})
    for usable in (8 * GIB, 40 * GIB, 80 * GIB):
        worst = OUTCOMES.index(judge(more, usable).verdict)
        assert OUTCOMES.index(judge(requirement, usable).verdict) <= worst


def make_large(weights: int, **changes: object) -> IRRequirement:
    """A program that toolchains of the A100 divide."""
    requirement = make_requirement(
        weights=weights * GIB, activations=0, family="stablehlo", operations={"dot_general": 3}
    )
    return change(requirement, **changes)


def judge_free(requirement: IRRequirement, free: int | None) -> Verdict:
    device = CATALOGUE.represent_product("nvidia-a100-sxm-80")
    counts = None if free is None else {device.device_class: free}
    return match(requirement, [device], counts=counts)[0]


def test_fewer_devices_than_are_needed_at_most_are_no_firm_no() -> None:
    """One may hold the model, or two must, as the data turns out."""
    requirement = make_large(
        50, activation_peak_bytes=40 * GIB, at_most={"activation_peak_bytes": 0}
    )
    assert judge_free(requirement, None).devices_needed == 2
    for free, outcome in ((0, "does not fit"), (1, "unknown"), (2, "fits if")):
        assert judge_free(requirement, free).verdict == outcome


def test_a_guess_of_what_is_divided_makes_no_firm_no_for_a_small_inventory() -> None:
    """Of 140 GiB of arguments 100 are guessed to be weights, which alone would be divided."""
    requirement = make_large(100, input_bytes=40 * GIB, parameters_guessed=True)
    assert judge_free(requirement, None).devices_needed == 4
    for free, outcome in ((1, "does not fit"), (2, "unknown"), (4, "fits if")):
        assert judge_free(requirement, free).verdict == outcome
