"""Huawei Ascend NPUs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.huawei_ascend import HuaweiAscendDriver


def test_chips_are_told_apart_by_their_ids(shared_trees: dict[str, Path]) -> None:
    root = shared_trees["huawei-ascend"]
    devices = HuaweiAscendDriver(DriverContext("h", root)).discover()
    assert [device.fields.model for device in devices] == ["Ascend 910B"] * 2 + ["Ascend 310"] + [
        "Ascend 910B"
    ] * 2
    first = devices[0]
    (deployable,) = first.deployables
    assert (first.type, first.facts.kind) == ("AICHIP", "NPU")
    assert deployable.name == "h_0000:01:00.0"
    assert deployable.resource_class == "CUSTOM_NPU"
    assert deployable.traits == (
        "OWNER_CYBORG",
        "CUSTOM_HUAWEI_D802",
        "CUSTOM_HUAWEI_ASCEND_910B",
    )


def test_the_device_node_is_known_only_where_the_kernel_driver_is_loaded(
    shared_trees: dict[str, Path],
) -> None:
    root = shared_trees["huawei-ascend"]
    devices = HuaweiAscendDriver(DriverContext("h", root)).discover()
    nodes = [device.fields.vendor_board_info.get("device_node") for device in devices]
    assert nodes == ["/dev/davinci0", "/dev/davinci1", None, "/dev/davinci2", "/dev/davinci3"]


def test_an_impossible_device_number_leaves_out_the_one_chip(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree("huawei-ascend")
    (root / "bus/pci/devices/0000:01:00.0/dev_id").write_text("-1\n")
    (root / "bus/pci/devices/0000:02:00.0/dev_id").write_text("99999\n")
    assert len(HuaweiAscendDriver(DriverContext("h", root)).discover()) == 3


def test_a_chip_that_is_split_into_virtual_functions_is_left_out(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree("huawei-ascend")
    chip = (root / "bus/pci/devices/0000:01:00.0").resolve()
    (chip / "virtfn0").symlink_to("../0000:02:00.0")
    (root / "bus/pci/devices/0000:02:00.0/physfn").symlink_to("../0000:01:00.0")
    assert len(HuaweiAscendDriver(DriverContext("h", root)).discover()) == 3
