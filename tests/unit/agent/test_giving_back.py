"""What is let go of: released whatever the ledger lost, and cleaned in time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.cleaning import cleaner
from cyborg_rr.agent.cleaning.settings import CleaningSettings
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.domain.errors import Conflict
from cyborg_rr.domain.hardware.devices import AttachHandle, Device
from cyborg_rr.domain.hardware.life import DEVICE_GONE, Unclean
from tests.fakes.direct import QuietDriver
from tests.unit.agent.builders import (
    HOST,
    make_claim,
    make_device,
    make_handle,
    make_old_claim,
    make_snapshot,
)
from tests.unit.agent.test_attach import split

GPU_1, GPU_2 = "nvidia:GPU-1", "nvidia:GPU-2"
LIMIT = 0.2


@dataclass
class Driver(QuietDriver):
    """Remembers what it released and cleaned; a clean of what is in ``hanging`` waits."""

    released: list[str] = field(default_factory=list)
    cleaned: list[str] = field(default_factory=list)
    hanging: dict[str, threading.Event] = field(default_factory=dict)

    def release(self, handle: AttachHandle) -> None:
        """Note it."""
        self.released.append(handle.key)

    def clean(self, handle: AttachHandle) -> str:
        """Note it."""
        if handle.key in self.hanging:
            self.hanging[handle.key].wait(30)
        self.cleaned.append(handle.key)
        return "test"


@pytest.fixture
def driver() -> Driver:
    """The driver of all devices."""
    return Driver()


Start = Callable[..., Attachments]


@pytest.fixture
def start(tmp_path: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start an agent that has looked at these devices; ``ledger`` names its file."""
    monkeypatch.setattr(cleaner, "SECONDS_TO_CLEAN", 1.0)
    ledgers: list[Ledger] = []
    agents: list[Attachments] = []

    def start(*devices: Device, ledger: str = "ledger") -> Attachments:
        ledgers.append(Ledger(tmp_path / f"{ledger}.sqlite"))
        settings = CleaningSettings(step_timeout_seconds=LIMIT, workers=1)
        agents.append(Attachments(ledgers[-1], cleaning=settings))
        look(agents[-1], driver, *devices)
        return agents[-1]

    yield start
    for event in driver.hanging.values():
        event.set()
    for agent in agents:
        agent.cleaner.stop()
    for one in ledgers:
        one.close()


def look(agent: Attachments, driver: Driver, *devices: Device) -> None:
    drivers = {part.name: driver for device in devices for part in device.deployables}
    agent.know(make_snapshot(*devices), drivers)


def list_unclean(agent: Attachments) -> tuple[Unclean, ...]:
    return agent.cleaner.list_state(HOST)[1].unclean


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "not told yet"])
@pytest.mark.parametrize("is_old", [True, False], ids=["first release", "ours"])
def test_what_a_lost_ledger_knew_is_released_by_its_driver(
    start: Start, driver: Driver, is_told: bool, is_old: bool
) -> None:
    device = split(1, 2, identity=GPU_1)
    claim = make_old_claim(device, "a") if is_old else make_claim(device, "a")
    start(device).prepare(HOST, [claim])
    agent = start(device, ledger="fresh")
    if is_told:
        agent.record_held(HOST, [claim])
    agent.release(HOST, [claim])
    assert driver.released == driver.cleaned == [make_handle(1).key]
    agent.release(HOST, [claim])  # the answer was lost: it is over
    assert len(driver.released) == 1
    assert agent.list_claims(HOST) == []


def test_what_a_lost_ledger_knew_is_not_taken_from_whom_has_it_now(
    start: Start, driver: Driver
) -> None:
    device = split(1, 2)
    agent = start(device)
    agent.prepare(HOST, [make_claim(device, "new", 0, 1)])
    for late in (make_claim(device, "late", 0, 1), make_claim(device, "later")):
        agent.release(HOST, [late])
        assert driver.released == driver.cleaned == []
    agent.prepare(HOST, [make_claim(device, "new", 0, 1)])


def test_a_silent_device_is_not_cleaned_for_another_while_somebody_has_it(
    start: Start, driver: Driver
) -> None:
    gone, there = split(1, 2, identity=GPU_1), split(1, 2, identity=GPU_2)
    agent = start(gone)
    agent.prepare(HOST, [make_claim(gone, "a", 0, 1)])
    look(agent, driver)
    agent.release(HOST, [make_claim(gone, "a", 0, 1)])
    look(agent, driver, there)
    agent.prepare(HOST, [make_claim(there, "b", 0, 1)])
    look(agent, driver, split(1, 2))
    assert driver.cleaned == []
    assert [one.code for one in list_unclean(agent)] == [DEVICE_GONE]


