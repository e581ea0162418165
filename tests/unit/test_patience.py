"""What says "this ends soon" passes on a machine that is busy, and fails for what does not end."""

from __future__ import annotations

import contextlib
import gc
import signal
import sys
from collections.abc import Callable, Iterator

import pytest

from tests import patience
from tests.patience import ends_soon, ends_within, grows_in_proportion, without_waiting


def spin(steps: int) -> int:
    """Work in proportion to its steps."""
    total = 0
    for step in range(steps):
        total ^= step
    return total


def double(depth: int) -> int:
    """Work that doubles with each step down."""
    return 1 if depth == 0 else double(depth - 1) + double(depth - 1)


def find_doubled(count: int) -> list[int]:
    """Look at all for each, as a list is searched where a set is meant."""
    items = list(range(count))
    return [item for item in items if items.index(item) != item]


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No alarm, handler, profiler or switched-off collector stays behind."""
    handler = signal.getsignal(signal.SIGPROF)
    yield
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGPROF) == handler
    assert sys.getprofile() is None
    assert gc.isenabled()


def test_what_ends_soon_gives_what_it_gives_and_raises_what_it_raises() -> None:
    assert ends_soon(lambda: spin(1000)) == spin(1000)
    with pytest.raises(KeyError, match="a"):
        ends_soon(lambda: {}["a"])


def test_what_never_ends_is_cut_off() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"more than 0\.05 s"):
        ends_soon(lambda: double(200), 0.05)


def test_what_swallows_every_error_is_cut_off_too() -> None:
    def work() -> None:
        with contextlib.suppress(BaseException):
            double(200)

    with pytest.raises(pytest.fail.Exception):
        ends_soon(work, 0.05)


def test_what_was_slow_once_is_forgiven() -> None:
    tries: list[int] = []

    def work() -> int:
        tries.append(1)
        return double(200) if len(tries) == 1 else 7

    assert ends_soon(work, 0.05) == 7
    assert len(tries) == 2


def test_a_machine_that_is_slower_gets_more(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def never(work: Callable[[], object], seconds: float) -> object:
        given.append(seconds)
        raise patience.OverrunError

    monkeypatch.setattr(patience, "_cut_off", never)
    monkeypatch.setattr(patience, "_know_slowness", lambda: 1.0)
    monkeypatch.setattr(patience, "QUIET_SECONDS", patience.QUIET_SECONDS / 100)
    with pytest.raises(pytest.fail.Exception):
        ends_soon(lambda: None, 2)
    first, second = given
    assert first == 2
    assert second > 10 * first


def test_calls_are_counted_and_too_many_are_cut_off() -> None:
    assert ends_within(10_000, lambda: double(10)) == 2**10
    with pytest.raises(pytest.fail.Exception, match="more than 10000 functions"):
        ends_within(10_000, lambda: double(200))
    with pytest.raises(pytest.fail.Exception):
        ends_within(100, lambda: [abs(number) for number in range(1000)])
    with pytest.raises(KeyError):
        ends_within(100, lambda: {}["a"])


def test_as_many_calls_are_counted_each_time() -> None:
    def count() -> int:
        most = 1
        while True:
            try:
                ends_within(most, lambda: double(6))
            except pytest.fail.Exception:
                most += 1
            else:
                return most

    assert count() == count()


def test_what_is_in_proportion_passes_and_what_takes_the_square_does_not() -> None:
    grows_in_proportion(lambda size: lambda: spin(size), 5_000_000)
    with pytest.raises(AssertionError, match="4 times the size takes 1"):
        grows_in_proportion(lambda size: lambda: find_doubled(size), 12_000)


def test_what_does_not_wait_passes() -> None:
    with without_waiting() as waited:
        pass
    assert 0 <= waited.seconds < 30


def test_what_waits_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter((100.0, 130.0))
    monkeypatch.setattr(patience.time, "monotonic", lambda: next(moments))
    with pytest.raises(AssertionError), without_waiting(60):
        pass


def test_a_contrast_that_is_too_small_for_a_busy_machine_is_refused() -> None:
    with pytest.raises(AssertionError, match="a busy machine"), without_waiting(10):
        pass
