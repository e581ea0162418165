"""A machine that was recorded with NVIDIA's library answering: every fact is the machine's own."""

from __future__ import annotations

from pathlib import Path

from tests.drivers.nvidia.machines import Machine, load_nvml
from tests.drivers.trees import DATA, load_tree
from tests.shipped import load

TREE = "nvidia-h100-recorded"
ADDRESS = "0000:00:06.0"


def test_a_recorded_gpu_is_described_as_its_library_says(shared_trees: dict[str, Path]) -> None:
    said = load_tree(TREE).nvml[ADDRESS]
    device = Machine(shared_trees[TREE], load_nvml(TREE)).look_at_one()
    assert device.identity == f"nvidia:{said['uuid']}"
    assert device.trouble is None
    assert device.used_by_host is None
    facts = device.facts
    assert facts.product_name == said["name"]
    assert facts.memory_bytes == said["memory_total_bytes"] - said["memory_reserved_bytes"]
    assert facts.architecture == "sm_90"
    assert facts.driver_version == said["driver_version"]
    assert facts.firmware_version == said["vbios_version"]
    found = load().represent(facts)
    assert found.device_class == "nvidia-h100-sxm-80"
    assert found.memory_bytes is not None
    assert found.memory_bytes <= facts.memory_bytes


def test_a_recorded_gpu_is_the_same_product_without_its_library(
    shared_trees: dict[str, Path],
) -> None:
    device = Machine(shared_trees[TREE], None).look_at_one()
    assert device.identity is None
    assert load().represent(device.facts).device_class == "nvidia-h100-sxm-80"


def test_a_recording_names_no_piece_of_hardware() -> None:
    """What tells one machine from another is counted up from zero, in order of the recording."""
    text = (DATA / TREE / "tree.yaml").read_text()
    assert "uuid: GPU-00000000-0000-0000-0000-0000000000" in text
    entries = load_tree(TREE).entries
    function = entries[f"devices/pci0000:00/{ADDRESS}"]
    assert function["config"].endswith("050000000000fe02"), "the capability that is its last one"
    assert function["serial_number"].startswith("00-00-00-00-00-00-00-")
    assert entries["devices/pci0000:00/0000:00:03.0/virtio2/net/eth0"]["address"].startswith(
        "00:00:00:00:00:"
    )
    assert int(entries["devices/pci0000:00/0000:00:01.0/virtio0/block/vda"]["serial"]) < 100