@pytest.mark.parametrize("identity", ["pci:aa", None], ids=["said its serial", "silent"])
@pytest.mark.parametrize("is_over", [True, False], ids=["to be cleaned", "held"])
@pytest.mark.parametrize("has_restarted", [True, False])
def test_nothing_is_done_to_another_model_in_the_place_of_what_somebody_had(
    start: Start, driver: Driver, identity: str | None, is_over: bool, has_restarted: bool
) -> None:
    old, new = make_device(1, identity, device_id="1111"), make_device(1, device_id="2222")
    agent = start(old)
    agent.prepare(HOST, [make_claim(old, "a")])
    if is_over:
        look(agent, driver)
        agent.release(HOST, [make_claim(old, "a")])
        driver.released.clear()
    if has_restarted:
        agent = start(new)
    look(agent, driver, new)
    agent.release(HOST, [make_claim(old, "a")])
    assert (driver.released, driver.cleaned) == ([], [])
    assert [one.code for one in list_unclean(agent)] == [DEVICE_GONE]
    agent.prepare(HOST, [make_claim(new, "b")])


@pytest.mark.parametrize("identity", ["pci:aa", None], ids=["said its serial", "silent"])
def test_a_device_of_which_more_is_read_now_is_the_one_that_somebody_had(
    start: Start, driver: Driver, identity: str | None
) -> None:
    old = make_device(1, identity)
    new = replace(make_device(1), facts=replace(old.facts, subsystem_device_id="0001"))
    agent = start(old)
    agent.prepare(HOST, [make_claim(old, "a")])
    look(agent, driver, new)
    agent.release(HOST, [make_claim(old, "a")])
    assert driver.released == driver.cleaned == [make_handle(1).key]


def test_what_a_lost_ledger_knew_is_not_looked_for_in_another_model(
    start: Start, driver: Driver
) -> None:
    old, new = make_device(1, "pci:aa", device_id="1111"), make_device(1, device_id="2222")
    agent = start(new)
    agent.release(HOST, [replace(make_claim(old, "a"), slot_key=old.slot_key)])
    assert (driver.released, driver.cleaned) == ([], [])


def test_a_clean_that_hangs_ends_in_quarantine_and_keeps_no_worker(
    start: Start, driver: Driver
) -> None:
    first, second = make_device(1), make_device(2)
    hanging = make_handle(1).key
    driver.hanging[hanging] = threading.Event()
    agent = start(first, second)
    agent.prepare(HOST, [make_claim(first, "a"), make_claim(second, "b")])
    told = agent.release(HOST, [make_claim(first, "a"), make_claim(second, "b")])
    (unclean,) = told.unclean
    assert (unclean.binding_id, unclean.code) == ("a", "step_timed_out")
    assert "did not return" in (unclean.reason or "")
    assert [one.binding_id for one in told.cleaned] == ["b"], "by the only worker"
    with pytest.raises(Conflict, match="cleaning it"):
        agent.cleaner.declare_clean(HOST, [make_claim(first, "a")])
    (again,) = agent.cleaner.clean(HOST, [make_claim(first, "retry")]).unclean
    assert "has not returned" in (again.reason or "")
    driver.hanging.pop(hanging).set()
    wait_until(lambda: hanging in driver.cleaned)
    told = agent.cleaner.clean(HOST, [make_claim(first, "retry again")])
    assert [one.binding_id for one in told.cleaned] == ["retry again"]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_stop_does_not_wait_for_a_clean_that_hangs_and_the_next_start_does_it(
    tmp_path: Path,
    driver: Driver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(cleaner, "SECONDS_TO_CLEAN", 0.1)
    monkeypatch.setattr(cleaner, "SECONDS_TO_STOP", 0.1)
    device, key = make_device(1), make_handle(1).key
    going = driver.hanging[key] = threading.Event()
    ledger = Ledger(tmp_path / "ledger.sqlite")
    agent = Attachments(ledger)
    look(agent, driver, device)
    agent.prepare(HOST, [make_claim(device, "a")])
    assert [one.binding_id for one in agent.release(HOST, [make_claim(device, "a")]).unclean]
    agent.cleaner.stop()
    ledger.close()
    del driver.hanging[key]
    going.set()
    wait_until(lambda: not agent.cleaner._workers.is_busy_with("a"))
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []
    ledger = Ledger(tmp_path / "ledger.sqlite")
    agent = Attachments(ledger)
    look(agent, driver, device)
    wait_until(lambda: not list_unclean(agent))
    assert driver.cleaned == [key, key]
    agent.cleaner.stop()
    ledger.close()
