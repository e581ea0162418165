"""Constants that follow from times."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from cyborg_rr.domain.representation.measured.fitting import fit_class, fit_runtime
from cyborg_rr.domain.representation.measured.measurement import MemoryFacts
from cyborg_rr.domain.representation.measured.operators import Operator
from tests.unit.representation.measured.making import (
    BANDWIDTH,
    LAUNCH,
    RATES,
    START,
    make_measurement,
)


@pytest.mark.parametrize("rate", RATES)
def test_the_rates_of_products_are_found(rate: str) -> None:
    found = fit_runtime([make_measurement()]).find_rate("contraction", rate, "compute")
    assert found is not None
    assert found.per_second == pytest.approx(RATES[rate], rel=0.02)
    if found.operators > 3:
        assert found.start_seconds == pytest.approx(START, rel=0.05)


def test_the_bandwidth_and_the_launch_are_found() -> None:
    fitted = fit_runtime([make_measurement()])
    for kind in ("movement", "elementwise", "reduction", "contraction"):
        found = fitted.find_rate(kind, "f32", "bandwidth")
        assert found is not None
        assert found.per_second == pytest.approx(BANDWIDTH, rel=0.02)
    assert fitted.launch_seconds == LAUNCH


def test_skinny_products_say_nothing_of_the_matrix_units() -> None:
    skinny = [Operator("matmul", "bf16", (1, 1, 4096, 4096 * n)) for n in (1, 2, 3)]
    wide = [Operator("matmul", "bf16", (1, 4096, 4096, 1024 * n)) for n in (1, 2, 4)]
    copies = [Operator("copy", "f32", (1 << 28,))]
    fitted = fit_runtime([make_measurement([*skinny, *wide, *copies])])
    compute = fitted.find_rate("contraction", "bf16", "compute")
    moving = fitted.find_rate("contraction", "bf16", "bandwidth")
    assert compute is not None
    assert moving is not None
    assert (compute.operators, moving.operators) == (3, 3)
    assert compute.per_second == pytest.approx(RATES["bf16"], rel=0.01)
    assert moving.per_second == pytest.approx(BANDWIDTH, rel=0.01)


def test_one_time_that_fits_to_no_others_changes_nothing() -> None:
    good = make_measurement()
    place = next(
        n for n, each in enumerate(good.operators)
        if each.operator == Operator("matmul", "bf16", (1, 4096, 4096, 4096))
    )  # fmt: skip
    wrong = replace(good.operators[place], seconds=good.operators[place].seconds * 8)
    times = (*good.operators[:place], wrong, *good.operators[place + 1 :])
    fitted = fit_runtime([replace(good, operators=times)])
    found = fitted.find_rate("contraction", "bf16", "compute")
    assert found is not None
    assert found.per_second == pytest.approx(RATES["bf16"], rel=0.02)
    assert fitted.left_out >= 1


def test_the_spread_is_what_four_of_five_operators_stay_within() -> None:
    random = Random(7)
    good = make_measurement()
    noisy = tuple(
        replace(each, seconds=each.seconds * random.uniform(0.9, 1.1)) for each in good.operators
    )
    found = fit_runtime([replace(good, operators=noisy)]).find_rate("movement", "f32", "bandwidth")
    assert found is not None
    assert 0.02 <= found.spread <= 0.2
    few = fit_runtime([make_measurement([Operator("add", "f32", (1 << 28,))])])
    assert few.rates[0].spread == 0.15


def test_a_rate_that_its_own_operators_miss_is_not_taken() -> None:
    sizes = [Operator("add", "f32", (1 << n,)) for n in (16, 20, 23)]
    good = make_measurement(sizes)
    seconds = (1e-6, 1e-4, 5e-4)
    times = tuple(
        replace(each, seconds=one) for each, one in zip(good.operators, seconds, strict=True)
    )
    wild = tuple(replace(each, seconds=one) for each, one in zip(times, (1, 1e-4, 1), strict=True))
    fitted = fit_runtime([replace(good, operators=wild)])
    assert fitted.rates == ()
    assert fitted.left_out == 3


def test_the_order_of_measurements_changes_nothing() -> None:
    one, other = make_measurement(), make_measurement(slower=1.1, measured_on="2026-11-28")
    compiled = make_measurement(runtime="xla")
    first = fit_class([one, other, compiled], "v")
    assert first == fit_class([compiled, other, one], "v")
    eager = first.find("eager")
    assert eager is not None
    assert eager.measured_on == "2026-11-28"
    assert eager.operators == 2 * len(one.operators)


def test_a_kind_of_runtime_is_that_of_the_first_that_was_measured() -> None:
    fitted = fit_class([make_measurement(runtime="xla"), make_measurement(runtime="inductor")], "v")
    assert set(fitted.runtimes) == {"xla", "inductor", "compiled"}
    kind = fitted.find("compiled")
    assert kind is not None
    assert kind.runtime == "inductor"
    assert fitted.find("eager") is None


def test_the_context_is_what_is_held_once_libraries_are_loaded() -> None:
    memory = MemoryFacts(context_bytes=500 << 20, loaded_bytes=800 << 20)
    assert fit_runtime([make_measurement(memory=memory)]).context_bytes == 800 << 20
    assert fit_runtime([make_measurement()]).context_bytes is None


def test_the_source_says_when_with_what_and_how_closely() -> None:
    fitted = fit_runtime([make_measurement()])
    assert fitted.render_source() == (
        "measured on devices of this class (eager, torch 2.11.0+cu130, 2026-11-27):"
        f" {fitted.operators} operators, spread {fitted.spread:.0%}"
    )


def test_products_alone_are_taken_to_be_held_by_the_matrix_units() -> None:
    product = Operator("matmul", "bf16", (1, 4096, 4096, 4096))
    (rate,) = fit_runtime([make_measurement([product])]).rates
    assert (rate.term, rate.operators) == ("compute", 1)
