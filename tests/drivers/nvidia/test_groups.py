"""Two GPUs of one IOMMU group: the one cannot follow the other out of the host while it is busy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.drivers.driver import DriverContext, HandleUnusable, Look
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.listed_pci import PciDriver
from cyborg_rr.drivers.loading import introduce
from tests.drivers.hosts import NIC, SmallHost
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


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda gpu: None, None),
        (lambda gpu: gpu.processes.append(Process(4711)), "process 4711"),
        (lambda gpu: setattr(gpu, "mig_mode", (1, 1)), "MIG mode"),
    ],
    ids=["idle", "busy", "cut"],
)
def test_a_card_of_another_family_is_prepared_only_while_a_gpu_of_its_group_is_idle_and_whole(
    change: Callable[[Gpu], None], cause: str | None, tmp_path: Path
) -> None:
    host = SmallHost(tmp_path)
    host.add(CARD, NIC, driver="ice", group=6)
    host.add(OTHER, A100, driver="nvidia", group=6)
    context = DriverContext(tmp_path, {"pci_devices": [{"class": "02"}], "watch_xids": True})
    nvml = FakeNvml({OTHER: Gpu(uuid="GPU-1", mig_mode=(0, 0))})
    gpus, cards = NvidiaGpuDriver(context, nvml), PciDriver(context)
    introduce([gpus, cards])
    change(nvml.gpus[OTHER])
    (device,) = cards.discover(Look())
    (handle,) = device.parts[0].handles
    if cause is None:
        gpus.discover(Look())
        assert nvml.open_count == 1, "it listens to errors"
        cards.prepare(handle)
        assert nvml.open_count == 0, "nobody may have the GPU open when it is taken"
        return
    with pytest.raises(HandleUnusable, match=f"{OTHER}: .*{cause}"):
        cards.prepare(handle)
