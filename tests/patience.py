"""How tests say that something ends soon, on a machine that is several times slower and busy too.

What can be counted is counted: ``ends_within`` counts calls of functions, which are as many on any
machine. ``grows_in_proportion`` holds what is large against what is small. ``ends_soon`` is for the
rest: it cuts off what never ends, after a time in units of a yardstick that the same process takes.
``without_waiting`` is for what waits instead of working. Nothing else in the tests measures time,
which ``tests/architecture/test_patience.py`` holds.
"""

from __future__ import annotations

import gc
import math
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import TypeVar

import pytest

Result = TypeVar("Result")
Work = Callable[[], Result]

QUIET_SECONDS = 0.0054
"""What the yardstick takes where the needs of the tests were measured: a quiet core of 2.6 GHz."""
SOON_SECONDS = 15.0
"""Of such a core, ten times what any test needs; what never ends is cut off there too."""
AGAIN_SECONDS = 1.0
"""When what did not end at the first alarm is told again: a destructor may have swallowed it."""

GROWTH = 4
MOST_GROWTH = 8.0
"""Four times the size takes four times as long in proportion, sixteen times as long squared."""
NOT_WORTH_A_LOOK_SECONDS = 0.15
ATTEMPTS = 5
"""The least of several measures: what else runs on the machine only makes each longer."""

LEAST_CONTRAST_SECONDS = 60.0
"""A machine that is busy may let a process wait for seconds; for half of this it does not."""

_YARDSTICK_SIZE = 20_000
_WORD = re.compile(r"\d+(?= )")


class OverrunError(BaseException):
    """What was to end soon did not; nothing that is tested catches it."""


def ends_soon(work: Work[Result], seconds: float = SOON_SECONDS) -> Result:
    """What the work gives or raises, which takes this processor time of a quiet machine at most.

    It is cut off there, and tried once more, with the yardstick taken anew: the work must be one
    that can be done twice. The main thread must do it, as pytest does.
    """
    for slowness in (_know_slowness, _measure_slowness):
        try:
            return _cut_off(work, seconds * slowness())
        except OverrunError:
            signal.setitimer(signal.ITIMER_PROF, 0)  # it may have come in the midst of tidying up
    return pytest.fail(f"it takes more than {seconds} s of a quiet machine's processor, twice")


def ends_within(most_calls: int, work: Work[Result]) -> Result:
    """What the work gives or raises, for which it calls so many functions at most, C's included."""
    calls = 0

    def count(_frame: FrameType, event: str, called: object) -> None:
        nonlocal calls
        if called is sys.setprofile:
            return  # it ends the counting
        calls += event in {"call", "c_call"}
        if calls > most_calls:
            raise OverrunError

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return work()
    finally:
        sys.setprofile(before)
        if calls > most_calls:
            pytest.fail(f"it calls more than {most_calls} functions")


def grows_in_proportion(make: Callable[[int], Work[object]], size: int) -> None:
    """Hold that the work on this size takes no more than its share of that on a quarter of it.

    ``make`` prepares the work on a size, which is not measured; no error may come out of the work.
    What takes next to no time at the full size is good enough.
    """
    whole, part = _measure(make(size)), math.inf
    for _ in range(ATTEMPTS):
        if whole < NOT_WORTH_A_LOOK_SECONDS or whole < MOST_GROWTH * part < math.inf:
            return
        part = min(part, _measure(make(size // GROWTH)))
        whole = min(whole, _measure(make(size)))
    assert whole < MOST_GROWTH * part, f"{GROWTH} times the size takes {whole / part:.1f} times"


@dataclass(slots=True)
class Waited:
    """How long something took by the clock, when it has ended."""

    seconds: float = math.nan


@contextmanager
def without_waiting(seconds: float = LEAST_CONTRAST_SECONDS) -> Iterator[Waited]:
    """Hold that what is done here does not wait for what takes so many seconds, or for ever.

    It has half of them. Make what it would wait for longer rather than this shorter.
    """
    assert seconds >= LEAST_CONTRAST_SECONDS, "a busy machine would be what is measured"
    waited, began = Waited(), time.monotonic()
    yield waited
    waited.seconds = time.monotonic() - began
    assert waited.seconds < seconds / 2


def _cut_off(work: Work[Result], seconds: float) -> Result:
    is_over = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_over
        is_over = True
        raise OverrunError

    before = signal.signal(signal.SIGPROF, end)
    try:
        with _without_collections():
            signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN_SECONDS)
            return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        if is_over:  # also when a destructor, or what is tested, has swallowed it
            raise OverrunError


@contextmanager
def _without_collections() -> Iterator[None]:
    """Keep the garbage collector, as the reading process does, off all that other tests left."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _measure(work: Work[object]) -> float:
    """The processor time that the work takes."""
    with _without_collections():
        started = time.process_time()
        work()
        return time.process_time() - started


def _measure_slowness() -> float:
    """How many times slower this machine is just now than a quiet one; 1 where it is faster."""
    return max(1.0, min(_measure(_walk) for _ in range(ATTEMPTS)) / QUIET_SECONDS)


_know_slowness = cache(_measure_slowness)


def _walk() -> None:
    """The yardstick: what readers do most, with strings, dictionaries and expressions."""
    words = [str(number) for number in range(_YARDSTICK_SIZE)]
    places = {word: place for place, word in enumerate(words)}
    total = 0
    for word in reversed(words):
        total += places[word]
    _WORD.findall(" ".join(words))
