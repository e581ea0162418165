"""Two GPUs of one IOMMU group: the one cannot follow the other out of the host while it is busy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.drivers.driver import DriverContext, HandleUnusable, Look
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from tests.drivers.hosts import SmallHost
from tests.fakes.nvml import FakeNvml, Gpu, Process

CARD, OTHER = "0000:3b:00.0", "0000:5e:00.0"
A100: dict[str, str | bytes] = {"vendor": "0x10de", "device": "0x20b5", "class": "0x030200"}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda gpu: None, None),
        (lambda gpu: gpu.processes.append(Process(4711)), "process 4711"),
        (lambda gpu: setattr(gpu, "mig_mode", (1, 1)), "MIG mode"),
    ],
    ids=["idle", "busy", "cut"],
)
def test_a_gpu_is_prepared_only_while_those_of_its_group_are_idle_and_whole(
    change: Callable[[Gpu], None], cause: str | None, tmp_path: Path
) -> None:
    host = SmallHost(tmp_path)
    for address in (CARD, OTHER):
        host.add(address, A100, driver="nvidia", group=6)
    gpus = {address: Gpu(uuid=f"GPU-{address}") for address in (CARD, OTHER)}
    driver = NvidiaGpuDriver(DriverContext(tmp_path), FakeNvml(gpus))
    device = next(found for found in driver.discover(Look()) if found.control_path["bus"] == "3b")
    (handle,) = device.parts[0].handles
    change(gpus[OTHER])
    if cause is None:
        driver.prepare(handle)
        return
    with pytest.raises(HandleUnusable, match=f"{OTHER}: .*{cause}"):
        driver.prepare(handle)
