"""Drivers and the shipped catalogue know the same devices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.pci_ids import PciId
from cyborg_rr.catalogue.products import Product
from cyborg_rr.domain.hardware.devices import device_class_trait
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.profile import build_groups
from cyborg_rr.domain.profiles import refuse_provider
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.fpga.intel import is_fpga
from cyborg_rr.drivers.fpga.xilinx import XilinxFpgaDriver, is_alveo, is_user_function
from cyborg_rr.drivers.gpu.amd.driver import is_gpu as is_amd_gpu
from cyborg_rr.drivers.gpu.intel import is_gpu as is_intel_gpu
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.gpu.nvidia.driver import is_gpu as is_nvidia_gpu
from cyborg_rr.drivers.loading import list_accelerators, list_available
from cyborg_rr.drivers.pci.reading.function import PciIdentity, Wanted
from cyborg_rr.drivers.simulated.fleet import parse_fleet
from cyborg_rr.drivers.whole_function.families import load_families
from tests.drivers.subjects import discover
from tests.drivers.trees import list_trees, load_tree
from tests.fakes.nvml import FakeNvml, Gpu
from tests.matching.requirements import make_requirement
from tests.shipped import load


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.mark.parametrize("tree_name", list_trees())
def test_the_profile_for_what_is_offered_selects_it(
    tree_name: str, shared_trees: dict[str, Path], catalogue: Catalogue
) -> None:
    """Whole or in parts: the resource class of a profile is the one of the provider."""
    for driver in load_tree(tree_name).drivers:
        for device in discover(driver, shared_trees[tree_name]):
            for part in device.deployables:
                found = catalogue.represent(part.part_facts or device.facts)
                (verdict,) = match(make_requirement(), [found])
                (group,) = build_groups(replace(verdict, devices_needed=1), found)
                traits = [*part.traits, device_class_trait(found.device_class)]
                assert refuse_provider(group, part.resource_class, traits) is None, part.name


CLASSES = {"GPU": "030200"}
"""What functions of a kind say that they are, where that is not a processing accelerator."""


ANY_910B = "huawei-ascend-910b2-or-huawei-ascend-910b3-or-huawei-ascend-910b4"


def list_recognising() -> dict[str, Wanted]:
    """What each driver of accelerators, and of network cards, takes by the ids."""
    drivers: dict[str, Wanted] = {
        "nvidia_gpu": is_nvidia_gpu,
        "amd_gpu": is_amd_gpu,
        "intel_gpu": is_intel_gpu,
        "intel_fpga": is_fpga,
        "xilinx_fpga": is_alveo,
    }
    return drivers | {name: family.recognises for name, family in load_families().items()}


def list_functions(catalogue: Catalogue) -> list[tuple[Product, PciId]]:
    return [(product, pci_id) for product in catalogue.products for pci_id in product.pci_ids]


def test_every_driver_of_a_kind_of_device_is_asked() -> None:
    assert set(list_recognising()) == set(list_available()) - {"fake", "pci"}


def test_each_function_of_the_catalogue_is_recognised_by_one_driver(catalogue: Catalogue) -> None:
    recognising = list_recognising()
    for product, pci_id in list_functions(catalogue):
        identity = PciIdentity(
            pci_id.vendor_id, pci_id.device_id, CLASSES.get(product.kind, "120000")
        )
        takers = [name for name, recognises in recognising.items() if recognises(identity)]
        assert len(takers) == 1, (product.id, pci_id, takers)
        if pci_id.role == "user":
            assert is_user_function(identity), pci_id


def test_only_network_cards_are_not_looked_for_unless_their_driver_is_named() -> None:
    left = set(list_available()) - set(list_accelerators())
    assert left == {"fake", "pci", "nvidia_bluefield"}


@pytest.mark.parametrize(
    ("tree", "driver", "offered"),
    [
        ("amd-mi300x-default", "amd_gpu", ["PGPU amd-mi300x 1"]),
        ("amd-mi300x-cpx-pci", "amd_gpu", ["PGPU amd-mi300x 1"]),
        ("amd-mi210-pci", "amd_gpu", ["PGPU amd-mi210 1"]),
        (
            "amd-mi300x-parts",
            "amd_gpu",
            ["PGPU amd-mi300x 1"] * 3
            + ["VGPU amd-mi300x-cpx-nps1-9c84800c 8", "VGPU amd-mi300x-vf 2"],
        ),
        ("gaudi2", "habana_gaudi", ["CUSTOM_ASIC intel-gaudi2 1"]),
        ("qat-4xxx", "intel_qat", ["CUSTOM_QAT intel-qat-4xxx-vf 3"]),
        ("qat-and-nic-vfs", "intel_qat", ["CUSTOM_QAT intel-qat-4xxx-vf 2"]),
        ("vfs-enabled-while-pf-held", "intel_qat", ["CUSTOM_QAT intel-qat-4xxx-vf 2"]),
        ("intel-arc-b", "intel_gpu", ["PGPU intel-arc-b580 1"]),
        ("intel-flex-default", "intel_gpu", ["PGPU intel-flex-170 1"]),
        ("ascend-910b", "huawei_ascend", [f"CUSTOM_NPU {ANY_910B} 1"] * 4),
        ("ascend-910c", "huawei_ascend", ["CUSTOM_NPU huawei-ascend-910c 2"] * 2),
        ("ofs-n6001-multi-pf", "intel_fpga", ["FPGA intel-ofs-n6000-1405dff3 6"]),
        ("alveo-u250", "xilinx_fpga", ["FPGA xilinx-alveo-u250 1"]),
        ("alveo-u55c", "xilinx_fpga", ["FPGA xilinx-alveo-u55c 1"]),
        ("vf-count-before", "intel_fpga", ["FPGA intel-pac-d5005 3"]),
        ("vf-count-after", "intel_fpga", ["FPGA intel-pac-d5005 4"]),
    ],
)
def test_a_found_device_is_offered_as_the_product_that_it_is(
    tree: str,
    driver: str,
    offered: list[str],
    catalogue: Catalogue,
    shared_trees: dict[str, Path],
) -> None:
    """Resource class, device class and how many can be held, of each deployable."""
    assert offered == [
        f"{part.resource_class} {catalogue.represent(part.part_facts or device.facts).device_class}"
        f" {part.num_accelerators}"
        for device in discover(driver, shared_trees[tree])
        for part in device.deployables
    ]


def test_a_chip_of_which_nobody_says_the_variant_is_described_as_the_least(
    catalogue: Catalogue, shared_trees: dict[str, Path]
) -> None:
    device = discover("huawei_ascend", shared_trees["ascend-910b"])[0]
    found = catalogue.represent(device.facts)
    assert found.products == ("huawei-ascend-910b2", "huawei-ascend-910b3", "huawei-ascend-910b4")
    assert found.memory_bytes == catalogue.represent_product("huawei-ascend-910b4").memory_bytes
    assert any("the least of them is assumed" in note for note in found.notes)


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
