"""Drivers and the shipped catalogue know the same devices."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.fpga.intel import is_fpga
from cyborg_rr.drivers.fpga.xilinx import XilinxFpgaDriver, is_alveo, is_user_function
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.pci.function import PciIdentity, Wanted
from cyborg_rr.drivers.simulated.fleet import parse_fleet
from cyborg_rr.drivers.whole_function.families import load_families
from tests.fakes.nvml import FakeNvml, Gpu


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.mark.parametrize(
    ("vendor_id", "kind", "recognises"),
    [
        ("8086", "FPGA", is_fpga),
        ("10ee", "FPGA", is_alveo),
        ("19e5", "NPU", load_families()["huawei_ascend"].recognises),
    ],
)
def test_a_driver_recognises_every_function_that_the_catalogue_lists(
    vendor_id: str, kind: str, recognises: Wanted, catalogue: Catalogue
) -> None:
    ids = [
        pci_id
        for product in catalogue.products
        if product.kind == kind
        for pci_id in product.pci_ids
        if pci_id.vendor_id == vendor_id
    ]
    assert ids
    for pci_id in ids:
        assert recognises(PciIdentity(vendor_id, pci_id.device_id, "120000")), pci_id
        if pci_id.role == "user":
            assert is_user_function(PciIdentity(vendor_id, pci_id.device_id, "120000")), pci_id


def test_every_kind_of_the_catalogue_can_be_simulated(catalogue: Catalogue) -> None:
    groups = ", ".join(f"{product.id}: 1" for product in catalogue.products)
    fleet = parse_fleet(f"hosts: [{{name: all, devices: {{{groups}}}}}]", "all.yaml", catalogue)
    devices = fleet.get_host("all").devices
    assert [device.facts.product for device in devices] == [p.id for p in catalogue.products]
    for device in devices:
        assert catalogue.represent(device.facts).products == (device.facts.product,)


def test_a_discovered_gpu_is_the_product_that_it_is(
    catalogue: Catalogue, shared_trees: dict[str, Path]
) -> None:
    context = DriverContext(shared_trees["nvidia-hgx-h100"])
    nvml = FakeNvml({"0000:1b:00.0": Gpu()})
    for module in (None, nvml):
        facts = NvidiaGpuDriver(context, module).discover(Look())[0].facts
        found = catalogue.represent(facts)
        assert found.products == ("nvidia-h100-sxm-80",)
        assert found.kind == "GPU"


def test_a_discovered_fpga_is_the_product_that_it_is(
    catalogue: Catalogue, shared_trees: dict[str, Path]
) -> None:
    devices = XilinxFpgaDriver(DriverContext(shared_trees["xilinx-alveo"])).discover(Look())
    found = [catalogue.represent(device.facts).products for device in devices]
    assert found == [("xilinx-alveo-u250",), ("xilinx-alveo-u50",)]
