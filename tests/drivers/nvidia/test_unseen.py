"""GPUs that NVIDIA's driver has and NVML does not show: nobody can say who uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import DriverContext, HandleUnusable, Look
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.listed_pci import PciDriver
from cyborg_rr.drivers.loading import introduce
from tests.drivers.hosts import GPU, SmallHost
from tests.fakes.nvml import FakeNvml, Gpu

CARD = "0000:3b:00.0"
FILES: dict[str, str | bytes] = dict(GPU)


def make(root: Path, nvml: FakeNvml | None, **options: object) -> NvidiaGpuDriver:
    context = DriverContext(root, {"proc": str(root / "proc"), **options})
    return NvidiaGpuDriver(context, nvml)


def find(driver: NvidiaGpuDriver, look: Look) -> list[FoundDevice]:
    return list(driver.discover(look))


@pytest.mark.parametrize("nvml", [None, FakeNvml(init_error="LIB_RM_VERSION_MISMATCH")])
def test_a_gpu_of_nvidias_driver_is_left_out_where_the_library_cannot_be_opened(
    tmp_path: Path, nvml: FakeNvml | None
) -> None:
    SmallHost(tmp_path).add(CARD, FILES, driver="nvidia")
    look = Look()
    assert find(make(tmp_path, nvml), look) == []
    (left_out,) = look.left_out
    assert (left_out.name, left_out.trouble.code) == (CARD, "unreadable")
    assert "install cyborg_rr[nvidia]" in left_out.trouble.text
    assert "libnvidia-ml.so.1" in left_out.trouble.text


@pytest.mark.parametrize("kernel_driver", ["vfio-pci", "nouveau", None])
def test_a_gpu_that_nvidias_driver_has_not_needs_no_library(
    tmp_path: Path, kernel_driver: str | None
) -> None:
    SmallHost(tmp_path).add(CARD, FILES, driver=kernel_driver)
    driver = make(tmp_path, None)
    (device,) = find(driver, Look())
    driver.prepare(device.parts[0].handles[0])


def test_a_gpu_that_the_operator_names_is_offered_unseen(tmp_path: Path) -> None:
    SmallHost(tmp_path).add(CARD, FILES, driver="nvidia")
    driver = make(tmp_path, None, offer_in_use=[CARD])
    (device,) = find(driver, Look())
    driver.prepare(device.parts[0].handles[0])


def test_a_gpu_that_somebody_holds_stays_and_is_given_to_nobody_else_unseen(tmp_path: Path) -> None:
    SmallHost(tmp_path).add(CARD, FILES, driver="nvidia")
    (device,) = find(make(tmp_path, FakeNvml({CARD: Gpu(mig_mode=None)})), Look())
    (handle,) = device.parts[0].handles
    driver = make(tmp_path, None)
    assert len(find(driver, Look(held=[handle]))) == 1
    with pytest.raises(HandleUnusable, match="cannot be opened"):
        driver.prepare(handle)


def test_in_a_recorded_tree_nobody_uses_anything(shared_trees: dict[str, Path]) -> None:
    driver = NvidiaGpuDriver(DriverContext(shared_trees["a100-vfio-before"]), None)
    assert len(find(driver, Look())) == 1


def test_no_other_driver_gives_out_what_cannot_be_seen(tmp_path: Path) -> None:
    SmallHost(tmp_path).add(CARD, FILES, driver="nvidia")
    options = {"proc": str(tmp_path / "proc"), "pci_devices": [{"class": "03"}]}
    listed = PciDriver(DriverContext(tmp_path, options))
    introduce([listed, make(tmp_path, None)])
    (device,) = listed.discover(Look())
    with pytest.raises(HandleUnusable, match="cannot be opened"):
        listed.prepare(device.parts[0].handles[0])
