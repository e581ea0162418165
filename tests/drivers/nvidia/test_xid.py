"""Errors (Xid) that NVIDIA's driver tells as events: which count, how long, and who sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.remembering import Remembering
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.drivers.driver import Memory
from cyborg_rr.drivers.gpu.nvidia.xid import MOST_EVENTS, NEEDS_RESET
from tests.drivers.nvidia.machines import HOST, Machine
from tests.fakes.nvml import FakeNvml, Gpu

ADDRESS = "0000:3b:00.0"
APPLICATION = (13, 31, 43, 45, 68, 69)
WATCHED = {"watch_xids": True}
TOLD = (63, 92, 94, 109, 154)


@pytest.fixture
def gpu() -> Gpu:
    return Gpu(mig_mode=None, recovery_action=0)


@pytest.fixture
def machine(shared_trees: dict[str, Path], gpu: Gpu) -> Machine:
    nvml = FakeNvml({ADDRESS: gpu})
    machine = Machine(shared_trees["a100-vfio-before"], nvml, options=WATCHED)
    machine.look()
    return machine


def happen(machine: Machine, *xids: int) -> None:
    assert machine.nvml is not None
    for xid in xids:
        machine.nvml.happen(machine.nvml.gpus[ADDRESS], xid)


def code_of(machine: Machine) -> str | None:
    trouble = machine.look_at_one().trouble
    return None if trouble is None else trouble.code


@pytest.mark.parametrize("xid", [48, 79, 95, 119])
def test_an_error_that_only_a_reset_ends_is_a_trouble(machine: Machine, xid: int) -> None:
    happen(machine, xid)
    trouble = machine.look_at_one().trouble
    assert trouble is not None
    assert (trouble.code, trouble.text) == ("xid", f"Xid {xid}: {NEEDS_RESET[xid]}")


@pytest.mark.parametrize("xid", [*APPLICATION, *TOLD, 2**63])
def test_an_error_of_an_application_is_counted_and_no_trouble(machine: Machine, xid: int) -> None:
    happen(machine, xid, xid)
    device = machine.look_at_one()
    assert device.trouble is None
    assert device.parts[0].attributes[f"xid_{xid}"] == "2"


def test_an_error_of_the_past_is_no_trouble_but_stays_counted(machine: Machine) -> None:
    happen(machine, 48)
    assert code_of(machine) == "xid"
    assert code_of(machine) is None
    happen(machine, 48)
    assert machine.look_at_one().parts[0].attributes["xid_48"] == "2"


def test_what_the_driver_wants_to_be_done_counts_until_it_is_done(
    machine: Machine, gpu: Gpu
) -> None:
    happen(machine, 95)
    gpu.recovery_action = 1
    assert code_of(machine) == "recovery_needed"
    assert code_of(machine) == "recovery_needed"
    gpu.recovery_action = 0
    assert code_of(machine) is None


def test_a_restart_cures_nothing_and_counts_on(machine: Machine, tmp_path: Path) -> None:
    happen(machine, 119)
    ledger = Ledger(tmp_path / "ledger.sqlite")
    counts_and_troubles = [judge(machine, Remembering(ledger))]
    machine.memory = Memory(ledger.list_learnt(HOST))
    machine.restart()
    counts_and_troubles += [judge(machine, Remembering(ledger)) for _ in range(3)]
    assert counts_and_troubles == [("1", "xid"), ("1", "xid"), ("1", "xid"), ("1", None)]


def judge(machine: Machine, remembering: Remembering) -> tuple[str, str | None]:
    snapshot = remembering.judge(Snapshot(HOST, machine.report()))
    remembering.keep(snapshot, machine.memory)
    (device,) = snapshot.devices
    trouble = device.trouble
    return device.deployables[0].attributes["xid_119"], trouble.code if trouble else None


def test_a_gpu_is_registered_once_however_often_it_is_looked_at(machine: Machine) -> None:
    assert machine.nvml is not None
    before = list(machine.nvml.event_sets)
    machine.look()
    assert machine.nvml.event_sets == before
    assert [len(events.gpus) for events in before] == [1]


def test_a_flood_of_errors_is_read_in_portions(machine: Machine) -> None:
    happen(machine, *[31] * (MOST_EVENTS + 5))
    shown = [machine.look_at_one().parts[0].attributes["xid_31"] for _ in range(2)]
    assert shown == [str(MOST_EVENTS), str(MOST_EVENTS + 5)]


def test_a_gpu_without_such_events_is_found_all_the_same(machine: Machine, gpu: Gpu) -> None:
    gpu.event_types = None
    machine.restart()
    assert code_of(machine) is None
    happen(machine, 79)
    assert code_of(machine) is None


def test_an_old_library_without_such_events_is_closed_after_each_look(
    shared_trees: dict[str, Path], gpu: Gpu
) -> None:
    class OldNvml(FakeNvml):
        def __getattribute__(self, name: str) -> object:
            if "Event" in name:
                raise AttributeError(name)
            return super().__getattribute__(name)

    nvml = OldNvml({ADDRESS: gpu})
    machine = Machine(shared_trees["a100-vfio-before"], nvml, options=WATCHED)
    assert code_of(machine) is None
    assert nvml.open_count == 0


def test_the_library_is_closed_while_a_gpu_is_with_somebody(machine: Machine) -> None:
    assert machine.nvml is not None
    handle = machine.look_at_one().parts[0].handles[0]
    assert machine.nvml.open_count == 1
    machine.driver.prepare(handle)
    assert machine.nvml.open_count == 0
    machine.look()  # one that began before the claim was written down
    assert machine.nvml.open_count == 0
    machine.held = [handle]
    machine.restart()
    machine.look()
    assert machine.nvml.open_count == 0
    machine.driver.release(handle)
    machine.held = []
    machine.look()
    assert machine.nvml.open_count == 1


def test_the_library_is_closed_while_a_gpu_waits_for_a_reset(machine: Machine, gpu: Gpu) -> None:
    assert machine.nvml is not None
    gpu.recovery_action = 1
    machine.look()
    assert machine.nvml.open_count == 0
    gpu.recovery_action = 0
    machine.look()
    assert machine.nvml.open_count == 1


def test_an_operator_can_have_the_library_closed_after_each_look(
    shared_trees: dict[str, Path], gpu: Gpu
) -> None:
    nvml = FakeNvml({ADDRESS: gpu})
    machine = Machine(shared_trees["a100-vfio-before"], nvml, options={"watch_xids": False})
    machine.look()
    assert nvml.open_count == 0
