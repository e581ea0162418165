"""Which product a GPU is, by what sysfs alone tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drivers.nvidia.machines import Machine, load_nvml
from tests.shipped import load

CATALOGUE = load()


@pytest.mark.parametrize(
    ("tree", "device_class"),
    [
        ("a16-board", "nvidia-a16"),
        ("a2-vfio-after-restart", "nvidia-a2"),
        ("a100-vfio-after-restart", "nvidia-a100-pcie-80"),
        ("nvidia-h100-virtual-machine", "nvidia-h100-sxm-80"),
        ("gb200", "nvidia-gb200"),
        ("nouveau", "nvidia-t4"),
    ],
)
def test_ids_alone_tell_the_product(
    tree: str, device_class: str, shared_trees: dict[str, Path]
) -> None:
    for device in Machine(shared_trees[tree], None).look():
        assert CATALOGUE.represent(device.facts).device_class == device_class


def test_a_part_is_described_as_a_part_of_its_product(shared_trees: dict[str, Path]) -> None:
    machine = Machine(shared_trees["a100-mig-enabled"], load_nvml("a100-mig-enabled"))
    (part,) = [part for part in machine.look_at_one().parts if part.name == "1g.10gb"]
    assert part.facts is not None
    found = CATALOGUE.represent(part.facts)
    assert found.device_class.startswith("nvidia-a100-pcie-80-1g.10gb")
    assert found.memory_bytes == pytest.approx(9856 << 20, rel=0.01)  # without a context


def test_a_vgpu_has_the_memory_of_its_type(shared_trees: dict[str, Path]) -> None:
    (part,) = Machine(shared_trees["l40s-vendor-vgpu"], None).look_at_one().parts
    assert part.facts is not None
    assert CATALOGUE.represent(part.facts).memory_bytes == pytest.approx(12 << 30, rel=0.01)
