"""MIG instances: made for whoever is given one and ended after; those of others stay."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.driver import HandleUnusable, Memory
from cyborg_rr.drivers.gpu.nvidia.idle import StillInUse
from tests.drivers.nvidia.machines import Machine
from tests.fakes.nvml import FakeNvml, Gpu, Process
from tests.fakes.nvml_mig import MigCard

ADDRESS = "0000:3b:00.0"


@pytest.fixture
def gpu() -> Gpu:
    return Gpu(mig_mode=(1, 1), mig=MigCard("A100-80"))


@pytest.fixture
def machine(shared_trees: dict[str, Path], gpu: Gpu) -> Machine:
    return Machine(shared_trees["a100-mig-enabled"], FakeNvml({ADDRESS: gpu}))


def made(gpu: Gpu) -> list[tuple[str, int]]:
    return sorted((one.profile.name, one.start) for one in gpu.mig.instances)


def test_prepare_makes_the_instance_and_release_ends_it(machine: Machine, gpu: Gpu) -> None:
    handle = machine.get_handle("3g.40gb@4")
    machine.driver.prepare(handle)
    assert made(gpu) == [("3g.40gb", 4)]
    assert list(gpu.mig.instances[0].compute.values()) == [3]
    there = machine.get_handle("3g.40gb@4")
    assert there.info["uuid"] == gpu.mig.instances[0].uuid
    assert (there.place, there.consumes) == (handle.place, handle.consumes)
    machine.driver.release(handle)
    assert made(gpu) == []
    assert "uuid" not in machine.get_handle("3g.40gb@4").info
    assert machine.nvml is not None
    assert machine.nvml.open_count == 0


def test_prepare_and_release_can_be_repeated(machine: Machine, gpu: Gpu) -> None:
    handle = machine.get_handle("1g.10gb@2")
    machine.driver.prepare(handle)
    machine.driver.prepare(handle)
    assert made(gpu) == [("1g.10gb", 2)]
    machine.driver.release(handle)
    machine.driver.release(handle)
    assert made(gpu) == []


def test_an_instance_made_here_changes_nothing_of_what_is_offered(machine: Machine) -> None:
    before = machine.list_places()
    machine.driver.prepare(machine.get_handle("4g.40gb@0"))
    assert machine.list_places() == before


def test_a_restarted_agent_still_knows_what_it_made(machine: Machine, gpu: Gpu) -> None:
    before = machine.list_places()
    handle = machine.get_handle("4g.40gb@0")
    machine.driver.prepare(handle)
    machine.look()
    machine.memory = Memory(json.loads(json.dumps(machine.memory.take_news())))
    machine.restart()
    assert machine.list_places() == before
    machine.driver.prepare(handle)
    machine.driver.release(handle)
    assert made(gpu) == []


def test_an_instance_made_before_a_crash_is_ended_all_the_same(machine: Machine, gpu: Gpu) -> None:
    handle = machine.get_handle("2g.20gb@2")
    machine.driver.prepare(handle)
    machine.memory = Memory()
    machine.restart()
    machine.look()
    machine.driver.release(handle)
    assert made(gpu) == []


def test_what_was_made_for_a_claim_stays_ours_though_nobody_could_write_it_down(
    machine: Machine, gpu: Gpu
) -> None:
    before, handle = machine.list_places(), machine.get_handle("2g.20gb@2")
    machine.driver.prepare(handle)
    machine.memory = Memory()  # the agent was killed right then
    machine.restart()
    machine.held = [handle]
    assert machine.list_places() == before
    machine.held = [machine.get_handle("2g.20gb@2")]
    assert "uuid" in machine.held[0].info
    assert machine.list_places() == before, "from now on it is remembered"
    machine.driver.prepare(machine.held[0])
    machine.driver.release(machine.held[0])
    assert made(gpu) == []


def test_what_an_operator_made_stays_so_whatever_is_held(machine: Machine, gpu: Gpu) -> None:
    free = machine.get_handle("1g.10gb@0")
    own = gpu.mig.make_whole("1g.10gb", 0)
    given = machine.get_handle("1g.10gb@0")
    elsewhere = replace(free, info={**free.info, "bus": "ff"})
    machine.held = [given, elsewhere, machine.get_handle("1g.10gb@1")]
    assert "2g.20gb@0" not in machine.list_places()
    machine.driver.release(given)
    assert gpu.mig.instances == [own]


def test_what_an_operator_made_is_offered_as_it_is_and_rules_out_the_rest(
    machine: Machine, gpu: Gpu
) -> None:
    own = gpu.mig.make_whole("3g.40gb", 0)
    places = machine.list_places()
    assert "3g.40gb@0" in places
    assert not {"1g.10gb@0", "1g.10gb@3", "2g.20gb@2", "4g.40gb@0", "7g.80gb@0"} & {*places}
    assert {"1g.10gb@4", "2g.20gb@4", "3g.40gb@4"} <= {*places}
    handle = machine.get_handle("3g.40gb@0")
    assert handle.info["uuid"] == own.uuid
    machine.driver.prepare(handle)
    machine.driver.release(handle)
    assert gpu.mig.instances == [own]


def test_what_an_operator_made_and_uses_is_not_offered(machine: Machine, gpu: Gpu) -> None:
    own = gpu.mig.make_whole("3g.40gb", 0)
    handle = machine.get_handle("3g.40gb@0")
    gpu.processes.append(Process(99, own.id))
    assert "3g.40gb@0" not in machine.list_places()
    with pytest.raises(StillInUse, match="process 99 of the host"):
        machine.driver.prepare(handle)


@pytest.mark.parametrize("slices", [(), (1, 1)])
def test_an_instance_without_one_mig_device_is_not_offered(
    machine: Machine, gpu: Gpu, slices: tuple[int, ...]
) -> None:
    own = gpu.mig.make_whole("2g.20gb", 0)
    own.compute = dict(enumerate(slices))
    assert not {"2g.20gb@0", "1g.10gb@0", "1g.10gb@1"} & {*machine.list_places()}


def test_an_instance_that_somebody_makes_meanwhile_is_not_taken(machine: Machine, gpu: Gpu) -> None:
    handle = machine.get_handle("1g.10gb@0")
    own = gpu.mig.make_whole("1g.10gb", 0)
    with pytest.raises(HandleUnusable, match="somebody else has made"):
        machine.driver.prepare(handle)
    assert gpu.mig.instances == [own]


def test_an_operators_instance_that_is_gone_is_not_made_again(machine: Machine, gpu: Gpu) -> None:
    gpu.mig.make_whole("1g.10gb", 0)
    handle = machine.get_handle("1g.10gb@0")
    gpu.mig.instances.clear()
    with pytest.raises(HandleUnusable, match="is gone"):
        machine.driver.prepare(handle)


def test_what_is_made_half_is_undone(machine: Machine, gpu: Gpu) -> None:
    handle = machine.get_handle("1g.10gb@0")
    gpu.mig.fails_compute = True
    with pytest.raises(HandleUnusable, match="compute instance could not be made"):
        machine.driver.prepare(handle)
    assert made(gpu) == []
    gpu.mig.fails_compute = False
    machine.driver.prepare(handle)
    assert made(gpu) == [("1g.10gb", 0)]


def test_a_place_that_is_taken_on_the_card_is_refused(machine: Machine, gpu: Gpu) -> None:
    handle = machine.get_handle("2g.20gb@0")
    gpu.mig.make_whole("1g.10gb", 1)
    with pytest.raises(HandleUnusable, match="GPU instance could not be made"):
        machine.driver.prepare(handle)


def test_a_process_that_stays_keeps_the_instance(machine: Machine, gpu: Gpu) -> None:
    handle = machine.get_handle("1g.10gb@6")
    machine.driver.prepare(handle)
    gpu.processes.append(Process(4242, gpu.mig.instances[0].id))
    with pytest.raises(StillInUse, match="process 4242 of the host still in the MIG instance"):
        machine.driver.release(handle)
    assert made(gpu) == [("1g.10gb", 6)]
    gpu.processes.clear()
    machine.driver.release(handle)
    assert made(gpu) == []


def test_without_the_library_nothing_is_made_and_nothing_is_given_up(
    machine: Machine, gpu: Gpu
) -> None:
    handle = machine.get_handle("1g.10gb@6")
    machine.driver.prepare(handle)
    assert machine.nvml is not None
    machine.nvml.init_error = "UNKNOWN"
    with pytest.raises(HandleUnusable, match="NVML does not answer"):
        machine.driver.prepare(machine.get_handle("1g.10gb@0"))
    with pytest.raises(HandleUnusable, match="NVML does not answer"):
        machine.driver.release(handle)
    assert made(gpu) == [("1g.10gb", 6)]


def test_switching_the_mode_off_ends_what_was_made(machine: Machine, gpu: Gpu) -> None:
    handle = machine.get_handle("1g.10gb@6")
    machine.driver.prepare(handle)
    gpu.mig.instances.clear()
    gpu.mig_mode = (0, 0)
    machine.driver.release(handle)
    with pytest.raises(HandleUnusable, match="MIG mode is off"):
        machine.driver.prepare(handle)


@pytest.mark.parametrize(
    "info",
    [
        {"placement": "-1"},
        {"placement": "٣"},
        {"placement": "9999"},
        {"placement": ""},
        {"profile": "9g.900gb"},
        {"bus": "zz"},
        {"bus": "00"},
    ],
)
def test_a_handle_of_another_form_makes_nothing(
    machine: Machine, gpu: Gpu, info: dict[str, str]
) -> None:
    handle = machine.get_handle("1g.10gb@0")
    with pytest.raises(HandleUnusable):
        machine.driver.prepare(AttachHandle("MIG", {**handle.info, **info}))
    assert made(gpu) == []
