"""What was measured beats the catalogue, says so, and changes nothing of other devices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.measurements import make_measurements
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.representation.measured.measurement import Measurement, MemoryFacts
from cyborg_rr.domain.requirement.requirement import IRRequirement, WorkItem
from tests.matching.requirements import make_requirement
from tests.unit.representation.measured.making import H100, LAUNCH, RATES, START, make_measurement

EAGER = MatchOptions(runtime="eager")
"""The runtime of the measurement."""


def make_products(count: int = 100, size: int = 4096) -> IRRequirement:
    """So many square products in bf16 and nothing else."""
    elements = size * size
    item = WorkItem("contraction", "bf16", count, size**3, 0, 0, 4 * elements, 2 * elements)
    return make_requirement(work=(item,), macs=count * size**3)


def judge(catalogue: Catalogue, *measurements: Measurement, device: str = H100) -> Verdict:
    """The verdict for the device, with these measurements."""
    representation = make_measurements(measurements).add_to(catalogue.represent_product(device))
    return match(make_products(), [representation], EAGER)[0]


def test_the_time_is_that_of_the_measured_rate(catalogue: Catalogue) -> None:
    verdict = judge(catalogue, make_measurement())
    assert verdict.time_seconds is not None
    work = 100 * 2 * 4096**3 / RATES["bf16"]
    assert verdict.time_seconds.expected == pytest.approx(work + 100 * START, rel=0.01)


def test_kernels_shorter_than_their_launch_wait_for_it(catalogue: Catalogue) -> None:
    h100 = make_measurements([make_measurement()]).add_to(catalogue.represent_product(H100))
    (verdict,) = match(make_products(1000, 16), [h100], EAGER)
    assert verdict.time_seconds is not None
    assert verdict.time_seconds.expected == pytest.approx(1000 * LAUNCH, rel=0.01)


def test_a_device_that_is_twice_as_slow_is_estimated_so(catalogue: Catalogue) -> None:
    fast, slow = (judge(catalogue, make_measurement(slower=n)).time_seconds for n in (1.0, 2.0))
    assert fast is not None
    assert slow is not None
    assert slow.expected == pytest.approx(2 * fast.expected, rel=0.02)


def test_the_interval_is_narrower_than_without(catalogue: Catalogue) -> None:
    known, guessed = (
        judge(catalogue, make_measurement()).time_seconds,
        judge(catalogue).time_seconds,
    )
    assert known is not None
    assert guessed is not None
    assert known.high / known.low < guessed.high / guessed.low
    assert known.low <= known.expected <= known.high


def test_the_source_is_said_where_it_was_used_and_only_there(catalogue: Catalogue) -> None:
    source = "measured on devices of this class (eager, torch 2.11.0+cu130, 2026-11-27)"
    assert any(text.startswith(source) for text in judge(catalogue, make_measurement()).assumptions)
    for told in (
        judge(catalogue),
        judge(catalogue, make_measurement(), device="nvidia-h200-sxm"),
        judge(catalogue, make_measurement(runtime="xla")),
    ):
        assert not any("measured on devices" in text for text in told.assumptions)


def test_nothing_changes_for_a_device_or_a_runtime_that_was_not_measured(
    catalogue: Catalogue,
) -> None:
    assert judge(catalogue, make_measurement(runtime="xla")) == judge(catalogue)
    other = "nvidia-h200-sxm"
    assert judge(catalogue, make_measurement(), device=other) == judge(catalogue, device=other)


def test_the_context_that_was_measured_is_what_a_process_holds(catalogue: Catalogue) -> None:
    memory = MemoryFacts(context_bytes=300 << 20, loaded_bytes=456 << 20)
    verdict = judge(catalogue, make_measurement(memory=memory))
    assert verdict.memory_bytes.runtime_context == 456 << 20


def test_an_element_type_that_was_not_measured_is_taken_from_the_catalogue(
    catalogue: Catalogue,
) -> None:
    measurement = make_measurement()
    without = tuple(each for each in measurement.operators if each.operator.rate != "bf16")
    verdict = judge(catalogue, replace(measurement, operators=without))
    assert verdict.time_seconds is not None
    guessed = judge(catalogue).time_seconds
    assert guessed is not None
    assert verdict.time_seconds.expected == pytest.approx(guessed.expected, rel=0.2)
