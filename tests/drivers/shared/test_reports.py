"""What must hold for every driver on every tree, also when the tree is hostile.

A driver is held to all of it on each tree that names it; on the others it must find nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import AttachHandle, Device, Snapshot
from cyborg_rr.domain.words import DEVICE_KINDS
from cyborg_rr.drivers.driver import DiscoveryFailed, HandleUnusable, Look
from cyborg_rr.drivers.loading import discover_all
from cyborg_rr.drivers.pci.reading.function import parse_handle
from tests.builders import hash_of
from tests.drivers.subjects import (
    HOST,
    discover,
    find_victim,
    list_drivers,
    list_finds,
    look,
    make_driver,
)
from tests.drivers.trees import list_trees, load_tree

CUSTOM_TRAIT = re.compile(r"CUSTOM_[A-Z0-9_]{1,248}", re.ASCII)
RESOURCE_CLASS = re.compile(r"PGPU|VGPU|FPGA|CUSTOM_[A-Z0-9_]{1,248}", re.ASCII)

every_driver = pytest.mark.parametrize("driver_name", list_drivers())
every_tree = pytest.mark.parametrize("tree_name", list_trees())
every_find = pytest.mark.parametrize(("driver_name", "tree_name"), list_finds())


def names_of(devices: Sequence[Device]) -> list[str]:
    return [deployable.name for device in devices for deployable in device.deployables]


@pytest.mark.parametrize("tree_name", list_trees())
def test_every_tree_says_where_it_comes_from(tree_name: str) -> None:
    tree = load_tree(tree_name)
    assert tree.origin in {"recorded", "documentation"}
    assert tree.source


@pytest.mark.parametrize("tree_name", list_trees())
def test_every_tree_names_its_drivers(tree_name: str) -> None:
    tree = load_tree(tree_name)
    assert tree.drivers
    assert tree.drivers.keys() <= set(list_drivers())
    assert all(expected.devices >= 0 for expected in tree.drivers.values())


@every_driver
def test_every_driver_has_a_tree(driver_name: str) -> None:
    tree_name, victim = find_victim(driver_name)
    assert load_tree(tree_name).entries["bus/pci/devices"][victim]


@every_find
def test_a_driver_finds_exactly_its_own_devices(
    driver_name: str, tree_name: str, shared_trees: dict[str, Path]
) -> None:
    devices = discover(driver_name, shared_trees[tree_name])
    assert len(devices) == load_tree(tree_name).drivers[driver_name].devices


@every_tree
def test_a_driver_that_a_tree_does_not_name_finds_nothing_there(
    tree_name: str, shared_trees: dict[str, Path]
) -> None:
    strangers = [name for name in list_drivers() if name not in load_tree(tree_name).drivers]
    found = {name: discover(name, shared_trees[tree_name]) for name in strangers}
    assert {name: devices for name, devices in found.items() if devices} == {}


def check_handle(handle: AttachHandle) -> None:
    place = {name: handle.info[name] for name in ("domain", "bus", "device", "function")}
    assert parse_handle(AttachHandle("PCI", place)).render_handle_info() == place
    assert (handle.type == "PCI") == (handle.info == place)


@every_find
def test_reports_are_well_formed(
    driver_name: str, tree_name: str, shared_trees: dict[str, Path]
) -> None:
    devices = discover(driver_name, shared_trees[tree_name])
    names = names_of(devices)
    assert len(set(names)) == len(names)
    assert len({device.key for device in devices}) == len(devices)
    handles = [h.key for d in devices for part in d.deployables for h in part.handles]
    assert len(set(handles)) == len(handles)
    for device in devices:
        assert device.type in {"GPU", "FPGA", "AICHIP", "PCI", "QAT", "NIC"}
        assert device.type == DEVICE_KINDS[device.facts.kind].type
        assert device.fields.vendor
        assert device.fields.model
        for deployable in device.deployables:
            assert deployable.handles
            assert deployable.driver_name == driver_name
            assert RESOURCE_CLASS.fullmatch(deployable.resource_class)
            assert "OWNER_CYBORG" in deployable.traits
            assert len(set(deployable.traits)) == len(deployable.traits)
            for trait in deployable.traits:
                assert trait == "OWNER_CYBORG" or CUSTOM_TRAIT.fullmatch(trait)
            assert not [k for k in deployable.attributes if k == "rc" or k.startswith("trait")]
            host, address, *part = deployable.name.split("_", 2)
            assert host == HOST
            assert PciAddress.parse(address).render() == address
            assert part == ([deployable.part] if deployable.part else [])
            for handle in deployable.handles:
                check_handle(handle)


@every_find
def test_discovery_again_or_by_another_process_gives_the_same_snapshot(
    driver_name: str, tree_name: str, shared_trees: dict[str, Path]
) -> None:
    root = shared_trees[tree_name]
    driver = make_driver(driver_name, root)
    snapshots = [look(driver), look(driver), discover(driver_name, root)]
    assert len({hash_of(Snapshot(HOST, tuple(devices))) for devices in snapshots}) == 1


@every_find
def test_what_a_driver_offers_it_can_prepare_and_release_repeatedly(
    driver_name: str, tree_name: str, shared_trees: dict[str, Path]
) -> None:
    driver = make_driver(driver_name, shared_trees[tree_name])
    for device in driver.discover(Look()):
        for handle in (each for part in device.parts for each in part.handles):
            used = device.used_by_host is not None
            for _ in range(2):
                with pytest.raises(HandleUnusable) if used else nullcontext():
                    driver.prepare(handle)
            for _ in range(2):
                driver.release(handle)


@every_tree
def test_no_function_is_handed_out_twice_when_all_drivers_are_enabled(
    tree_name: str, shared_trees: dict[str, Path]
) -> None:
    root = shared_trees[tree_name]
    result = discover_all([make_driver(name, root) for name in list_drivers()])
    assert not result.failures
    handles = [
        parse_handle(handle)
        for devices in result.found.values()
        for device in devices
        for part in device.parts
        for handle in part.handles
        if handle.type == "PCI"  # others are shares of one, which its capacities keep apart
    ]
    assert len(set(handles)) == len(handles)
    parents = load_parents(root)
    assert not [address for address in handles if parents.get(address) in handles]


def load_parents(root: Path) -> dict[PciAddress, PciAddress]:
    return {
        PciAddress.parse(path.parent.name): PciAddress.parse(path.readlink().name)
        for path in root.glob("devices/**/physfn")
    }


@every_driver
def test_a_root_that_is_no_sysfs_is_a_failure_and_not_an_empty_host(
    driver_name: str, tmp_path: Path
) -> None:
    for root in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DiscoveryFailed, match="is not a sysfs"):
            discover(driver_name, root)


@every_driver
def test_a_host_without_pci_has_no_devices(driver_name: str, tmp_path: Path) -> None:
    (tmp_path / "bus").mkdir()
    assert discover(driver_name, tmp_path) == ()


_opened: list[str] | None = None


def _note_opening(event: str, arguments: tuple[object, ...]) -> None:
    if _opened is not None and event in {"open", "os.listdir", "os.scandir", "subprocess.Popen"}:
        _opened.append(f"{event} {arguments[0]}")


@contextmanager
def watch_opening() -> Iterator[list[str]]:
    global _opened
    if not getattr(sys, "_cyborg_rr_watched", False):
        sys.addaudithook(_note_opening)
        sys._cyborg_rr_watched = True  # type: ignore[attr-defined]
    _opened = []
    try:
        yield _opened
    finally:
        _opened = None


@every_driver
@pytest.mark.parametrize("target", ["/etc", "/etc/passwd", "/proc/self", "../outside"])
def test_nothing_outside_the_tree_is_opened_and_no_process_is_started(
    driver_name: str, target: str, write_tree: Callable[..., Path]
) -> None:
    tree_name, victim = find_victim(driver_name)
    root = write_tree(tree_name, victim)
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "vendor").write_text("0x10de\n")
    device = (root / "bus/pci/devices" / victim).resolve()
    for name in ("vendor", "numa_node", "xclbinuuid", "dev_id", "fpga", "fpga_region", "rom.m.1"):
        path = device / name
        if path.is_symlink() or path.is_file():
            path.unlink()
        if not path.exists():
            path.symlink_to(target)
    (root / "bus/pci/devices/0000:ee:00.0").symlink_to(f"../../../{target}")
    driver = make_driver(driver_name, root)
    with watch_opening() as opened:
        driver.discover(Look())
    assert opened
    for line in opened:
        event, _, path = line.partition(" ")
        assert event in {"open", "os.listdir"}
        if event == "open":
            relative = "/" not in path and path != ".."
            assert relative or path.startswith(f"{root.resolve()}/"), line


@every_tree
def test_drivers_that_look_together_find_the_same_as_alone(
    tree_name: str, shared_trees: dict[str, Path]
) -> None:
    drivers = [make_driver(name, shared_trees[tree_name]) for name in list_drivers()]
    alone = [device for driver in drivers for device in look(driver)]
    together = Look()
    found = {driver.name: driver.discover(together) for driver in drivers}
    assert list(derive_devices(found, HOST)) == alone


@every_tree
def test_drivers_that_look_together_read_each_function_once(
    tree_name: str, shared_trees: dict[str, Path]
) -> None:
    drivers = [make_driver(name, shared_trees[tree_name]) for name in list_drivers()]
    with watch_opening() as opened:
        discover_all(drivers)
    functions = len(load_tree(tree_name).entries["bus/pci/devices"])
    assert opened.count("open vendor") == functions
    assert 0 < opened.count("open class") <= functions
    assert opened.count("open numa_node") <= functions
