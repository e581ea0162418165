"""What each tree and a fleet of every kind are reported as, whole, byte for byte.

Each tree has a file in ``golden``; the oldest were first written by the drivers of the first
release, which derived resource classes and traits themselves. For a new tree, and after a change
that is meant, this writes them anew: ``python -m tests.drivers.shared.test_golden``.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.agent.discovery import Host
from cyborg_rr.catalogue.products import read_products
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.simulated.fake import FakeDriver
from cyborg_rr.drivers.simulated.fleet import parse_fleet
from tests.drivers.subjects import HOST, discover, look, make_driver
from tests.drivers.trees import list_trees, load_tree
from tests.fakes.nvml import FakeNvml, Gpu

GOLDEN = Path(__file__).parent / "golden"
SIMULATED = "simulated"

TREES = sorted({path.stem for path in GOLDEN.glob("*.json")} - {SIMULATED})
"""Those with a golden file; a tree that was just added has none until they are written anew."""

ORDER = ("nvidia_gpu", "intel_fpga", "xilinx_fpga", "huawei_ascend", "pci")
"""In which the drivers are enabled where all look together; the golden files know no others."""

GPUS = {
    f"0000:{bus}:00.0": mode
    for bus, mode in dict.fromkeys(("01", "1b", "61", "9d", "c3", "d1", "df"), (0, 0)).items()
    | {"43": None, "52": (1, 1)}.items()
}
"""Addresses that NVIDIA's library knows, with the MIG mode of the GPU there."""

PRODUCTS = """id,name,vendor,kind,pci_ids,partition_modes
nvidia-h100-sxm-80,H100 SXM5 80GB,NVIDIA,GPU,10de:2330,1g.10gb*7;7g.80gb*1
amd-mi300x,Instinct MI300X,AMD,GPU,1002:74a1,
xilinx-alveo-u250,Alveo U250,AMD/Xilinx,FPGA,10ee:5004 (user 10ee:5005; golden d004),
intel-pac-n3000,FPGA PAC N3000,Intel,FPGA,8086:0b30 (VF 8086:0b31),
intel-unlisted-card,Card without ids,Intel,FPGA,,
huawei-ascend-910b,Ascend 910B,Huawei,NPU,19e5:d802,
google-tpu-v5e,TPU v5e,Google,ASIC,,
nvidia-bluefield-3,BlueField-3,NVIDIA,DPU,15b3:a2dc,
intel-qat-4xxx,QuickAssist 4xxx,Intel,QAT,8086:4940 (VF 8086:4941),
"""

FLEET = """hosts:
  - name: all-%02d
    count: 1
    devices:
      - {product: nvidia-h100-sxm-80, count: 3}
      - {product: nvidia-h100-sxm-80, count: 7, partition: 1g.10gb}
      - {product: amd-mi300x, count: 30}
      - {product: xilinx-alveo-u250}
      - {product: intel-pac-n3000}
      - {product: intel-unlisted-card}
      - {product: huawei-ascend-910b}
      - {product: google-tpu-v5e}
      - {product: nvidia-bluefield-3}
      - {product: intel-qat-4xxx}
"""


class Shelf:
    """A catalogue with a product of each kind."""

    products = tuple(read_products(PRODUCTS, "shelf.csv"))


def describe(devices: Sequence[Device]) -> list[dict[str, Any]]:
    """All that a host says of devices, in the layout of the golden files."""
    return [
        {
            "type": device.type,
            "vendor": device.fields.vendor,
            "model": device.fields.model,
            "control_path": device.control_path,
            "facts": asdict(device.facts),
            "deployables": [asdict(deployable) for deployable in device.deployables],
            "std_board_info": device.fields.std_board_info,
            "vendor_board_info": device.fields.vendor_board_info,
            "numa_node": device.fields.numa_node,
        }
        for device in devices
    ]


def report_tree(name: str, root: Path) -> dict[str, Any]:
    """What each driver by itself, NVIDIA's with its library, and all together report."""
    report: dict[str, Any] = {driver: describe(discover(driver, root)) for driver in ORDER}
    nvml = FakeNvml({address: Gpu(mig_mode=mode) for address, mode in GPUS.items()})
    report["nvidia_gpu with NVML"] = describe(look(NvidiaGpuDriver(DriverContext(root), nvml)))
    snapshot, _ = Host(HOST, [make_driver(driver, root) for driver in ORDER]).look()
    report["all drivers"] = [
        [device.key, device.deployables[0].driver_name] for device in snapshot.devices
    ]
    return {key: value for key, value in report.items() if value}


def report_simulated() -> dict[str, Any]:
    """What a host of a fleet and the fake driver without a fleet report."""
    fleet = parse_fleet(FLEET, "fleet.yaml", Shelf())
    report = {
        host.name: describe(derive_devices({"fake": host.devices}, host.name))
        for host in fleet.hosts
    }
    return report | {"no fleet": describe(look(FakeDriver(DriverContext()), "compute 1"))}


def render(report: dict[str, Any]) -> str:
    return json.dumps(report, indent=1, sort_keys=True, default=dict) + "\n"


def read_golden(name: str) -> str:
    return (GOLDEN / f"{name}.json").read_text()


@pytest.mark.parametrize("tree_name", TREES)
def test_a_tree_is_reported_as_ever(tree_name: str, shared_trees: dict[str, Path]) -> None:
    assert render(report_tree(tree_name, shared_trees[tree_name])) == read_golden(tree_name)


def test_no_golden_file_is_left_over() -> None:
    assert set(TREES) <= set(list_trees())


def test_simulated_devices_are_reported_as_ever() -> None:
    assert render(report_simulated()) == read_golden(SIMULATED)


def main() -> None:
    """Write the golden files anew."""
    for name in list_trees():
        with tempfile.TemporaryDirectory() as directory:
            report = report_tree(name, load_tree(name).write(Path(directory)))
        (GOLDEN / f"{name}.json").write_text(render(report))
    (GOLDEN / f"{SIMULATED}.json").write_text(render(report_simulated()))


if __name__ == "__main__":
    main()
