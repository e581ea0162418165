"""What outlives a look and a restart: troubles, counts, and what drivers learnt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from cyborg_rr.agent import remembering
from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.deadlines import DriverCalls
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger, memory
from cyborg_rr.agent.remembering import Remembering
from cyborg_rr.agent.reporting import HostReporter
from cyborg_rr.domain.hardware.devices import AttachHandle, LeftOut, Snapshot, Trouble
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.domain.hardware.health import LOOKS_TO_RETURN
from cyborg_rr.drivers.driver import HandleUnusable, Look, Memory, get_slot
from tests.fakes.conductor import AnsweringConductor
from tests.unit.agent.builders import HOST, make_claim, make_device, make_snapshot
from tests.unit.agent.test_discovery import Driver, find_device

LOST, HOT = Trouble("gpu_lost", "it is lost"), Trouble("thermal", "it is hot")
DEVICE, OTHER = make_device(1), make_device(2)
DAYS = 24 * 3600

Start = Callable[[], Remembering]


class Clock:
    """Says what time it is."""

    def __init__(self) -> None:
        self.now = 1e9

    def time(self) -> float:
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time by which things get old."""
    clock = Clock()
    for module in ("ledger.memory", "ledger.ledger", "remembering"):
        monkeypatch.setattr(f"cyborg_rr.agent.{module}.time", clock)
    return clock


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A host's ledger."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def judge(remembering: Remembering, snapshot: Snapshot) -> list[Trouble | None]:
    return [device.trouble for device in remembering.judge(snapshot).devices]


def ill(trouble: Trouble) -> Snapshot:
    return make_snapshot(replace(DEVICE, trouble=trouble))


def test_a_restart_cures_nothing(ledger: Ledger) -> None:
    assert judge(Remembering(ledger), ill(LOST)) == [LOST]
    for _ in range(LOOKS_TO_RETURN - 1):
        assert judge(Remembering(ledger), make_snapshot(DEVICE)) == [LOST]
    assert judge(Remembering(ledger), make_snapshot(DEVICE)) == [None]


def test_a_restart_makes_nothing_worse(ledger: Ledger) -> None:
    judge(Remembering(ledger), make_snapshot(DEVICE))
    assert judge(Remembering(ledger), ill(HOT)) == [None]
    assert judge(Remembering(ledger), ill(HOT)) == [HOT]


def test_what_was_left_out_comes_back_after_several_looks(ledger: Ledger) -> None:
    left = LeftOut("0000:01:00.0", DEVICE.slot_key, LOST)
    Remembering(ledger).judge(Snapshot(HOST, (), left_out=(left,)))
    assert judge(Remembering(ledger), make_snapshot(DEVICE)) == [LOST]


