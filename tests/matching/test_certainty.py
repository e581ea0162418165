"""How sure the memory is: one distribution says the interval, the probability and the verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyborg_rr import codec
from cyborg_rr.domain.matching.certainty import INTERVAL_SHARE, Spread
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from tests.matching.requirements import GIB, make_requirement
from tests.shipped import load

T4 = load().represent_product("nvidia-t4")
MEMORY = T4.memory_bytes or 0
ALONE = MatchOptions(devices_limit=1)
sizes = st.integers(min_value=1 << 20, max_value=100 * GIB)


def judge(weights: int, device: ResourceRepresentation = T4, **model: object) -> Verdict:
    """The verdict for a model with such weights on one device."""
    return match(make_requirement(weights=weights, **model), [device], ALONE)[0]  # type: ignore[arg-type]


def find_limit() -> int:
    """The largest weights that fit, to the byte."""
    low, high = 0, MEMORY
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if judge(middle).verdict == "fits" else (low, middle - 1)
    return low


LIMIT = find_limit()


@given(low=sizes, more=sizes)
def test_the_ends_of_an_interval_are_its_quantiles(low: int, more: int) -> None:
    spread = Spread(low, low + more)
    assert spread.find_probability(low) == pytest.approx((1 - INTERVAL_SHARE) / 2, abs=1e-6)
    assert spread.find_probability(low + more) == pytest.approx((1 + INTERVAL_SHARE) / 2, abs=1e-6)


@given(low=sizes, more=sizes, usable=sizes, further=sizes)
def test_more_memory_is_never_less_likely_to_be_enough(
    low: int, more: int, usable: int, further: int
) -> None:
    spread = Spread(low, low + more)
    assert spread.find_probability(usable) <= spread.find_probability(usable + further)


def test_an_interval_of_one_figure_is_certain() -> None:
    assert [Spread(7, 7).find_probability(usable) for usable in (6, 7)] == [0.0, 1.0]


def test_what_just_fits_is_as_likely_to_as_the_interval_says() -> None:
    verdict = judge(LIMIT)
    assert verdict.verdict == "fits"
    assert verdict.probability == pytest.approx((1 + INTERVAL_SHARE) / 2)
    assert "its memory is 90 % likely to be enough" in verdict.reasons
    assert verdict.memory_bytes.high == verdict.memory_bytes.total
    assert verdict.interval_share == INTERVAL_SHARE


def test_within_the_interval_no_answer_is_firm() -> None:
    verdict = judge(LIMIT)
    assert verdict.memory_bytes.low is not None
    assert verdict.memory_bytes.total is not None
    width = verdict.memory_bytes.total - verdict.memory_bytes.low
    likely = []
    for part in range(1, 10):
        within = judge(LIMIT + part * width // 10)
        assert within.verdict == "unknown"
        assert within.probability is not None
        assert f"{within.probability:.0%}".replace("%", " % likely") in within.reasons[0]
        likely.append(within.probability)
    assert likely == sorted(likely, reverse=True)
    assert 0.1 < likely[-1] < 0.2 < 0.8 < likely[0] < 0.9
    assert judge(LIMIT + width + 2).verdict == "does not fit"


def test_far_from_the_limit_nobody_is_told_a_probability() -> None:
    for weights in (GIB, 3 * MEMORY):
        verdict = judge(weights)
        assert verdict.probability is None
        assert "probability" not in codec.render(verdict)
        assert not any("likely" in reason for reason in verdict.reasons)


@settings(max_examples=60, deadline=None)
@given(weights=sizes, activations=sizes)
def test_the_interval_holds_the_total_and_no_less_than_the_weights(
    weights: int, activations: int
) -> None:
    need = judge(weights, activations=activations).memory_bytes
    assert need.low is not None
    assert need.total is not None
    assert weights < need.low < need.total
    assert need.high == need.total


def test_what_data_decide_has_bounds_and_no_probability() -> None:
    requirement = make_requirement(weights=LIMIT, activations=GIB)
    memory = replace(requirement.memory, at_most={"activation_peak_bytes": 0})
    compute = replace(requirement.compute, at_most={"macs": 0})
    bounded = replace(requirement, memory=memory, compute=compute)
    verdict = match(bounded, [T4], ALONE)[0]
    assert verdict.verdict == "unknown"
    assert "needs at most" in verdict.reasons[0]
    assert verdict.probability is None
    assert verdict.time_seconds is not None
    assert verdict.time_seconds.at_most


def test_where_sizes_are_missing_there_is_no_interval() -> None:
    need = judge(GIB, activations=None, dynamic=True, symbols=("batch",)).memory_bytes
    assert (need.low, need.high) == (None, None)


def test_a_client_of_the_first_version_sees_none_of_it() -> None:
    for weights in (LIMIT, LIMIT + (100 << 20), 3 * MEMORY):
        document = codec.restrict(Verdict, codec.render(judge(weights)), 0)
        assert set(document) == {
            "device_class", "verdict", "changes", "devices_needed", "memory_bytes", "time_seconds",
            "binding_term", "compile_path", "reasons", "assumptions", "available",
        }  # fmt: skip
        assert not {"low", "high"} & set(document["memory_bytes"])
