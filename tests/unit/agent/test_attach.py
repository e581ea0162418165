"""Handing out by hardware: who has which piece, wherever it is and whatever it is called."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.deadlines import DriverHangs
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.domain.errors import AgentUnavailable, Conflict, HandleInUse, HostRefused
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS
from cyborg_rr.domain.hardware.devices import AttachHandle, Device, LeftOut, Snapshot, Trouble
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import HandleUnusable, Look
from tests.unit.agent.builders import (
    HOST,
    make_claim,
    make_device,
    make_handle,
    make_old_claim,
    make_part,
    make_snapshot,
)

GPU_1, GPU_2 = "nvidia:GPU-1", "nvidia:GPU-2"


@dataclass
class Driver:
    """A driver that works and remembers what it has prepared."""

    name: str = "fake"
    is_generic: bool = False
    prepared: set[str] = field(default_factory=set)
    trouble: dict[str, Exception] = field(default_factory=dict)
    late_trouble: dict[str, Exception] = field(default_factory=dict)
    is_stuck: bool = False
    hanging: threading.Event | None = None

    def discover(self, look: Look) -> list[FoundDevice]:
        """The tests say what there is."""
        return []

    def prepare(self, handle: AttachHandle) -> None:
        """Note it."""
        if self.hanging is not None:
            self.hanging.wait(60)
        if handle.key in self.trouble:
            raise self.trouble[handle.key]
        self.prepared.add(handle.key)
        if handle.key in self.late_trouble:
            raise self.late_trouble[handle.key]

    def release(self, handle: AttachHandle) -> None:
        """Note it."""
        if self.is_stuck:
            raise OSError("stuck")
        self.prepared.discard(handle.key)

    def clean(self, handle: AttachHandle) -> str:
        """Nothing is left there."""
        return "test"


@dataclass
class Machine:
    """An agent's attachments over a ledger that outlives them."""

    path: Path
    driver: Driver
    ledgers: list[Ledger] = field(default_factory=list)

    def start(self, *devices: Device, driver_seconds: float = 60) -> Attachments:
        """The agent after its first look."""
        self.ledgers.append(Ledger(self.path))
        attachments = Attachments(self.ledgers[-1], driver_seconds=driver_seconds)
        attachments.identify(HOST)
        self.look(attachments, make_snapshot(*devices))
        return attachments

    def look(self, attachments: Attachments, snapshot: Snapshot) -> None:
        """What the agent sees from now on."""
        drivers = {part.name: self.driver for d in snapshot.devices for part in d.deployables}
        attachments.know(snapshot, drivers)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine whose agent has not started."""
    machine = Machine(tmp_path / "ledger.sqlite", Driver())
    yield machine
    for ledger in machine.ledgers:
        ledger.close()


def split(bus: int, functions: int, *, whole: bool = True, identity: str | None = None) -> Device:
    """A device that is given out whole or by virtual functions."""
    own = make_handle(bus, consumes={FUNCTIONS: ALL_FUNCTIONS})
    virtual = [
        make_handle(bus, f"vf{n}", function=n + 1, consumes={FUNCTIONS: 1})
        for n in range(functions)
    ]
    parts = [make_part(bus, virtual, "vf")] if functions else []
    parts = [make_part(bus, [own]), *parts] if whole else parts
    return make_device(bus, identity, parts, functions=ALL_FUNCTIONS)


def test_what_is_held_in_parts_is_not_given_out_whole(machine: Machine) -> None:
    device = split(1, 4)
    agent = machine.start(device)
    agent.prepare(HOST, [make_claim(device, "a", 0, 1), make_claim(device, "b", 3, 1)])
    with pytest.raises(HandleInUse, match=r"functions.*arq-of-a, arq-of-b") as caught:
        agent.prepare(HOST, [make_claim(device, "c")])
    assert caught.value.binding_id == "c"
    agent.release(HOST, agent.list_claims(HOST))
    agent.prepare(HOST, [make_claim(device, "c")])
    with pytest.raises(HandleInUse, match="arq-of-c"):
        agent.prepare(HOST, [make_claim(device, "d", 1, 1)])


def test_parts_that_overlap_within_one_call_are_refused_together(machine: Machine) -> None:
    device = split(1, 2)
    agent = machine.start(device)
    with pytest.raises(HandleInUse):
        agent.prepare(HOST, [make_claim(device, "a"), make_claim(device, "b", 0, 1)])
    assert agent.list_claims(HOST) == []
    assert not machine.driver.prepared


def test_the_host_counts_what_it_sees_and_not_what_the_conductor_says(machine: Machine) -> None:
    device = split(1, 2)
    agent = machine.start(device)
    agent.prepare(HOST, [make_claim(device, "a", 0, 1)])
    claim = make_claim(device, "b")
    with pytest.raises(HandleInUse):
        agent.prepare(HOST, [replace(claim, handle=replace(claim.handle, consumes={}))])


def test_one_isolation_unit_goes_to_one_instance(machine: Machine) -> None:
    first, second = (
        make_device(bus, parts=[make_part(bus, [make_handle(bus, unit="iommu_group:40")])])
        for bus in (1, 2)
    )
    agent = machine.start(first, second)
    agent.prepare(HOST, [make_claim(first, "a", holder="instance-1")])
    with pytest.raises(HandleInUse, match=r"iommu_group:40.*arq-of-a"):
        agent.prepare(HOST, [make_claim(second, "b", holder="instance-2")])
    agent.prepare(HOST, [make_claim(second, "c", holder="instance-1")])


def test_a_device_that_has_moved_keeps_its_claim(machine: Machine) -> None:
    before, after = make_device(1, GPU_1), make_device(7, GPU_1)
    claim = make_claim(before, "a")
    machine.start(before).prepare(HOST, [claim])
    machine.driver.prepared.clear()
    agent = machine.start(after)
    (kept,) = agent.list_claims(HOST)
    assert kept.handle.info == after.deployables[0].handles[0].info
    with pytest.raises(HandleInUse, match="arq-of-a"):
        agent.prepare(HOST, [make_claim(after, "b")])
    machine.driver.prepared.add(kept.handle.key)
    agent.release(HOST, [claim])
    assert not machine.driver.prepared, "released where it is now"
    assert agent.list_claims(HOST) == []


def test_devices_that_have_changed_places_keep_their_claims(machine: Machine) -> None:
    agent = machine.start(make_device(1, GPU_1), make_device(2, GPU_2))
    agent.prepare(HOST, [make_claim(make_device(1, GPU_1), "a")])
    agent = machine.start(make_device(2, GPU_1), make_device(1, GPU_2))
    with pytest.raises(HandleInUse, match="arq-of-a"):
        agent.prepare(HOST, [make_claim(make_device(2, GPU_1), "b")])
    agent.prepare(HOST, [make_claim(make_device(1, GPU_2), "c")])
    assert len(agent.list_claims(HOST)) == 2


def test_an_address_is_not_enough_to_get_another_device(machine: Machine) -> None:
    agent = machine.start(make_device(1, GPU_2))
    with pytest.raises(Conflict, match="no longer has"):
        agent.prepare(HOST, [make_claim(make_device(1, GPU_1), "a")])
    with pytest.raises(Conflict, match="no longer has"):
        agent.prepare(HOST, [make_claim(make_device(1, device_id="2331"), "a")])


def test_a_device_at_another_address_than_the_conductor_tells_is_not_prepared(
    machine: Machine,
) -> None:
    agent = machine.start(make_device(7, GPU_1))
    with pytest.raises(Conflict, match="no longer has"):
        agent.prepare(HOST, [make_claim(make_device(1, GPU_1), "a")])
    assert agent.list_claims(HOST) == []


def test_a_function_that_is_another_part_than_the_conductor_knows_is_not_prepared(
    machine: Machine,
) -> None:
    before, after = (
        make_device(1, GPU_1, parts=[make_part(1, [make_handle(1, "vf0")], part)])
        for part in ("vgpu-L40S-12Q", "vgpu-L40S-48C")
    )
    agent = machine.start(after)
    with pytest.raises(Conflict, match="no longer has"):
        agent.prepare(HOST, [make_claim(before, "a")])
    agent.prepare(HOST, [make_claim(after, "b")])


def test_a_claim_whose_device_is_gone_does_not_touch_what_is_there_now(machine: Machine) -> None:
    agent = machine.start(make_device(1, GPU_1))
    agent.prepare(HOST, [make_claim(make_device(1, GPU_1), "a")])
    agent = machine.start(make_device(1, GPU_2))
    key = make_handle(1).key
    machine.driver.prepared.add(key)
    agent.release(HOST, agent.list_claims(HOST))
    assert key in machine.driver.prepared
    assert agent.list_claims(HOST) == []


def test_what_another_driver_sees_of_a_device_whose_own_cannot_look_drops_no_claim(
    machine: Machine,
) -> None:
    agent = machine.start(make_device(1, GPU_1))
    agent.prepare(HOST, [make_claim(make_device(1, GPU_1), "a")])
    agent = machine.start()
    machine.look(agent, make_snapshot(make_device(1, "pci:1234"), failed=("its own",)))
    with pytest.raises(AgentUnavailable, match="cannot be told now"):
        agent.release(HOST, agent.list_claims(HOST))
    with pytest.raises(HandleInUse, match="arq-of-a"):
        agent.prepare(HOST, [make_claim(make_device(1, "pci:1234"), "b")])
    assert len(agent.list_claims(HOST)) == 1


def test_a_device_that_is_silent_for_a_while_is_the_same_device(machine: Machine) -> None:
    known, silent = make_device(1, GPU_1), make_device(1)
    machine.start(known).prepare(HOST, [make_claim(known, "a")])
    agent = machine.start(silent)
    for asked in (make_claim(silent, "b"), make_old_claim(silent, "b"), make_claim(known, "b")):
        with pytest.raises(HandleInUse, match="arq-of-a"):
            agent.prepare(HOST, [asked])
    machine.look(agent, make_snapshot(known))
    assert [claim.device_key for claim in agent.list_claims(HOST)] == [GPU_1]


def test_parts_of_a_silent_device_still_exclude_each_other(machine: Machine) -> None:
    known, silent = split(1, 2, identity=GPU_1), split(1, 2)
    machine.start(known).prepare(HOST, [make_claim(known, "a", 0, 1)])
    agent = machine.start(silent)
    for asked in (make_claim(silent, "b"), make_old_claim(silent, "b"), make_claim(known, "b")):
        with pytest.raises(HandleInUse, match="functions"):
            agent.prepare(HOST, [asked])


def test_a_claim_made_before_the_identity_was_known_gets_it(machine: Machine) -> None:
    agent = machine.start(make_device(1))
    agent.prepare(HOST, [make_claim(make_device(1), "a")])
    machine.look(agent, make_snapshot(make_device(1, GPU_1)))
    assert [claim.device_key for claim in agent.list_claims(HOST)] == [GPU_1]


def test_claims_of_the_first_release_are_completed_by_a_look(machine: Machine) -> None:
    device = split(1, 4, identity=GPU_1)
    ledger = Ledger(machine.path)
    ledger.claim(HOST, [make_old_claim(device, "a")])
    ledger.close()
    agent = machine.start(device)
    (claim,) = agent.list_claims(HOST)
    assert (claim.device_key, claim.part, claim.handle.place) == (GPU_1, "", "0")
    with pytest.raises(HandleInUse, match="functions"):
        agent.prepare(HOST, [make_claim(device, "b", 2, 1)])


def test_virtual_functions_that_come_and_go_change_no_claim(machine: Machine) -> None:
    agent = machine.start(split(1, 2))
    agent.prepare(HOST, [make_claim(split(1, 2), "a", 1, 1)])
    machine.look(agent, make_snapshot(split(1, 8, whole=False)))
    agent.prepare(HOST, [make_claim(split(1, 8, whole=False), "b", 7)])
    with pytest.raises(HandleInUse, match="arq-of-a"):
        agent.prepare(HOST, [make_claim(split(1, 8, whole=False), "c", 1)])


def test_what_the_conductor_says_is_held_is_given_to_nobody_else(machine: Machine) -> None:
    device = split(1, 2, identity=GPU_1)
    agent = machine.start(device)
    agent.record_held(HOST, [make_old_claim(device, "a")])
    assert not machine.driver.prepared
    for asked in (make_claim(device, "b"), make_claim(device, "b", 0, 1)):
        with pytest.raises(HandleInUse, match="arq-of-a"):
            agent.prepare(HOST, [asked])
    agent.prepare(HOST, [make_claim(device, "a")])  # its prepare comes after all
    assert machine.driver.prepared == {make_handle(1).key}
    agent.release(HOST, agent.list_claims(HOST))
    agent.record_held(HOST, [make_old_claim(device, "a")])  # it was on its way when it was let go
    assert agent.list_claims(HOST) == []


def test_a_host_that_is_refused_hands_out_nothing_but_lets_go(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cyborg_rr")
    first, second = make_device(1), make_device(2)
    agent = machine.start(first, second)
    agent.prepare(HOST, [make_claim(first, "a")])
    for _ in range(3):
        agent.refuse(HOST, "its name belongs to another machine")
    with pytest.raises(AgentUnavailable, match="belongs to another machine"):
        agent.prepare(HOST, [make_claim(second, "b")])
    agent.release(HOST, [make_claim(first, "a")])
    assert agent.list_claims(HOST) == []
    agent.accept(HOST)
    agent.prepare(HOST, [make_claim(second, "b")])
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO", "INFO"]


def test_a_call_for_another_host_is_refused(machine: Machine) -> None:
    agent = machine.start()
    own = agent.identify(HOST).id
    assert agent.get_hostname("as it was called", own) == HOST
    assert agent.get_hostname(HOST, None) == HOST
    with pytest.raises(HostRefused):
        agent.get_hostname(HOST, "another")


def test_a_prepare_that_fails_undoes_the_others(machine: Machine) -> None:
    devices = [make_device(bus) for bus in range(3)]
    agent = machine.start(*devices)
    machine.driver.trouble[make_handle(2).key] = HandleUnusable("it is gone")
    with pytest.raises(HandleUnusable):
        agent.prepare(HOST, [make_claim(device, str(n)) for n, device in enumerate(devices)])
    assert agent.list_claims(HOST) == []
    assert not machine.driver.prepared


def test_what_a_driver_has_prepared_before_it_failed_is_undone(machine: Machine) -> None:
    devices = [make_device(bus) for bus in range(2)]
    agent = machine.start(*devices)
    machine.driver.late_trouble[make_handle(1).key] = OSError("the answer is lost")
    with pytest.raises(OSError, match="lost"):
        agent.prepare(HOST, [make_claim(device, str(n)) for n, device in enumerate(devices)])
    assert not machine.driver.prepared
    assert agent.list_claims(HOST) == []


def test_a_driver_that_refuses_is_not_asked_to_undo_what_it_did_not_do(machine: Machine) -> None:
    agent = machine.start(make_device(1))
    machine.driver.trouble[make_handle(1).key] = HandleUnusable("somebody else has it")
    machine.driver.prepared.add(make_handle(1).key)
    with pytest.raises(HandleUnusable):
        agent.prepare(HOST, [make_claim(make_device(1), "a")])
    assert machine.driver.prepared == {make_handle(1).key}


def test_what_cannot_be_undone_stays_claimed_until_it_can(machine: Machine) -> None:
    devices = [make_device(bus) for bus in range(2)]
    agent = machine.start(*devices)
    claims = [make_claim(device, str(n)) for n, device in enumerate(devices)]
    machine.driver.trouble[make_handle(1).key] = HandleUnusable("it is gone")
    machine.driver.is_stuck = True
    with pytest.raises(HandleUnusable):
        agent.prepare(HOST, claims)
    assert [claim.binding_id for claim in agent.list_claims(HOST)] == ["0"]
    machine.driver.is_stuck = False
    agent.release(HOST, claims)
    assert agent.list_claims(HOST) == []


def test_a_driver_that_hangs_keeps_its_handle_and_no_other(machine: Machine) -> None:
    first, second = make_device(1), make_device(2)
    agent = machine.start(first, second, driver_seconds=1)
    machine.driver.hanging = threading.Event()
    with pytest.raises(DriverHangs, match=r"did not return from handle .* in 1 s"):
        agent.prepare(HOST, [make_claim(first, "a")])
    with pytest.raises(DriverHangs, match="has not returned"):
        agent.release(HOST, [make_claim(first, "a")])
    assert len(agent.list_claims(HOST)) == 1
    going = machine.driver.hanging
    machine.driver.hanging = None
    agent.prepare(HOST, [make_claim(second, "b")])
    going.set()
    deadline = time.monotonic() + 60
    while [claim.binding_id for claim in agent.list_claims(HOST)] != ["b"]:
        assert time.monotonic() < deadline
        with suppress(DriverHangs):  # it has not returned yet
            agent.release(HOST, [make_claim(first, "a")])
    assert machine.driver.prepared == {make_handle(2).key}


def test_what_a_driver_reported_stays_while_it_cannot_look(machine: Machine) -> None:
    first, second = make_device(1), make_device(2)
    agent = machine.start(first, second)
    agent.prepare(HOST, [make_claim(first, "a")])
    machine.look(agent, make_snapshot(failed=("fake",)))
    agent.prepare(HOST, [make_claim(second, "b")])
    with pytest.raises(HandleInUse):
        agent.prepare(HOST, [make_claim(first, "c")])
    agent.release(HOST, agent.list_claims(HOST))
    assert not machine.driver.prepared


def test_a_claim_of_a_device_that_is_left_out_is_not_dropped(machine: Machine) -> None:
    device = make_device(1, GPU_1)
    machine.start(device).prepare(HOST, [make_claim(device, "a")])
    agent = machine.start()
    left = LeftOut("0000:01:00.0", device.slot_key, Trouble("off_the_bus", "it does not answer"))
    machine.look(agent, Snapshot(HOST, (), (), (left,)))
    with pytest.raises(AgentUnavailable):
        agent.release(HOST, [make_claim(device, "a")])
    assert len(agent.list_claims(HOST)) == 1
    machine.look(agent, make_snapshot())
    agent.release(HOST, [make_claim(device, "a")])
    assert agent.list_claims(HOST) == []


@pytest.mark.parametrize("identity", [GPU_1, None], ids=["serial", "silent"])
def test_another_device_that_is_left_out_at_its_address_does_not_keep_a_claim(
    machine: Machine, identity: str | None
) -> None:
    device = make_device(1, identity)
    machine.start(device).prepare(HOST, [make_claim(device, "a")])
    machine.start(device)  # a look completes the claim with what is there
    agent = machine.start()
    other = make_device(1, device_id="20b5").slot_key
    left = LeftOut("0000:01:00.0", other, Trouble("off_the_bus", "it does not answer"))
    machine.look(agent, Snapshot(HOST, (), (), (left,)))
    agent.release(HOST, [make_claim(device, "a")])
    assert agent.list_claims(HOST) == []


def test_a_claim_by_identity_does_not_get_a_silent_device_of_another_kind(machine: Machine) -> None:
    device = make_device(1, GPU_1)
    agent = machine.start(device)
    machine.look(agent, make_snapshot(make_device(1)))
    machine.look(agent, make_snapshot(make_device(1, device_id="20b5")))
    with pytest.raises(Conflict):
        agent.prepare(HOST, [make_claim(device, "a")])
    machine.look(agent, make_snapshot(make_device(1)))
    agent.prepare(HOST, [make_claim(device, "a")])


def test_a_binding_is_for_one_handle(machine: Machine) -> None:
    first, second = make_device(1), make_device(2)
    agent = machine.start(first, second)
    agent.prepare(HOST, [make_claim(first, "a")])
    agent.prepare(HOST, [make_claim(first, "a")])
    with pytest.raises(HandleInUse, match="holds another handle"):
        agent.prepare(HOST, [make_claim(second, "a")])


def test_a_host_that_was_not_looked_at_hands_out_nothing(machine: Machine) -> None:
    agent = machine.start(make_device(1))
    with pytest.raises(AgentUnavailable, match="not been looked at"):
        agent.prepare("another", [make_claim(make_device(1), "a")])
