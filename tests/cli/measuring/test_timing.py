"""How samples are taken, without a clock: what is timed says how long it took."""

from __future__ import annotations

from typing import Any

import pytest

from cyborg_rr.cli.measuring.program.timing import (
    MOST_CALLS,
    MOST_COPIES,
    Skipped,
    count_copies,
    read_used_bytes,
    sample,
    take_call_away,
)

NEVER = float("inf")


class Clock:
    """Each call takes so long; ``asked`` has how many calls each look was of."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.asked: list[int] = []

    def __call__(self, run: Any, calls: int) -> float:
        self.asked.append(calls)
        return self._seconds * calls


def test_short_calls_are_timed_many_at_a_time_and_long_ones_alone() -> None:
    short, long = Clock(1e-4), Clock(0.5)
    assert sample(lambda index: None, short, 5, NEVER) == pytest.approx([1e-4] * 5)
    assert sample(lambda index: None, long, 5, NEVER) == pytest.approx([0.5] * 5)
    assert short.asked == [1, 2, 120, *[120] * 5]
    assert long.asked == [1, 2, 1, *[1] * 5]
    endless = Clock(1e-12)
    sample(lambda index: None, endless, 3, NEVER)
    assert max(endless.asked) == MOST_CALLS


def test_three_samples_are_taken_when_the_time_is_up() -> None:
    assert len(sample(lambda index: None, Clock(0.1), 9, 0.0)) == 3


def test_what_a_call_takes_is_taken_away_where_each_waits() -> None:
    assert take_call_away([10.0, 12.0, 11.0], 2.0, waits=True) == [8.0, 10.0, 9.0]
    assert take_call_away([10.0, 12.0, 11.0], 2.0, waits=False) == [10.0, 12.0, 11.0]
    assert take_call_away([1.0, 12.0, 11.0], 2.0, waits=True)[0] > 0
    assert take_call_away([1e-6], 0.0, waits=False) == [1e-6]
    with pytest.raises(Skipped, match="too short to be told from a call"):
        take_call_away([5.0, 5.0, 5.0], 2.0, waits=False)


def test_operands_are_copied_until_caches_do_not_hold_them() -> None:
    assert count_copies(100, 1000) == 10
    assert count_copies(101, 1000) == 10
    assert count_copies(2000, 1000) == 1
    assert count_copies(0, 1000) == MOST_COPIES


def test_a_machine_without_nvidias_tool_has_nothing_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert read_used_bytes(0) == 0
