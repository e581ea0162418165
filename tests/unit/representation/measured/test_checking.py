"""Measurements that cannot be are refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.domain.errors import Conflict, InvalidInput
from cyborg_rr.domain.representation.measured.checking import (
    Peaks,
    check_measurement,
    list_drifts,
    refuse_outliers,
)
from cyborg_rr.domain.representation.measured.fitting import fit_runtime
from cyborg_rr.domain.representation.measured.measurement import (
    MemoryFacts,
    ModelRun,
    OperatorTime,
)
from cyborg_rr.domain.representation.measured.operators import Operator
from tests.unit.representation.measured.making import make_measurement

PEAKS = Peaks(
    {"f64": 33.5e12, "f32": 66.9e12, "tf32": 494e12, "bf16": 989e12, "f16": 989e12, "f8": 1979e12,
     "i8": 1979e12},
    3.35e12,
    80 << 30,
)  # fmt: skip
PRODUCT = Operator("matmul", "bf16", (1, 4096, 4096, 4096))
COPY = Operator("copy", "f32", (1 << 28,))


def test_what_a_device_can_do_is_taken_with_and_without_its_peaks() -> None:
    check_measurement(make_measurement(), PEAKS)
    check_measurement(make_measurement())


def test_f64_products_of_matrix_units_are_no_absurdity() -> None:
    """Peaks of f64 and f32 are those of vector units, which matrix units surpass."""
    fast = Operator("matmul", "f64", (1, 4096, 4096, 4096))
    time = OperatorTime(fast, fast.operations / 62e12, 0.01, 7)
    check_measurement(make_measurement((), operators=(time,)), PEAKS)


@pytest.mark.parametrize(
    ("operator", "seconds", "words"),
    [
        (PRODUCT, PRODUCT.operations / 1.2e15, "matmul bf16 .* 1.21 times the device's 9.89e"),
        (PRODUCT, 0.000139 * 1000, "are seconds meant"),
        (PRODUCT, 1.39e-4 / 1e6, "are seconds meant"),
        (COPY, COPY.bytes_moved / 5e12, "copy f32 .* bytes per second are 1.49 times"),
        (COPY, 0.7, "times what the device needs at the least; are seconds meant"),
        (Operator("launch", "f32"), 4.0, "no time of a launch; are seconds meant"),
        (Operator("launch", "f32"), 1e-9, "no time of a launch"),
    ],
)
def test_a_time_that_cannot_be_is_refused(operator: Operator, seconds: float, words: str) -> None:
    measurement = make_measurement((), operators=(OperatorTime(operator, seconds, 0.01, 7),))
    with pytest.raises(InvalidInput, match=words):
        check_measurement(measurement, PEAKS)


def test_without_peaks_only_what_no_device_does_is_refused() -> None:
    fast = OperatorTime(PRODUCT, PRODUCT.operations / 1e18, 0.01, 7)
    with pytest.raises(InvalidInput, match=r"no device does 1e\+18 operations"):
        check_measurement(make_measurement((), operators=(fast,)))


def test_samples_that_vary_too_much_are_refused() -> None:
    good = make_measurement()
    bad = replace(good.operators[5], spread=0.4)
    with pytest.raises(InvalidInput, match="spread by 40% of their median, at most 25%"):
        check_measurement(replace(good, operators=(*good.operators[:5], bad)))


def test_an_operator_that_stands_twice_is_refused() -> None:
    good = make_measurement()
    with pytest.raises(InvalidInput, match="stands twice"):
        check_measurement(replace(good, operators=(*good.operators, good.operators[3])))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"runtime": "eagre"}, "runtime 'eagre' is not known; nearest: eager"),
        ({"operators": ()}, "nothing was measured"),
        ({"measured_on": "2026-13-01"}, "is no day"),
        ({"memory": MemoryFacts(90 << 30)}, "were held of a device that has"),
        (
            {"models": (ModelRun("m", None, (), 0.01, 0.01, 7, device_bytes=90 << 30),)},
            "were held of a device that has",
        ),
        ({"models": (ModelRun("m", None, (), 0.01, 0.9, 7),)}, "model m: its samples spread"),
    ],
)
def test_other_facts_that_cannot_be_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        check_measurement(make_measurement(**changes), PEAKS)


def test_a_measurement_that_is_far_from_earlier_ones_is_an_outlier() -> None:
    known = fit_runtime([make_measurement()])
    refuse_outliers(fit_runtime([make_measurement(slower=1.5)]), known)
    with pytest.raises(Conflict, match=r"outlier: .* where earlier measurements"):
        refuse_outliers(fit_runtime([make_measurement(slower=3.0)]), known)


def test_a_drift_is_said_and_what_stays_within_the_spread_is_not() -> None:
    known = fit_runtime([make_measurement()])
    assert list_drifts(fit_runtime([make_measurement(slower=1.01)]), known) == []
    drifts = list_drifts(fit_runtime([make_measurement(slower=1.5)]), known)
    assert any(text.startswith("contraction bf16 operations per second") for text in drifts)
    assert all("%" in text for text in drifts)