def test_nothing_is_written_while_nothing_changes(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Remembering(ledger)
    changes: list[object] = []
    watch = ledger.watch
    monkeypatch.setattr(ledger, "watch", lambda *news: (changes.append(news), watch(*news)))
    for _ in range(5):
        kept.judge(make_snapshot(DEVICE, replace(OTHER, trouble=LOST)))
    assert len(changes) == 1
    kept.judge(make_snapshot(DEVICE, OTHER))
    assert len(changes) == 2


def test_a_device_that_has_gone_is_forgotten_unless_it_was_ill(ledger: Ledger) -> None:
    kept = Remembering(ledger)
    kept.judge(make_snapshot(DEVICE, replace(OTHER, trouble=LOST)))
    kept.judge(make_snapshot(failed=("fake",)))
    assert set(ledger.list_watches(HOST)) == {DEVICE.slot_key, OTHER.slot_key}
    kept.judge(make_snapshot())
    assert set(ledger.list_watches(HOST)) == {OTHER.slot_key}


def test_what_could_not_be_written_is_written_later(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Remembering(ledger)
    with monkeypatch.context() as patch:
        patch.setattr("cyborg_rr.agent.ledger.memory.watch", fail)
        assert judge(kept, ill(LOST)) == [LOST]
    assert ledger.list_watches(HOST) == {}
    assert judge(kept, ill(LOST)) == [LOST]
    assert ledger.list_watches(HOST)[DEVICE.slot_key].trouble == LOST


def fail(*_arguments: object) -> None:
    import sqlite3

    raise sqlite3.OperationalError("database or disk is full")


def test_counts_go_with_their_device_and_begin_anew_with_it(ledger: Ledger) -> None:
    kept, learnt = Remembering(ledger), Memory()
    assert learnt.count_growth(DEVICE.slot_key, "aer_fatal", 7) == 0
    assert learnt.count_growth(DEVICE.slot_key, "aer_fatal", 9) == 2
    learnt.learn(DEVICE.slot_key, {"uuid": "GPU-1"})
    kept.keep(make_snapshot(DEVICE), learnt)
    (count,) = set(ledger.list_learnt(HOST)) - {DEVICE.slot_key}
    assert get_slot(count) == get_slot(DEVICE.slot_key) == DEVICE.slot_key
    again = Memory(ledger.list_learnt(HOST))
    kept.keep(make_snapshot(failed=("fake",)), again)
    assert again.count_growth(DEVICE.slot_key, "aer_fatal", 10) == 1
    kept.keep(make_snapshot(OTHER), again)
    assert set(ledger.list_learnt(HOST)) == {DEVICE.slot_key}
    assert again.count_growth(DEVICE.slot_key, "aer_fatal", 3) == 0
    assert again.count_growth(DEVICE.slot_key, "aer_fatal", 4) == 1


def test_what_was_learnt_of_a_device_that_is_gone_for_long_is_forgotten(
    ledger: Ledger, clock: Clock
) -> None:
    learnt = Memory()
    learnt.learn(DEVICE.slot_key, {"uuid": "GPU-1"})
    learnt.learn(OTHER.slot_key, {"uuid": "GPU-2"})
    kept = Remembering(ledger)
    kept.judge(make_snapshot(DEVICE, replace(OTHER, trouble=LOST)))
    kept.keep(make_snapshot(DEVICE, OTHER), learnt)
    for _ in range(200):
        clock.now += DAYS
        kept.keep(make_snapshot(DEVICE, OTHER), learnt)
    clock.now += memory.KEPT_SECONDS - DAYS
    Remembering(ledger).keep(make_snapshot(DEVICE), learnt)
    assert set(ledger.list_learnt(HOST)) == {DEVICE.slot_key, OTHER.slot_key}
    clock.now += 2 * remembering.FORGETTING_SECONDS
    Remembering(ledger).keep(make_snapshot(failed=("fake",)), learnt)
    assert set(ledger.list_learnt(HOST)) == {DEVICE.slot_key, OTHER.slot_key}
    Remembering(ledger).keep(make_snapshot(DEVICE), learnt)
    assert set(ledger.list_learnt(HOST)) == {DEVICE.slot_key}
    assert set(ledger.list_watches(HOST)) == {DEVICE.slot_key}


def test_that_two_devices_have_one_serial_number_is_never_forgotten(
    ledger: Ledger, clock: Clock
) -> None:
    learnt = Memory()
    learnt.note_shared(["pci:1"])
    Remembering(ledger).keep(make_snapshot(DEVICE, OTHER), learnt)
    clock.now += memory.KEPT_SECONDS + DAYS
    Remembering(ledger).keep(make_snapshot(DEVICE), learnt)
    assert Memory(ledger.list_learnt(HOST)).note_shared([]) == {"pci:1"}


@pytest.mark.parametrize("trouble", [None, HandleUnusable("it failed")], ids=["made", "failed"])
def test_what_a_driver_learns_when_it_prepares_outlives_a_kill_before_the_next_look(
    ledger: Ledger, trouble: Exception | None
) -> None:
    looks: list[Look] = []

    class Maker(Driver):
        def prepare(self, handle: AttachHandle) -> None:
            looks[-1].memory.learn("slot", {"made": [handle.place]})
            if trouble is not None:
                raise trouble

    def find(look: Look) -> Sequence[FoundDevice]:
        looks.append(look)
        return [find_device(1)]

    host, agent = Host(HOST, [Maker(find)]), Attachments(ledger)
    reporter = HostReporter("agent", agent, AnsweringConductor())  # type: ignore[arg-type]
    device = reporter.look(host).devices[0]
    claim = make_claim(device, "a")
    with suppress(HandleUnusable):
        agent.prepare(HOST, [claim])
    assert ledger.list_learnt(HOST) == {"slot": {"made": ["0"]}}
    reporter.look(host)
    assert looks[-1].held == (() if trouble else (claim.handle,))
    agent.release(HOST, agent.list_claims(HOST))
    reporter.look(host)
    assert looks[-1].held == ()


def test_what_a_look_told_of_claims_is_written_before_they_are_completed(ledger: Ledger) -> None:
    class Killed(Attachments):
        def know(self, *_: object) -> None:
            raise KeyboardInterrupt

    def find(look: Look) -> Sequence[FoundDevice]:
        look.memory.learn("slot", {"made": ["0"]})
        return [find_device(1)]

    reporter = HostReporter("agent", Killed(ledger), AnsweringConductor())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        reporter.look(Host(HOST, [Driver(find)]))
    assert ledger.list_learnt(HOST) == {"slot": {"made": ["0"]}}


@pytest.mark.parametrize("is_real", [True, False])
def test_what_a_real_host_reports_is_judged(ledger: Ledger, is_real: bool) -> None:
    conductor = AnsweringConductor()
    found: list[FoundDevice] = [find_device(1)]

    def find(_look: Look) -> Sequence[FoundDevice]:
        return found

    host = Host(HOST, [Driver(find)], calls=DriverCalls(5) if is_real else None)
    reporter = HostReporter("agent", Attachments(ledger), conductor)  # type: ignore[arg-type]
    reporter.report(host)
    found[:] = [find_device(1, trouble=HOT)]
    reporter.report(host)
    assert len(conductor.reports) == (1 if is_real else 2)
    reporter.report(host)
    assert conductor.reports[-1]["devices"][0]["trouble"]["code"] == HOT.code
