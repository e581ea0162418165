"""Families of whole PCI functions: Huawei Ascend NPUs, and what a row may say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.drivers.whole_function.families import Family, load_families
from tests.drivers.subjects import HOST, discover


def test_chips_are_told_apart_by_their_ids(shared_trees: dict[str, Path]) -> None:
    root = shared_trees["huawei-ascend"]
    devices = discover("huawei_ascend", root)
    assert [device.fields.model for device in devices] == ["Ascend 910B"] * 2 + ["Ascend 310"] + [
        "Ascend 910B"
    ] * 2
    first = devices[0]
    (deployable,) = first.deployables
    assert (first.type, first.facts.kind) == ("AICHIP", "NPU")
    assert deployable.name == f"{HOST}_0000:01:00.0"
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
    devices = discover("huawei_ascend", root)
    nodes = [device.fields.vendor_board_info.get("device_node") for device in devices]
    assert nodes == ["/dev/davinci0", "/dev/davinci1", None, "/dev/davinci2", "/dev/davinci3"]


def test_an_impossible_device_number_leaves_out_the_one_chip(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree("huawei-ascend")
    (root / "bus/pci/devices/0000:01:00.0/dev_id").write_text("-1\n")
    (root / "bus/pci/devices/0000:02:00.0/dev_id").write_text("99999\n")
    assert len(discover("huawei_ascend", root)) == 3


def test_a_chip_that_is_split_into_virtual_functions_is_left_out(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree("huawei-ascend")
    chip = (root / "bus/pci/devices/0000:01:00.0").resolve()
    (chip / "virtfn0").symlink_to("../0000:02:00.0")
    (root / "bus/pci/devices/0000:02:00.0/physfn").symlink_to("../0000:01:00.0")
    assert len(discover("huawei_ascend", root)) == 3


HEADER = (
    "name,kind,vendor_id,vendor,models,kernel_driver,number_file,device_node,serial_file,modules,"
    "not_done,source\n"
)


def load(tmp_path: Path, text: str) -> Mapping[str, Family]:
    (tmp_path / "families.csv").write_text(text)
    return load_families(tmp_path / "families.csv")


def test_a_row_without_a_device_node_is_a_family_too(tmp_path: Path) -> None:
    families = load(
        tmp_path, f"{HEADER}a_npu,NPU,f00d,Maker,0001 One;0002 Two 2.0,,,,,,,a manual\n"
    )
    assert families == {
        "a_npu": Family("a_npu", "NPU", "f00d", "Maker", {"0001": "One", "0002": "Two 2.0"})
    }


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        ("A,NPU,f00d,Maker,0001 One,,,,,,,s", "line 2: name 'A' is malformed"),
        ("a,npu,f00d,Maker,0001 One,,,,,,,s", "line 2: kind 'npu' is malformed"),
        ("a,NPU,0xf00d,Maker,0001 One,,,,,,,s", "line 2: vendor_id '0xf00d' is malformed"),
        ("a,NPU,f00d,,0001 One,,,,,,,s", "line 2: vendor '' is malformed"),
        (
            "a,NPU,f00d,Maker,,,,,,,,s",
            "line 2: models is empty, and the catalogue knows no such product",
        ),
        ("a,NPU,f00d,Maker,0001 One; 2 Two,,,,,,,s", "line 2: models '2 Two' is malformed"),
        ("a,NPU,f00d,Maker,0001 One,,,,,,,", "line 2: source '' is malformed"),
        ("a,NPU,f00d,Maker,0001 One,drv,,,,,,s", "line 2: kernel_driver, number_file and"),
        (
            "a,NPU,f00d,Maker,0001 One,drv,n,/dev/x,,,,s",
            "line 2: device_node '/dev/x' is malformed",
        ),
        ("a,NPU,f00d,Maker,0001 One,drv,../n,/dev/x{number},,,,s", "line 2: number_file '../n' is"),
        ("a,NPU,f00d,Maker,0001 One,drv,n,/dev/{x}{number},,,,s", "line 2: device_node"),
        ("a,NPU,f00d,Maker,0001 One", "line 2: kernel_driver None is malformed"),
        ("a,NPU,f00d,Maker,0001 One,,,,,,,s,more", "line 2: has more cells than the header"),
        ("a,NPU,f00d,M,0001 One,,,,,,,s\na,NPU,f00d,M,0001 One,,,,,,,s", "a stands twice"),
    ],
)
def test_a_malformed_row_is_refused_by_line_and_column(
    row: str, cause: str, tmp_path: Path
) -> None:
    with pytest.raises(BadCatalogue, match=re.escape(f"families.csv: {cause}")):
        load(tmp_path, f"{HEADER}{row}\n")


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCatalogue, match="line 1: the columns must be name, kind"):
        load(tmp_path, "name,kind\n")
