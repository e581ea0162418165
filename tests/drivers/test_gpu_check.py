"""The check of a real GPU: it finds what differs and nothing else."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from tests.fakes.nvml import FakeNvml, Gpu, Process
from tests.long.gpu import Row, compare

ADDRESS = "0000:1b:00.0"

LOG = """<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
  <driver_version>570.133.20</driver_version><cuda_version>12.8</cuda_version>
  <gpu id="00000000:1B:00.0">
    <product_name>NVIDIA H100 80GB HBM3</product_name>
    <persistence_mode>Enabled</persistence_mode>
    <mig_mode><current_mig>Disabled</current_mig><pending_mig>Disabled</pending_mig></mig_mode>
    <uuid>GPU-1b5a0f2e-0000-4000-8000-000000000000</uuid>
    <vbios_version>96.00.74.00.01</vbios_version>
    <board_part_number>692-2G520-0200-000</board_part_number>
    <gpu_recovery_action>None</gpu_recovery_action>
    <pci>
      <pci_device_id>233010DE</pci_device_id><pci_sub_system_id>16C110DE</pci_sub_system_id>
      <pci_gpu_link_info>
        <pcie_gen><max_link_gen>5</max_link_gen></pcie_gen>
        <link_widths>
          <max_link_width>16x</max_link_width><current_link_width>16x</current_link_width>
        </link_widths>
      </pci_gpu_link_info>
    </pci>
    <fb_memory_usage><total>81559 MiB</total><reserved>551 MiB</reserved></fb_memory_usage>
    <ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode>
    <ecc_errors>
      <volatile>
        <sram_uncorrectable>1</sram_uncorrectable><dram_uncorrectable>2</dram_uncorrectable>
        <dram_correctable>9</dram_correctable>
      </volatile>
    </ecc_errors>
    <remapped_rows>
      <remapped_row_corr>0</remapped_row_corr><remapped_row_unc>1</remapped_row_unc>
      <remapped_row_pending>No</remapped_row_pending>
    </remapped_rows>
    <gpu_power_readings><current_power_limit>700.00 W</current_power_limit></gpu_power_readings>
    <max_clocks><sm_clock>1980 MHz</sm_clock><mem_clock>2619 MHz</mem_clock></max_clocks>
    <processes><process_info><pid>4242</pid></process_info></processes>
  </gpu>
</nvidia_smi_log>
"""


def make_gpu() -> Gpu:
    return Gpu(
        part_number="692-2G520-0200-000",
        clocks={1: 1980, 2: 2619},
        power_limit=700_000,
        ecc_mode=(1, 1),
        persistence=1,
        pcie=(5, 16, 16),
        remapped_rows=(0, 1, 0, 0),
        ecc_uncorrectable=3,
        recovery_action=0,
        processes=[Process(4242)],
    )


def check(root: Path, gpu: Gpu, log: str = LOG) -> list[Row]:
    nvml = FakeNvml({ADDRESS: gpu})
    devices = NvidiaGpuDriver(DriverContext(root), nvml).discover(Look())
    only = [device for device in devices if device.control_path["bus"] == "1b"]
    return [row for row in compare(only, ElementTree.fromstring(log)) if not row.is_equal]


@pytest.fixture
def hgx(shared_trees: dict[str, Path]) -> Path:
    return shared_trees["nvidia-hgx-h100"]


def test_a_gpu_that_says_the_same_differs_in_nothing(hgx: Path) -> None:
    assert check(hgx, make_gpu()) == []


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("96.00.74", "96.00.75", "vbios"),
        ("81559 MiB", "81557 MiB", "memory_mib"),
        ("<current_mig>Disabled", "<current_mig>Enabled", "mig_mode"),
        ("<max_link_width>16x", "<max_link_width>8x", "pcie"),
        ("700.00 W", "350.00 W", "power_limit_watts"),
        ("<gpu_recovery_action>None", "<gpu_recovery_action>Reset", "recovery_needed"),
        ("<pid>4242", "<pid>4243", "used_by_host"),
        ("233010DE", "233110DE", "pci_ids"),
        ("uncorrectable>1<", "uncorrectable>7<", "ecc_uncorrectable"),
        ("2619 MHz", "N/A", "max_memory_clock_mhz"),
    ],
)
def test_each_field_that_differs_is_found(hgx: Path, old: str, new: str, field: str) -> None:
    assert old in LOG
    assert [row.field for row in check(hgx, make_gpu(), LOG.replace(old, new))] == [field]


def test_a_gpu_that_is_not_reported_differs(hgx: Path) -> None:
    rows = check(hgx, make_gpu(), LOG.replace("1B:00.0", "1C:00.0"))
    assert [(row.gpu, row.field, row.ours) for row in rows] == [
        ("0000:1c:00.0", "reported", None),
        (ADDRESS, "reported", "yes"),
    ]
