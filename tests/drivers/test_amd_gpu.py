"""AMD GPUs: what amdgpu and its topology say, parts, health, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.agent.discovery import Host
from cyborg_rr.domain.hardware.capacities import Drawing, find_overdraft
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import AttachHandle, Deployable, Device
from cyborg_rr.drivers.driver import (
    CleanFailed,
    DriverContext,
    HandleUnusable,
    Look,
    Memory,
    NoCleanMethod,
)
from cyborg_rr.drivers.gpu.amd.driver import AmdGpuDriver

TREE = "amd-mi300x-parts"
NODES = "class/kfd/kfd/topology/nodes"


def look(driver: AmdGpuDriver, memory: Memory | None = None) -> tuple[Device, ...]:
    return derive_devices({driver.name: driver.discover(Look(memory))}, "h")


def discover(root: Path) -> tuple[Device, ...]:
    return look(AmdGpuDriver(DriverContext(root)))


def part_of(device: Device, name: str) -> Deployable:
    return next(part for part in device.deployables if part.part == name)


def draw(handle: AttachHandle) -> Drawing:
    return Drawing("gpu", handle.consumes)


def file_of(root: Path, address: str, name: str) -> Path:
    return (root / "bus/pci/devices" / address).resolve() / name


def test_a_gpu_is_identified_and_described_by_its_driver(shared_trees: dict[str, Path]) -> None:
    gpu = discover(shared_trees[TREE])[0]
    assert gpu.identity == "amd:e5c0ffee00000001"
    assert gpu.fields.model == "AMD Instinct MI300X OAM"
    assert gpu.facts.memory_bytes == 206141652992
    assert gpu.facts.architecture == "gfx942"
    assert gpu.facts.firmware_version == "113-M3000100-102"
    assert gpu.facts.partition_modes == ("SPX", "DPX", "QPX", "CPX")
    assert gpu.fields.peers == {"0000:26:00.0": "xGMI"}
    assert gpu.deployables[0].attributes == {
        "compute_partition": "SPX",
        "memory_partition": "NPS1",
    }


@pytest.mark.parametrize(
    ("version", "architecture"),
    [(90402, "gfx942"), (90010, "gfx90a"), (90008, "gfx908"), (110001, "gfx1101"), (0, None)],
)
def test_the_architecture_is_what_compilers_call_it(
    version: int, architecture: str | None, write_tree: Callable[[str], Path]
) -> None:
    root = write_tree(TREE)
    node = root / NODES / "1/properties"
    node.write_text(node.read_text().replace("90402", str(version)))
    assert discover(root)[0].facts.architecture == architecture


def test_the_partitions_of_a_gpu_are_handed_out_beside_the_whole_of_it(
    shared_trees: dict[str, Path],
) -> None:
    gpu = discover(shared_trees[TREE])[2]
    whole, partitions = part_of(gpu, ""), part_of(gpu, "cpx-nps1")
    assert (whole.resource_class, partitions.resource_class) == ("PGPU", "VGPU")
    assert (whole.num_accelerators, partitions.num_accelerators) == (1, 8)
    assert partitions.name == "h_0000:46:00.0_cpx-nps1"
    assert partitions.part_facts is not None
    assert partitions.part_facts.memory_bytes == 206141652992 // 8
    first = partitions.handles[0]
    assert (first.type, first.place) == ("XCP", "cpx-nps1@0")
    assert first.info == {
        "domain": "0000",
        "bus": "46",
        "device": "00",
        "function": "0",
        "partition": "0",
        "render_node": "/dev/dri/renderD144",
    }


def test_the_whole_and_a_partition_have_never_two_holders(shared_trees: dict[str, Path]) -> None:
    gpu = discover(shared_trees[TREE])[2]
    (whole,), parts = part_of(gpu, "").handles, part_of(gpu, "cpx-nps1").handles
    assert find_overdraft(draw(parts[3]), [draw(whole)], gpu.capacities)
    assert find_overdraft(draw(whole), [draw(parts[3])], gpu.capacities)
    assert not find_overdraft(draw(parts[3]), [draw(part) for part in parts[:3]], gpu.capacities)


def test_a_partition_that_is_held_rules_out_what_covers_it_in_another_mode(
    shared_trees: dict[str, Path], write_tree: Callable[[str], Path]
) -> None:
    held = part_of(discover(shared_trees[TREE])[2], "cpx-nps1").handles[5]
    root = write_tree(TREE)
    for node in range(5, 11):
        (root / NODES / str(node) / "properties").unlink()
    file_of(root, "0000:46:00.0", "current_compute_partition").write_text("DPX\n")
    gpu = discover(root)[2]
    first, second = part_of(gpu, "dpx-nps1").handles
    assert not find_overdraft(draw(first), [draw(held)], gpu.capacities)
    assert find_overdraft(draw(second), [draw(held)], gpu.capacities)


def test_partitions_that_nobody_can_open_are_not_offered(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    node = root / NODES / "7/properties"
    node.write_text(node.read_text().replace("drm_render_minor 148", "drm_render_minor 0"))
    assert [part.part for part in discover(root)[2].deployables] == [""]


def test_virtual_functions_are_never_described_as_the_card(
    shared_trees: dict[str, Path],
) -> None:
    (part,) = discover(shared_trees[TREE])[3].deployables
    assert (part.part, part.resource_class) == ("vf", "VGPU")
    assert [handle.place for handle in part.handles] == ["vf0", "vf1"]
    assert part.part_facts is not None
    assert part.part_facts.device_id == "74b5"
    assert part.part_facts.memory_bytes is None


def test_a_virtual_function_and_what_was_held_of_the_gpu_before_have_never_two_holders(
    shared_trees: dict[str, Path],
) -> None:
    *_, divided, split = discover(shared_trees[TREE])
    (whole,), partitions = (part_of(divided, name).handles for name in ("", "cpx-nps1"))
    first, second = part_of(split, "vf").handles
    assert find_overdraft(draw(first), [draw(whole)], split.capacities)
    assert find_overdraft(draw(first), [draw(partitions[3])], split.capacities)
    assert not find_overdraft(draw(first), [draw(second)], split.capacities)


def test_a_partition_is_prepared_only_while_the_gpu_has_it(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    driver = AmdGpuDriver(DriverContext(root))
    handle = part_of(look(driver)[2], "cpx-nps1").handles[7]
    driver.prepare(handle)
    driver.release(handle)
    (root / NODES / "10/properties").unlink()
    with pytest.raises(HandleUnusable, match="no such partition any more"):
        driver.prepare(handle)


def test_what_amdgpu_said_is_kept_while_a_guest_has_the_gpu_and_over_a_restart(
    write_tree: Callable[[str], Path],
) -> None:
    root, memory = write_tree(TREE), Memory()
    before = look(AmdGpuDriver(DriverContext(root)), memory)[0]
    link = file_of(root, "0000:05:00.0", "driver")
    link.unlink()
    link.symlink_to("../../../bus/pci/drivers/vfio-pci")
    for name in ("unique_id", "mem_info_vram_total", "product_name", "vbios_version"):
        file_of(root, "0000:05:00.0", name).unlink()
    (root / NODES / "1/properties").unlink()
    after = look(AmdGpuDriver(DriverContext(root)), Memory(memory.take_news()))[0]
    assert (after.identity, after.facts) == (before.identity, before.facts)
    assert look(AmdGpuDriver(DriverContext(root)))[0].identity is None


def test_another_gpu_in_the_slot_inherits_nothing(write_tree: Callable[[str], Path]) -> None:
    root, memory = write_tree(TREE), Memory()
    look(AmdGpuDriver(DriverContext(root)), memory)
    link = file_of(root, "0000:05:00.0", "driver")
    link.unlink()
    file_of(root, "0000:05:00.0", "device").write_text("0x74a5\n")
    after = look(AmdGpuDriver(DriverContext(root)), memory)[0]
    assert (after.identity, after.facts.memory_bytes) == (None, None)


def test_memory_errors_are_a_trouble_when_they_happen_and_not_for_ever(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    counters = file_of(root, "0000:05:00.0", "ras/umc_err_count")
    driver = AmdGpuDriver(DriverContext(root))
    counters.write_text("ue: 4\nce: 3\n")
    assert look(driver)[0].trouble is None  # they were there before anybody looked
    counters.write_text("ue: 6\nce: 3\n")
    trouble = look(driver)[0].trouble
    assert trouble is not None
    assert (trouble.code, trouble.text[:2]) == ("ecc_uncorrectable", "2 ")
    assert look(driver)[0].trouble is None


def test_a_gpu_that_protects_itself_from_heat_is_in_trouble(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    file_of(root, "0000:05:00.0", "hwmon/hwmon3/temp2_input").write_text("105000\n")
    trouble = discover(root)[0].trouble
    assert trouble is not None
    assert trouble.code == "thermal"


@pytest.mark.parametrize("name", ["unique_id", "mem_info_vram_total"])
def test_nonsense_of_the_driver_leaves_out_the_one_gpu(
    name: str, write_tree: Callable[[str], Path]
) -> None:
    root = write_tree(TREE)
    file_of(root, "0000:05:00.0", name).write_text("\x1b[31mgarbage\n")
    assert len(discover(root)) == 3


@pytest.mark.parametrize("nought", ["0", "0000000000000000", ""])
def test_a_gpu_without_an_id_of_its_own_has_no_identity(
    nought: str, write_tree: Callable[[str], Path]
) -> None:
    root = write_tree(TREE)
    file_of(root, "0000:05:00.0", "unique_id").write_text(f"{nought}\n")
    assert discover(root)[0].identity is None


@pytest.mark.parametrize("garbage", [b"", b"\xff\x00" * 400, b"location_id 99999999999999999999\n"])
def test_a_topology_that_is_garbage_changes_no_device(
    garbage: bytes, write_tree: Callable[[str], Path]
) -> None:
    root = write_tree(TREE)
    (root / NODES / "1/properties").write_bytes(garbage)
    (root / NODES / "2/properties").unlink()
    gpu = discover(root)[0]
    assert gpu.fields.peers == {}


def test_a_partition_has_no_clean_that_would_not_reach_the_others(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    file_of(root, "0000:46:00.0", "reset").write_text("\n")
    handle = part_of(discover(root)[2], "cpx-nps1").handles[0]
    for options in ({}, {"reset_suffices": ["amd_gpu"]}):
        with pytest.raises(NoCleanMethod, match="whole GPU"):
            AmdGpuDriver(DriverContext(root, options)).clean(handle)
    assert file_of(root, "0000:46:00.0", "reset").read_text() == "\n"


def test_a_partition_of_another_mode_is_not_the_one_that_was_offered(
    write_tree: Callable[[str], Path],
) -> None:
    """Number and device file may be the same, of another size."""
    root = write_tree(TREE)
    driver = AmdGpuDriver(DriverContext(root))
    handle = part_of(look(driver)[2], "cpx-nps1").handles[1]
    for node in range(5, 11):
        (root / NODES / str(node) / "properties").unlink()
    file_of(root, "0000:46:00.0", "current_compute_partition").write_text("DPX\n")
    with pytest.raises(HandleUnusable, match="no such partition any more"):
        driver.prepare(handle)


def use(root: Path, node: str) -> None:
    """Let a process of the host have memory of the GPU, or partition, of a node."""
    (root / NODES / node / "gpu_id").write_text("102\n")
    process = root / "class/kfd/kfd/proc/4711"
    process.mkdir(parents=True)
    (process / "vram_102").write_text("4096\n")


def test_a_gpu_that_a_process_has_memory_of_is_not_offered_nor_prepared(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    driver = AmdGpuDriver(DriverContext(root))
    gpu = look(driver)[2]
    (whole,), parts = part_of(gpu, "").handles, part_of(gpu, "cpx-nps1").handles
    use(root, "4")
    snapshot, _ = Host("compute-1", [driver]).look()
    assert ("0000:46:00.0", "used_by_host") in [
        (one.name, one.trouble.code) for one in snapshot.left_out
    ]
    with pytest.raises(HandleUnusable, match="used by process 4711 of the host"):
        driver.prepare(whole)
    with pytest.raises(HandleUnusable, match="used by process 4711 of the host"):
        driver.prepare(parts[1])
    driver.prepare(parts[0])
    named = AmdGpuDriver(DriverContext(root, {"offer_in_use": ["0000:46:00.0"]}))
    named.prepare(whole)


def test_a_gpu_is_not_prepared_while_one_of_its_group_is_given_out_in_partitions(
    write_tree: Callable[[str], Path],
) -> None:
    """To make the group viable, amdgpu would lose the one whose partitions others may have."""
    root = write_tree(TREE)
    group = root / "kernel/iommu_groups/77"
    group.mkdir(parents=True)
    for address in ("0000:26:00.0", "0000:46:00.0"):
        link = file_of(root, address, "iommu_group")
        link.unlink(missing_ok=True)
        link.symlink_to(group)
    driver = AmdGpuDriver(DriverContext(root))
    (whole,) = part_of(look(driver)[1], "").handles
    assert whole.info["bus"] == "26"
    with pytest.raises(HandleUnusable, match=r"0000:46:00\.0: it is given out in partitions"):
        driver.prepare(whole)


def cause_of_clean(root: Path, address: str, **options: object) -> str:
    domain, bus, rest = address.split(":")
    device, function = rest.split(".")
    info = {"domain": domain, "bus": bus, "device": device, "function": function}
    with pytest.raises(CleanFailed) as raised:
        AmdGpuDriver(DriverContext(root, options)).clean(AttachHandle("PCI", info))
    return raised.value.cause


def test_a_gpu_that_a_process_has_memory_of_is_not_taken_from_amdgpu(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    file_of(root, "0000:46:00.0", "reset").write_text("\n")
    for node, gpu_id in (("3", "101"), ("4", "102")):
        (root / NODES / node / "gpu_id").write_text(f"{gpu_id}\n")
    process = root / "class/kfd/kfd/proc/4711"
    process.mkdir(parents=True)
    (process / "vram_102").write_text("0\n")
    before = cause_of_clean(root, "0000:46:00.0")
    (process / "vram_102").write_text("4096\n")
    assert (before, cause_of_clean(root, "0000:46:00.0")) == ("driver_keeps_it", "gpu_in_use")


def test_a_gpu_of_a_hive_is_not_reset_unless_the_operator_says_so(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree(TREE)
    file_of(root, "0000:05:00.0", "reset").write_text("\n")
    assert discover(root)[0].fields.peers
    assert cause_of_clean(root, "0000:05:00.0") == "linked_gpus"
    told = cause_of_clean(root, "0000:05:00.0", reset_suffices=["amd_gpu"])
    assert told == "driver_keeps_it"  # nobody plays the kernel here
