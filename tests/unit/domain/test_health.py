"""A device is withdrawn and comes back so that nothing flaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.hardware.devices import Device, DeviceFacts, LeftOut, Snapshot, Trouble
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.health import (
    LOOKS_TO_RETURN,
    LOOKS_TO_WITHDRAW,
    PASSING,
    Watch,
    judge,
    observe,
)

LOST = Trouble("gpu_lost", "fallen off the bus")
HOT = Trouble("thermal", "slowed down")
NARROW = Trouble("link_degraded", "x8 of x16")
TROUBLES = st.sampled_from([None, LOST, HOT, NARROW])


def play(*looks: Trouble | None) -> list[Trouble | None]:
    """What counts after each look."""
    watch: Watch | None = None
    counted = []
    for seen in looks:
        watch = observe(watch, seen)
        counted.append(watch.trouble)
    return counted


def test_what_cannot_pass_counts_at_once() -> None:
    assert play(None, LOST) == [None, LOST]


def test_what_may_pass_counts_at_the_second_look_in_a_row() -> None:
    assert play(None, HOT, HOT) == [None, None, HOT]
    assert play(None, HOT, None, HOT, None) == [None] * 5
    assert play(None, HOT, NARROW, HOT) == [None] * 4


def test_any_trouble_counts_at_first_sight() -> None:
    assert play(HOT) == [HOT]


def test_a_device_comes_back_after_it_was_well_several_times_in_a_row() -> None:
    assert play(LOST, *[None] * LOOKS_TO_RETURN) == [LOST] * LOOKS_TO_RETURN + [None]
    assert play(LOST, None, None, LOST, None, None)[-1] == LOST


def test_the_trouble_that_counts_is_the_one_that_is_seen_now() -> None:
    assert play(LOST, HOT) == [LOST, HOT]


@given(st.lists(TROUBLES, min_size=1, max_size=30))
def test_nothing_flaps(looks: list[Trouble | None]) -> None:
    counted = play(*looks)
    for index in range(1, len(counted)):
        if counted[index - 1] is not None and counted[index] is None:
            assert index + 1 >= LOOKS_TO_RETURN
            assert looks[index + 1 - LOOKS_TO_RETURN : index + 1] == [None] * LOOKS_TO_RETURN
        if counted[index - 1] is None and counted[index] is not None:
            seen = looks[index]
            assert seen is not None
            if seen.code in PASSING:
                last = looks[index + 1 - LOOKS_TO_WITHDRAW : index + 1]
                assert {each.code if each else None for each in last} == {seen.code}


def make_device(trouble: Trouble | None = None) -> Device:
    fields = DeviceFields("10de", "H100")
    return Device("GPU", {"bus": "3b"}, DeviceFacts("GPU"), (), fields, trouble=trouble)


@pytest.mark.parametrize("is_left_out", [False, True])
def test_a_restart_cures_nothing(is_left_out: bool) -> None:
    device = make_device()
    if is_left_out:
        left = LeftOut("0000:3b:00.0", device.slot_key, LOST)
        broken = Snapshot("host", (), left_out=(left,))
    else:
        broken = Snapshot("host", (make_device(LOST),))
    _, watches = judge(broken, {})
    for _ in range(LOOKS_TO_RETURN - 1):
        judged, watches = judge(Snapshot("host", (device,)), watches)
        assert judged.devices[0].trouble == LOST
    judged, _ = judge(Snapshot("host", (device,)), watches)
    assert judged.devices[0].trouble is None


def test_what_is_not_seen_is_remembered() -> None:
    _, watches = judge(Snapshot("host", (make_device(LOST),)), {})
    _, after = judge(Snapshot("host", ()), watches)
    assert after == watches
