"""The state of a GPU, as NVIDIA's tool tells it."""

from __future__ import annotations

import sys

import pytest

from cyborg_rr.cli.measuring.conditions import join_conditions, read_conditions
from cyborg_rr.domain.representation.measured.measurement import Conditions


def read(text: str) -> Conditions:
    """What is made of such an answer."""
    return read_conditions("0", (sys.executable, "-c", f"print({text!r})"))


def test_the_state_of_a_gpu_is_read() -> None:
    found = read("580.159.04, 1755, 1980, 700.00, 41, 0x0000000000000004")
    assert found == Conditions("580.159.04", 1755, 1980, 700.0, 41, True)
    assert read("580.1, 345, 1980, 700.00, 30, 0x0000000000000001").is_throttled is False


def test_what_a_gpu_does_not_tell_is_not_known() -> None:
    found = read("580.1, 345, [N/A], [N/A], 30, [N/A]")
    assert found == Conditions("580.1", 345, None, None, 30, None)


@pytest.mark.parametrize("text", ["", "No devices were found", "1, 2"])
def test_an_answer_of_another_form_says_nothing(text: str) -> None:
    assert read(text) == Conditions()


def test_without_the_tool_nothing_is_known() -> None:
    assert read_conditions("0", ("/nowhere/nvidia-smi",)) == Conditions()
    assert read_conditions("0", ("/bin/false",)) == Conditions()


def test_of_two_looks_the_lower_clock_and_any_slowdown_count() -> None:
    one = Conditions("580", 1980, 1980, 700.0, 30, False)
    other = Conditions("580", 1700, 1980, 700.0, 60, True)
    assert join_conditions(one, other) == other
    assert join_conditions(other, one) == Conditions("580", 1700, 1980, 700.0, 30, True)
    assert join_conditions(Conditions(), one) == one
