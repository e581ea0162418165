"""Intel GPUs: memory under either kernel driver, and that of virtual functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.drivers.driver import DriverContext, Look, Memory
from cyborg_rr.drivers.gpu.intel import IntelGpuDriver

TREE = "intel-gpu-parts"
GIB = 1 << 30


def look(root: Path, memory: Memory | None = None) -> tuple[Device, ...]:
    driver = IntelGpuDriver(DriverContext(root))
    return derive_devices({driver.name: driver.discover(Look(memory))}, "h")


def test_the_memory_of_all_tiles_is_that_of_the_gpu(shared_trees: dict[str, Path]) -> None:
    flex, largest, small = look(shared_trees[TREE])
    assert [gpu.facts.memory_bytes for gpu in (flex, largest, small)] == [
        16 * GIB,
        128 * GIB,
        6 * GIB,
    ]
    (whole,) = largest.deployables
    assert (whole.part, whole.resource_class) == ("", "PGPU")


def test_a_virtual_function_has_the_memory_that_it_was_given(
    shared_trees: dict[str, Path],
) -> None:
    flex, _, small = look(shared_trees[TREE])
    for gpu, given, count in ((flex, 7 * GIB, 2), (small, 5 * GIB, 1)):
        (part,) = gpu.deployables
        assert (part.part, part.resource_class, len(part.handles)) == ("vf", "VGPU", count)
        assert part.part_facts is not None
        assert (part.part_facts.partition, part.part_facts.memory_bytes) == ("vf", given)


@pytest.mark.parametrize(("quota", "counted"), [(str(GIB), GIB), ("0", None), (None, None)])
def test_the_virtual_function_with_least_counts_and_one_that_does_not_say_makes_it_unknown(
    quota: str | None, counted: int | None, write_tree: Callable[[str], Path]
) -> None:
    root = write_tree(TREE)
    file = (root / "bus/pci/devices/0000:3a:00.0").resolve()
    path = file / "sriov_admin/vf2/profile/vram_quota"
    path.unlink() if quota is None else path.write_text(f"{quota}\n")
    facts = look(root)[0].deployables[0].part_facts
    assert facts is not None
    assert facts.memory_bytes == counted


def test_the_display_of_a_processor_is_not_taken(write_tree: Callable[[str], Path]) -> None:
    root = write_tree(TREE)
    device = (root / "bus/pci/devices/0000:4d:00.0").resolve() / "device"
    device.write_text("0x46a6\n")
    assert len(look(root)) == 2


def test_memory_is_known_while_a_guest_has_the_gpu(write_tree: Callable[[str], Path]) -> None:
    root, memory = write_tree(TREE), Memory()
    look(root, memory)
    device = (root / "bus/pci/devices/0000:4d:00.0").resolve()
    (device / "driver").unlink()
    (device / "tile0/physical_vram_size_bytes").unlink()
    assert look(root, Memory(memory.take_news()))[1].facts.memory_bytes == 128 * GIB
