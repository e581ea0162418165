"""vGPUs by NVIDIA's own VFIO driver: virtual functions, each with the type set for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.capacities import Drawing, find_overdraft
from cyborg_rr.drivers.driver import HandleUnusable, Look
from cyborg_rr.drivers.gpu.nvidia.vgpu.names import find_memory_bytes, parse_type_name
from cyborg_rr.drivers.gpu.nvidia.vgpu.vf import parse_types
from tests.drivers.nvidia.machines import Machine
from tests.fakes.nvml import FakeNvml, Gpu

TREE = "l40s-vendor-vgpu"
GIB = 1 << 30


def test_functions_with_a_type_are_vgpus_of_its_memory_and_the_others_are_not_offered(
    shared_trees: dict[str, Path],
) -> None:
    (device,) = Machine(shared_trees[TREE], None).report()
    (part,) = device.deployables
    assert part.name == "h_0000:42:00.0_vgpu-L40S-12Q"
    assert (part.part, part.resource_class) == ("vgpu-L40S-12Q", "VGPU")
    assert part.traits == ("OWNER_CYBORG", "CUSTOM_NVIDIA_26B9_L40S_12Q")
    assert part.part_facts is not None
    assert part.part_facts.memory_bytes == 12 * GIB
    assert part.attributes["vgpu_type"] == "1157"
    assert [(h.type, h.place, h.info["function"], h.unit) for h in part.handles] == [
        ("PCI", "L40S-12Q@vf0", "4", "iommu_group:100"),
        ("PCI", "L40S-12Q@vf1", "5", "iommu_group:101"),
    ]
    assert part.fields.num_accelerators == 2


def test_the_card_is_described_by_the_library_and_its_vgpus_by_their_type(
    shared_trees: dict[str, Path],
) -> None:
    gpu = Gpu(name="NVIDIA L40S", total=46_068 << 20, capability=(8, 9), mig_mode=None)
    (device,) = Machine(shared_trees[TREE], FakeNvml({"0000:42:00.0": gpu})).report()
    facts = device.deployables[0].part_facts
    assert facts is not None
    assert (facts.memory_bytes, facts.architecture) == (12 * GIB, "sm_89")
    assert device.facts.memory_bytes == (46_068 - 551) << 20


def test_no_vgpu_is_free_while_somebody_holds_the_whole_card(
    shared_trees: dict[str, Path],
) -> None:
    device = Machine(shared_trees[TREE], None).look_at_one()
    vgpu = Drawing("gpu", device.parts[0].handles[0].consumes)
    whole = Drawing("gpu", {"functions": 65536})
    assert find_overdraft(vgpu, [whole], device.capacities) is not None
    assert find_overdraft(whole, [vgpu], device.capacities) is not None


def test_functions_without_a_type_are_offered_to_nobody_nor_is_their_card(
    shared_trees: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(shared_trees["h100-sriov-20vf"], None)
    look = Look()
    with caplog.at_level(logging.INFO):
        assert machine.driver.discover(look) == ()
    codes = {left.name: left.trouble.code for left in look.left_out}
    assert codes.pop("0000:1b:00.0") == "split"
    assert len(codes) == 20
    assert set(codes.values()) == {"no_vgpu_type"}
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    assert (
        "0000:1b:00.0 is left out: its 20 virtual functions are enabled, and none has a vGPU type"
        in caplog.text
    )


def test_a_type_that_is_taken_away_makes_the_function_unusable(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    machine = Machine(root, None)
    handle = machine.get_handle("L40S-12Q@vf1")
    machine.driver.prepare(handle)
    (root / "bus/pci/devices/0000:42:00.5/nvidia/current_vgpu_type").write_text("0\n")
    with pytest.raises(HandleUnusable, match="has no vGPU type any more"):
        machine.driver.prepare(handle)
    assert machine.list_places() == ["L40S-12Q@vf0"]


def test_a_function_of_another_type_is_another_part(write_tree: Callable[[str], Path]) -> None:
    root = write_tree(TREE)
    folder = root / "bus/pci/devices/0000:42:00.6/nvidia"
    (folder / "current_vgpu_type").write_text("1161\n")
    (folder / "creatable_vgpu_types").write_text(
        "ID    : vGPU Name\n1157  : NVIDIA L40S-12Q\n1161  : NVIDIA L40S-48C\n"
    )
    (device,) = Machine(root, None).report()
    found = {part.part: [h.place for h in part.handles] for part in device.deployables}
    assert found == {
        "vgpu-L40S-12Q": ["L40S-12Q@vf0", "L40S-12Q@vf1"],
        "vgpu-L40S-48C": ["L40S-48C@vf2"],
    }


def test_a_function_whose_type_has_changed_since_it_was_offered_is_not_handed_out(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    machine = Machine(root, None)
    offered = machine.get_handle("L40S-12Q@vf1")
    folder = root / "bus/pci/devices/0000:42:00.5/nvidia"
    (folder / "current_vgpu_type").write_text("1161\n")
    (folder / "creatable_vgpu_types").write_text("1161  : NVIDIA L40S-48C\n")
    with pytest.raises(HandleUnusable, match=r"offered as L40S-12Q and has .* L40S-48C now"):
        machine.driver.prepare(offered)
    machine.driver.prepare(machine.get_handle("L40S-48C@vf1"))


@pytest.mark.parametrize("text", ["", "7\n", "garbage\n", "-1\n", "٣\n", "9" * 40])
def test_one_function_with_garbage_spoils_no_other(
    text: str, write_tree: Callable[[str], Path]
) -> None:
    root = write_tree(TREE)
    (root / "bus/pci/devices/0000:42:00.4/nvidia/current_vgpu_type").write_text(text)
    assert Machine(root, None).list_places() == ["L40S-12Q@vf1"]


def test_a_folder_that_leads_elsewhere_is_not_followed(
    write_tree: Callable[[str], Path], tmp_path: Path
) -> None:
    root = write_tree(TREE)
    folder = root / "bus/pci/devices/0000:42:00.4/nvidia"
    folder.resolve().rename(tmp_path / "elsewhere")
    folder.parent.resolve().joinpath("nvidia").symlink_to(tmp_path / "elsewhere")
    assert Machine(root, None).list_places() == ["L40S-12Q@vf1"]


def test_functions_of_a_gpu_that_cannot_be_read_are_left_out_too(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    (root / "bus/pci/devices/0000:42:00.0/numa_node").write_text("garbage")
    look = Look()
    assert Machine(root, None).driver.discover(look) == ()
    assert {left.trouble.code for left in look.left_out} == {"no_vgpu_type"}
    assert len(look.left_out) == 4


@pytest.mark.parametrize(
    ("name", "gib"),
    [
        ("NVIDIA L40S-12Q", 12),
        ("GRID T4-1B", 1),
        ("GRID T4-16Q", 16),
        ("NVIDIA A100-1-5C", 5),
        ("NVIDIA A100-1-5CME", 5),
        ("NVIDIA H100XM-80C", 80),
        ("GRID RTX6000-Ada-48Q", 48),
        ("GRID M10-0B", 0.5),
        ("NVIDIA L40S", None),
        ("", None),
        ("NVIDIA L40S-12Z", None),
    ],
)
def test_the_name_of_a_type_says_its_framebuffer(name: str, gib: float | None) -> None:
    expected = None if gib is None else int(gib * GIB)
    assert find_memory_bytes(parse_type_name(name)) == expected


def test_a_table_of_types_is_read_line_by_line() -> None:
    table = b"ID    : vGPU Name\n1157  : NVIDIA L40S-12Q\n\xff\n  9 :\n8 : GRID T4-1\x1b[31mB\n"
    assert parse_types(table) == {1157: "L40S-12Q", 8: "T4-1[31mB"}
