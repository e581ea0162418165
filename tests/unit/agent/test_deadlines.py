"""A driver that hangs is left alone; whoever waits goes on."""

from __future__ import annotations

import threading
import time

import pytest

from cyborg_rr.agent.deadlines import DriverCalls, DriverEnds, DriverHangs
from cyborg_rr.drivers.driver import DiscoveryFailed


def test_what_a_driver_returns_or_raises_comes_through() -> None:
    calls = DriverCalls(60)
    assert calls.run("d", "a look", lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        calls.run("d", "a look", lambda: 1 // 0)
    assert calls.run("d", "a look", lambda: 43) == 43


@pytest.mark.parametrize("end", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()], ids=repr)
def test_a_driver_ends_nothing_but_its_own_call(end: BaseException) -> None:
    calls = DriverCalls(60)

    def leave() -> None:
        raise end

    with pytest.raises(DriverEnds, match=f"driver d ended a look with {type(end).__name__}"):
        calls.run("d", "a look", leave)
    assert calls.run("d", "a look", lambda: 43) == 43


def test_what_could_not_be_begun_can_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = DriverCalls(60)

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(DiscoveryFailed, match="can't start new thread"):
            calls.run("d", "a look", lambda: 43)
    assert calls.run("d", "a look", lambda: 43) == 43


def test_what_hangs_is_not_begun_again_until_it_has_returned() -> None:
    calls = DriverCalls(1)
    go_on = threading.Event()
    begun: list[int] = []

    def hang() -> None:
        begun.append(1)
        go_on.wait(60)

    with pytest.raises(DriverHangs, match=r"driver d did not return from a look in 1 s"):
        calls.run("d", "a look", hang)
    with pytest.raises(DriverHangs, match="has not returned from a look for"):
        calls.run("d", "a look", hang)
    assert calls.run("d", "handle 1", lambda: "other work") == "other work"
    assert calls.run("e", "a look", lambda: "another driver") == "another driver"
    assert len(begun) == 1
    go_on.set()
    deadline = time.monotonic() + 60
    while len(begun) == 1:
        assert time.monotonic() < deadline
        try:
            calls.run("d", "a look", hang)
        except DriverHangs:
            time.sleep(0.01)
    assert len(begun) == 2


def test_drivers_of_one_name_do_not_wait_for_each_other() -> None:
    calls = DriverCalls(1)
    first, second = object(), object()
    release = threading.Event()
    with pytest.raises(DriverHangs):
        calls.run("fake", "handle 1", release.wait, first)
    with pytest.raises(DriverHangs):
        calls.run("fake", "handle 1", lambda: 1, first)
    assert calls.run("fake", "handle 1", lambda: 2, second) == 2
    release.set()
