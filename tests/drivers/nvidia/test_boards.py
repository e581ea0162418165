"""GPUs of one board, and products that share a device id."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.drivers.gpu.nvidia.boards import group_by_board
from tests.drivers.hosts import SmallHost
from tests.drivers.nvidia.machines import Machine
from tests.fakes.nvml import FakeNvml, Gpu

A16: dict[str, str | bytes] = {
    "vendor": "0x10de",
    "device": "0x25b6",
    "class": "0x030200",
    "subsystem_vendor": "0x10de",
    "subsystem_device": "0x14a9",
}


def boards_of(machine: Machine) -> list[str | None]:
    return [device.parts[0].attributes.get("board") for device in machine.look()]


@pytest.mark.parametrize(
    ("tree", "board", "count"),
    [("a16-board", "0000:65:00.0", 4), ("k80-board", "0000:06:00.0", 2)],
)
def test_the_gpus_of_a_board_are_devices_of_their_own_that_name_it(
    tree: str, board: str, count: int, shared_trees: dict[str, Path]
) -> None:
    machine = Machine(shared_trees[tree], None)
    assert boards_of(machine) == [board] * count
    assert all(device.identity is None for device in machine.look())


def test_the_two_halves_of_a_k80_lie_in_one_unit(shared_trees: dict[str, Path]) -> None:
    devices = Machine(shared_trees["k80-board"], None).look()
    assert {device.parts[0].handles[0].unit for device in devices} == {"iommu_group:3"}


@pytest.mark.parametrize("tree", ["a2-vfio-before", "nouveau", "gb200", "nvidia-hgx-h100"])
def test_a_card_with_one_gpu_has_no_board(tree: str, shared_trees: dict[str, Path]) -> None:
    assert set(boards_of(Machine(shared_trees[tree], None))) == {None}


def test_two_boards_beside_each_other_are_two_also_when_a_gpu_is_missing(tmp_path: Path) -> None:
    host = SmallHost(tmp_path / "sys")
    for bus in ("65", "66", "67", "68", "69", "6a", "6b", "6c", "b0", "b2", "b3"):
        host.add(f"0000:{bus}:00.0", A16, below=f"pci0000:{bus}")
    assert boards_of(Machine(host.root, None)) == (
        ["0000:65:00.0"] * 4 + ["0000:69:00.0"] * 4 + ["0000:b0:00.0"] * 3
    )


def test_nothing_is_no_board() -> None:
    assert group_by_board([]) == {}


def test_the_library_knows_boards_of_products_that_we_do_not(
    shared_trees: dict[str, Path],
) -> None:
    nvml = FakeNvml(
        {
            "0000:1b:00.0": Gpu(board_id=7),
            "0000:43:00.0": Gpu(uuid="GPU-2", board_id=7),
            "0000:52:00.0": Gpu(uuid="GPU-3"),
        }
    )
    machine = Machine(shared_trees["nvidia-hgx-h100"], nvml)
    assert boards_of(machine)[:3] == ["0000:1b:00.0", "0000:1b:00.0", None]
    del nvml.gpus["0000:43:00.0"]
    assert boards_of(machine)[:3] == ["0000:1b:00.0", "0000:1b:00.0", None]


def test_a_serial_number_is_the_identity_only_where_there_is_no_uuid(
    shared_trees: dict[str, Path],
) -> None:
    address = "0000:3b:00.0"
    for uuid, identity in (("GPU-1", "nvidia:GPU-1"), (None, "serial:nvidia-0421")):
        nvml = FakeNvml({address: Gpu(uuid=uuid, serial="0421")})
        device = Machine(shared_trees["a100-vfio-before"], nvml).look_at_one()
        assert device.identity == identity
        assert "0421" not in str(device.fields)
