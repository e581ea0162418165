"""Whether a GPU can be given to anybody now, and what the host itself does with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.drivers.driver import DriverContext, HandleUnusable, Look
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.gpu.nvidia.idle import StillInUse
from tests.drivers.nvidia.machines import Machine, load_nvml
from tests.fakes.nvml import FakeNvml, Gpu, Process

ADDRESS = "0000:3b:00.0"


@pytest.fixture
def gpu() -> Gpu:
    return Gpu(mig_mode=None)


@pytest.fixture
def machine(shared_trees: dict[str, Path], gpu: Gpu) -> Machine:
    return Machine(shared_trees["a100-vfio-before"], FakeNvml({ADDRESS: gpu}))


def code_of(machine: Machine) -> str | None:
    trouble = machine.look_at_one().trouble
    return None if trouble is None else trouble.code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"remapped_rows": (3, 1, 0, 0)}, None),
        ({"remapped_rows": (3, 1, 0, 1)}, "row_remap_failed"),
        ({"remapped_rows": (3, 1, 1, 0)}, "recovery_needed"),
        ({"remapped_rows": (3, 1, 1, 0), "recovery_action": 0}, None),
        ({"recovery_action": 1}, "recovery_needed"),
        ({"recovery_action": 99}, "recovery_needed"),
        ({"retired_pending": 1}, "recovery_needed"),
        ({"retired_pending": 0}, None),
        ({"throttle_reasons": 0x40}, "thermal"),
        ({"throttle_reasons": 0x24}, None),
        ({"ecc_uncorrectable": 5}, None),
        ({"error": "GPU_IS_LOST"}, "gpu_lost"),
        ({"error": "RESET_REQUIRED"}, "recovery_needed"),
        ({"remapped_rows": (0, 0, 0, 1), "throttle_reasons": 0x40}, "row_remap_failed"),
    ],
)
def test_what_is_wrong_has_a_code(
    machine: Machine, gpu: Gpu, changes: dict[str, Any], code: str | None
) -> None:
    for name, value in changes.items():
        setattr(gpu, name, value)
    assert code_of(machine) == code


def test_uncorrectable_errors_count_when_they_come_not_for_ever_after(
    machine: Machine, gpu: Gpu
) -> None:
    gpu.ecc_uncorrectable = 5
    assert code_of(machine) is None
    gpu.ecc_uncorrectable = 7
    trouble = machine.look_at_one().trouble
    assert trouble is not None
    assert (trouble.code, trouble.text) == (
        "ecc_uncorrectable",
        "2 more uncorrectable memory errors",
    )
    assert code_of(machine) is None
    gpu.ecc_uncorrectable = 0  # the driver was loaded anew
    assert code_of(machine) is None


def test_the_counters_are_shown(machine: Machine, gpu: Gpu) -> None:
    gpu.ecc_uncorrectable, gpu.remapped_rows = 5, (3, 1, 0, 0)
    shown = machine.look_at_one().parts[0].attributes
    assert shown["ecc_uncorrectable"] == "5"
    assert shown["remapped_rows_correctable"] == "3"
    assert shown["remapped_rows_uncorrectable"] == "1"
    assert shown["remapped_rows_pending"] == "no"


def test_a_gpu_that_a_process_of_the_host_uses_says_so(shared_trees: dict[str, Path]) -> None:
    tree = "gpu-in-use-by-host"
    device = Machine(shared_trees[tree], load_nvml(tree)).look_at_one()
    assert device.used_by_host == "used by process 4242 of the host"
    assert device.trouble is None


def test_a_gpu_that_the_operator_named_is_given_out_though_the_host_uses_it(
    shared_trees: dict[str, Path],
) -> None:
    tree = "gpu-in-use-by-host"
    context = DriverContext(shared_trees[tree], {"offer_in_use": [ADDRESS]})
    driver = NvidiaGpuDriver(context, load_nvml(tree))
    (device,) = driver.discover(Look())
    assert device.used_by_host is None
    driver.prepare(device.parts[0].handles[0])
    driver.release(device.parts[0].handles[0])


def test_many_processes_are_named_in_one_line(machine: Machine, gpu: Gpu) -> None:
    gpu.processes = [Process(pid) for pid in range(1, 12)]
    assert (
        machine.look_at_one().used_by_host
        == "used by processes 1, 2, 3, 4, 5, 6, 7, 8 and 3 more of the host"
    )


def test_memory_that_nobody_seen_holds_is_a_use_too(machine: Machine, gpu: Gpu) -> None:
    gpu.used = 20 << 20
    assert machine.look_at_one().used_by_host is None
    gpu.used = 1 << 30
    assert machine.look_at_one().used_by_host == "1024 MiB of its memory are in use"


def test_where_reserved_memory_is_not_told_apart_it_is_no_use(machine: Machine, gpu: Gpu) -> None:
    assert machine.nvml is not None
    machine.nvml.has_second_memory_question = False
    gpu.used = 1 << 30
    assert machine.look_at_one().used_by_host is None


@pytest.mark.parametrize("changes", [{"processes": [Process(7)]}, {"used": 1 << 30}])
def test_a_gpu_in_use_is_neither_given_out_nor_taken_back(
    machine: Machine, gpu: Gpu, changes: dict[str, Any]
) -> None:
    handle = machine.look_at_one().parts[0].handles[0]
    for name, value in changes.items():
        setattr(gpu, name, value)
    for act in (machine.driver.prepare, machine.driver.release):
        with pytest.raises(StillInUse) as error:
            act(handle)
        assert error.value.code == "handle_still_in_use"
    gpu.processes, gpu.used = [], 0
    machine.driver.prepare(handle)
    machine.driver.release(handle)


def test_a_lost_gpu_is_not_given_out_but_taken_back(machine: Machine, gpu: Gpu) -> None:
    handle = machine.look_at_one().parts[0].handles[0]
    gpu.error = "GPU_IS_LOST"
    with pytest.raises(HandleUnusable, match="lost"):
        machine.driver.prepare(handle)
    machine.driver.release(handle)


def test_a_gpu_that_was_put_into_mig_mode_is_not_given_out_whole(
    machine: Machine, gpu: Gpu
) -> None:
    handle = machine.look_at_one().parts[0].handles[0]
    gpu.mig_mode = (1, 1)
    with pytest.raises(HandleUnusable, match="put into MIG mode"):
        machine.driver.prepare(handle)


def test_a_gpu_that_a_guest_has_is_not_asked(shared_trees: dict[str, Path], gpu: Gpu) -> None:
    gpu.processes = [Process(7)]
    machine = Machine(shared_trees["a100-vfio-after-restart"], FakeNvml({ADDRESS: gpu}))
    device = machine.look_at_one()
    assert (device.used_by_host, device.trouble) == (None, None)
    machine.driver.prepare(device.parts[0].handles[0])
    machine.driver.release(device.parts[0].handles[0])
