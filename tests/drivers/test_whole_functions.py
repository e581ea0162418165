"""Families of whole PCI functions: Huawei Ascend NPUs, and what a row may say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.domain.hardware.capacities import Drawing, find_overdraft
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Deployable
from cyborg_rr.drivers.driver import DriverContext, Look, Memory
from cyborg_rr.drivers.loading import ACCELERATORS, discover_all, load_drivers
from cyborg_rr.drivers.pci.reading.function import parse_handle
from cyborg_rr.drivers.whole_function.families import Family, load_families
from tests.drivers.hosts import NIC, SmallHost
from tests.drivers.subjects import HOST, discover, find_victim, make_driver


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


def handles_of(part: Deployable) -> list[tuple[str, str]]:
    return [(parse_handle(handle).render(), handle.place) for handle in part.handles]


@pytest.mark.parametrize(
    ("tree", "address", "offered"),
    [
        ("qat-4xxx", "0000:f3:00.0", [("0000:f3:00.4", "vf0"), ("0000:f3:00.5", "vf1")]),
        ("qat-and-nic-vfs", "0000:f3:00.0", [("0000:f3:00.1", "vf0"), ("0000:f3:00.2", "vf1")]),
        ("accelerator-cards", "0000:60:00.0", [("0000:60:00.1", "vf0"), ("0000:60:00.2", "vf1")]),
    ],
)
def test_virtual_functions_are_one_part_named_after_the_device(
    tree: str, address: str, offered: list[tuple[str, str]], shared_trees: dict[str, Path]
) -> None:
    driver = "rebellions_atom" if tree == "accelerator-cards" else "intel_qat"
    *_, device = discover(driver, shared_trees[tree])
    (part,) = device.deployables
    assert part.name == f"{HOST}_{address}_vf"
    assert handles_of(part)[:2] == offered
    assert part.part_facts is not None
    assert part.part_facts.partition == "vf"


def test_a_virtual_function_without_its_card_is_left_out_and_hides_no_other(
    write_tree: Callable[[str], Path],
) -> None:
    """In a virtual machine always, elsewhere while it comes or goes."""
    root = write_tree("qat-4xxx")
    (root / "bus/pci/devices/0000:f3:00.4").resolve().joinpath("physfn").unlink()
    seen = Look()
    devices = make_driver("intel_qat", root).discover(seen)
    assert len(devices) == len(discover("intel_qat", root))
    assert devices
    assert ("0000:f3:00.4", "unreadable") in [(o.name, o.trouble.code) for o in seen.left_out]


def test_the_whole_and_its_virtual_functions_have_never_two_holders(
    shared_trees: dict[str, Path], write_tree: Callable[[str], Path]
) -> None:
    (split,) = discover("intel_qat", shared_trees["vfs-enabled-while-pf-held"])
    root = write_tree("vfs-enabled-while-pf-held")
    physical = (root / "bus/pci/devices/0000:f3:00.0").resolve()
    for number in (0, 1):
        (physical / f"virtfn{number}").unlink()
        (root / f"bus/pci/devices/0000:f3:00.{number + 1}").unlink()
    (whole,) = discover("intel_qat", root)
    assert whole.key == split.key
    (function,), virtual = whole.deployables[0].handles, split.deployables[0].handles
    for wanted, held in ((virtual[0], function), (function, virtual[1])):
        drawn = [Drawing("qat", held.consumes)]
        assert find_overdraft(Drawing("qat", wanted.consumes), drawn, split.capacities)
    others = [Drawing("qat", virtual[0].consumes)]
    assert not find_overdraft(Drawing("qat", virtual[1].consumes), others, split.capacities)


def test_a_network_card_is_not_taken_though_its_virtual_functions_are_ready(
    shared_trees: dict[str, Path],
) -> None:
    root = shared_trees["qat-and-nic-vfs"]
    drivers = load_drivers([ACCELERATORS], DriverContext(root))
    found = [device for devices in discover_all(drivers).found.values() for device in devices]
    assert [device.control_path["bus"] for device in found] == ["f3"]


def test_two_halves_of_a_module_are_one_device_for_one_holder(
    shared_trees: dict[str, Path],
) -> None:
    first, second = discover("huawei_ascend", shared_trees["ascend-910c"])
    (part,) = first.deployables
    assert handles_of(part) == [("0000:99:00.0", "0"), ("0000:9b:00.0", "1")]
    assert handles_of(second.deployables[0]) == [("0000:9d:00.0", "0"), ("0000:9f:00.0", "1")]
    assert part.name == f"{HOST}_0000:99:00.0"
    wanted, held = part.handles[0], part.handles[1]
    for holder, is_refused in (("a", False), ("b", True)):
        drawn = [Drawing("npu", held.consumes, held.unit, "a")]
        drawing = Drawing("npu", wanted.consumes, wanted.unit, holder)
        assert bool(find_overdraft(drawing, drawn, first.capacities)) is is_refused
    assert part.handles[0].unit != second.deployables[0].handles[0].unit


ASCEND_910C = {"vendor": "0x19e5", "device": "0xd803", "class": "0x120000"}


def find_units(root: Path, halves: Sequence[int | None], nic: int) -> tuple[list[str | None], ...]:
    """The units of each module of halves in these IOMMU groups, and of a network card in one."""
    host = SmallHost(root)
    for number, group in enumerate(halves):
        files = {**ASCEND_910C, "dev_id": str(number)}
        address = f"0000:{0x81 + number:02x}:00.0"
        host.add(address, files, driver="devdrv_device_driver", group=group)
    host.add("0000:01:00.0", NIC, group=nic)
    options = {"pci_devices": [{"vendor_id": "8086", "product_id": "1592"}]}
    drivers = load_drivers(["pci", "huawei_ascend"], DriverContext(host.root, options))
    devices = derive_devices(discover_all(drivers).found, HOST)
    return tuple(
        [handle.unit for part in device.deployables for handle in part.handles]
        for device in sorted(
            devices, key=lambda device: (device.facts.kind != "NPU", str(device.control_path))
        )
    )


@pytest.mark.parametrize(
    ("halves", "nic", "units"),
    [
        ((9, 9, 9, 9), 1, (9, 9, 1)),  # two modules in one group: one holder for both
        ((9, 9, 7, 7), 1, (9, 7, 1)),
        ((12, 9, 7, 8), 1, (9, 7, 1)),
        ((12, 9, 7, 12), 1, (7, 7, 1)),  # joined by one group that both lie in
        ((12, 9, 7, 8), 12, (9, 7, 9)),  # what else lies in a group goes with the module
        ((12, 9, 7, 12), 9, (7, 7, 7)),
    ],
)
def test_a_module_is_one_unit_with_all_that_lies_in_the_groups_of_its_halves(
    halves: Sequence[int], nic: int, units: tuple[int, int, int], tmp_path: Path
) -> None:
    first, second, card = (f"iommu_group:{unit}" for unit in units)
    assert find_units(tmp_path / "sys", halves, nic) == ([first] * 2, [second] * 2, [card])


def test_a_module_is_one_unit_also_where_there_is_no_iommu(tmp_path: Path) -> None:
    first, second, _ = find_units(tmp_path / "sys", (None, None, None, None), 1)
    assert None not in (*first, *second)
    assert first[0] == first[1] != second[0] == second[1]


def test_a_half_is_never_offered_as_if_it_were_whole(write_tree: Callable[[str], Path]) -> None:
    root = write_tree("ascend-910c")
    (root / "bus/pci/devices/0000:9b:00.0/dev_id").unlink()
    assert len(discover("huawei_ascend", root)) == 1


def test_a_module_stays_one_while_a_guest_has_a_half_and_over_a_restart(
    write_tree: Callable[[str], Path],
) -> None:
    root, memory = write_tree("ascend-910c"), Memory()
    context = DriverContext(root)
    (driver,) = load_drivers(["huawei_ascend"], context)
    before = driver.discover(Look(memory))
    half = (root / "bus/pci/devices/0000:9b:00.0").resolve()
    (half / "driver").unlink()
    (half / "dev_id").unlink()
    (driver,) = load_drivers(["huawei_ascend"], context)
    after = driver.discover(Look(Memory(memory.take_news())))
    assert [device.parts for device in after] == [device.parts for device in before]


@pytest.mark.parametrize(
    ("driver", "nodes"),
    [
        ("habana_gaudi", ["/dev/accel/accel2"]),
        ("intel_npu", ["/dev/accel/accel0", "/dev/accel/accel1"]),
        ("tenstorrent", [f"/dev/tenstorrent/{number}" for number in range(3)]),
        ("hailo", [None, None]),
    ],
)
def test_the_device_node_may_stand_in_an_entry_of_a_class(
    driver: str, nodes: list[str | None], shared_trees: dict[str, Path]
) -> None:
    devices = discover(driver, shared_trees["accelerator-cards"])
    assert [device.fields.vendor_board_info.get("device_node") for device in devices] == nodes


def test_a_board_is_identified_by_its_serial_number_also_while_a_guest_has_it(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree("accelerator-cards")
    devices = discover("tenstorrent", root)
    assert [device.identity for device in devices] == [
        f"serial:1e52:10000181170200{number}" for number in range(3)
    ]
    board = (root / "bus/pci/devices" / find_victim("tenstorrent")[1]).resolve()
    memory = Memory()
    (driver,) = load_drivers(["tenstorrent"], DriverContext(root))
    driver.discover(Look(memory))
    (board / "driver").unlink()
    (driver,) = load_drivers(["tenstorrent"], DriverContext(root))
    kept = driver.discover(Look(Memory(memory.take_news())))[0]
    assert (kept.identity, kept.fields.vendor_board_info) == (devices[0].identity, {})
    (board / "driver").symlink_to("../../../bus/pci/drivers/tenstorrent")
    (board / "tenstorrent/tenstorrent!0/tt_serial").write_text("0x0000000000000000\n")
    assert discover("tenstorrent", root)[0].identity is None


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
