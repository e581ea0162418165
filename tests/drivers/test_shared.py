"""What must hold for every driver on every tree, also when the tree is hostile."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from cyborg_rr.codec import hash_document
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, Device, Snapshot
from cyborg_rr.drivers.driver import DiscoveryFailed, Driver, DriverContext, HandleUnusable
from cyborg_rr.drivers.huawei_ascend import HuaweiAscendDriver
from cyborg_rr.drivers.intel_fpga import IntelFpgaDriver
from cyborg_rr.drivers.loading import discover_all
from cyborg_rr.drivers.nvidia_gpu import NvidiaGpuDriver
from cyborg_rr.drivers.pci import PciDriver
from cyborg_rr.drivers.pci_functions import parse_handle
from cyborg_rr.drivers.xilinx_fpga import XilinxFpgaDriver
from tests.drivers.trees import list_trees, load_tree

HOST = "compute-1.example.org"
EVERYTHING = [{"address": "*"}]

FACTORIES: dict[str, Callable[[Path], Driver]] = {
    "pci": lambda sysfs: PciDriver(DriverContext(HOST, sysfs, options={"pci_devices": EVERYTHING})),
    "nvidia_gpu": lambda sysfs: NvidiaGpuDriver(DriverContext(HOST, sysfs), nvml_module=None),
    "intel_fpga": lambda sysfs: IntelFpgaDriver(DriverContext(HOST, sysfs)),
    "xilinx_fpga": lambda sysfs: XilinxFpgaDriver(DriverContext(HOST, sysfs)),
    "huawei_ascend": lambda sysfs: HuaweiAscendDriver(DriverContext(HOST, sysfs)),
}

FOUND = {
    ("pci", "huawei-ascend"): 6,
    ("pci", "intel-dfl"): 2,
    ("pci", "intel-opae"): 2,
    ("pci", "nvidia-hgx-h100"): 8,
    ("pci", "nvidia-mixed"): 6,
    ("pci", "virtual-machine"): 5,
    ("pci", "xilinx-alveo"): 5,
    ("nvidia_gpu", "nvidia-hgx-h100"): 8,
    ("nvidia_gpu", "nvidia-mixed"): 2,
    ("intel_fpga", "intel-dfl"): 2,
    ("intel_fpga", "intel-opae"): 2,
    ("xilinx_fpga", "xilinx-alveo"): 2,
    ("huawei_ascend", "huawei-ascend"): 5,
}

CUSTOM_TRAIT = re.compile(r"CUSTOM_[A-Z0-9_]{1,248}", re.ASCII)
RESOURCE_CLASS = re.compile(r"PGPU|VGPU|FPGA|CUSTOM_[A-Z0-9_]{1,248}", re.ASCII)

every_driver = pytest.mark.parametrize("driver_name", sorted(FACTORIES))
every_tree = pytest.mark.parametrize("tree_name", list_trees())


def discover(driver_name: str, root: Path) -> Sequence[Device]:
    return FACTORIES[driver_name](root).discover()


def names_of(devices: Sequence[Device]) -> list[str]:
    return [deployable.name for device in devices for deployable in device.deployables]


@pytest.mark.parametrize("tree_name", list_trees())
def test_every_tree_says_where_it_comes_from(tree_name: str) -> None:
    tree = load_tree(tree_name)
    assert tree.origin in {"recorded", "documentation"}
    assert tree.source


@every_driver
@every_tree
def test_a_driver_finds_exactly_its_own_devices(
    driver_name: str, tree_name: str, shared_trees: dict[str, Path]
) -> None:
    devices = discover(driver_name, shared_trees[tree_name])
    assert len(devices) == FOUND.get((driver_name, tree_name), 0)


@every_driver
@every_tree
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
        assert device.type in {"GPU", "FPGA", "AICHIP", "PCI"}
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
            host, _, address = deployable.name.partition("_")
            assert host == HOST
            assert PciAddress.parse(address).render() == address
            for handle in deployable.handles:
                assert handle.type == "PCI"
                assert set(handle.info) == {"domain", "bus", "device", "function"}
                assert parse_handle(handle).render_handle_info() == handle.info


@every_driver
@every_tree
def test_discovery_again_or_by_another_process_gives_the_same_snapshot(
    driver_name: str, tree_name: str, shared_trees: dict[str, Path]
) -> None:
    root = shared_trees[tree_name]
    driver = FACTORIES[driver_name](root)
    snapshots = [driver.discover(), driver.discover(), discover(driver_name, root)]
    assert len({hash_document(Snapshot(HOST, tuple(devices))) for devices in snapshots}) == 1


@every_driver
@every_tree
def test_what_a_driver_offers_it_can_prepare_and_release_repeatedly(
    driver_name: str, tree_name: str, shared_trees: dict[str, Path]
) -> None:
    driver = FACTORIES[driver_name](shared_trees[tree_name])
    for device in driver.discover():
        for deployable in device.deployables:
            for handle in deployable.handles:
                for _ in range(2):
                    driver.prepare(handle, deployable.name)
                for _ in range(2):
                    driver.release(handle, deployable.name)


@every_tree
def test_no_function_is_handed_out_twice_when_all_drivers_are_enabled(
    tree_name: str, shared_trees: dict[str, Path]
) -> None:
    root = shared_trees[tree_name]
    result = discover_all([make(root) for make in FACTORIES.values()])
    assert not result.failures
    handles = [
        parse_handle(handle)
        for device in result.devices
        for part in device.deployables
        for handle in part.handles
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


# One victim per driver: the file that is damaged belongs to this function.
VICTIMS = {
    "pci": ("virtual-machine", "0000:00:03.0"),
    "nvidia_gpu": ("nvidia-hgx-h100", "0000:52:00.0"),
    "intel_fpga": ("intel-dfl", "0000:5e:00.0"),
    "xilinx_fpga": ("xilinx-alveo", "0000:af:00.1"),
    "huawei_ascend": ("huawei-ascend", "0000:81:00.0"),
}


def replace(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def make_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def make_link_out(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10 * 1024 * 1024)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "garbage": lambda path: replace(path, b"not a number at all\n"),
    "binary": lambda path: replace(path, bytes(range(256))),
    "empty": lambda path: replace(path, b""),
    "other digits": lambda path: replace(path, "0x\u0661\u0660de\n".encode()),
    "full-width digits": lambda path: replace(path, "0x\uff11\uff10de\n".encode()),
    "path traversal": lambda path: replace(path, b"0x../../../../etc\n"),
    "two lines": lambda path: replace(path, b"0x10de\n0x10de\n"),
    "too short": lambda path: replace(path, b"0x1\n"),
    "negative": lambda path: replace(path, b"-0x1\n"),
    "missing": lambda path: path.unlink(),
    "ten megabytes": make_huge,
    "fifo": make_fifo,
    "link loop": make_loop,
    "link out of the tree": make_link_out,
    "directory": make_directory,
}


@every_driver
@pytest.mark.parametrize("file_name", ["vendor", "device", "class"])
@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_a_damaged_device_is_left_out_by_name_and_the_others_stay(
    driver_name: str,
    file_name: str,
    damage: str,
    write_tree: Callable[[str], Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    tree_name, victim = VICTIMS[driver_name]
    root = write_tree(tree_name)
    before = discover(driver_name, root)
    DAMAGES[damage]((root / "bus/pci/devices" / victim).resolve() / file_name)
    with caplog.at_level(logging.WARNING):
        after = discover(driver_name, root)
    assert list(after) == [device for device in before if not involves(device, victim)]
    assert len(after) == len(before) - 1
    assert any(victim in record.getMessage() for record in caplog.records)
    assert not [r for r in caplog.records if re.search(r"[\x00-\x1f\x7f]", r.getMessage())]


def involves(device: Device, victim: str) -> bool:
    info = PciAddress.parse(victim).render_handle_info()
    return device.control_path == info or any(
        handle.info == info for part in device.deployables for handle in part.handles
    )


@every_driver
@pytest.mark.parametrize("file_name", ["subsystem_vendor", "subsystem_device", "numa_node"])
def test_garbage_in_a_lesser_file_leaves_out_the_one_device_too(
    driver_name: str, file_name: str, write_tree: Callable[[str], Path]
) -> None:
    tree_name, victim = VICTIMS[driver_name]
    root = write_tree(tree_name)
    before = discover(driver_name, root)
    replace((root / "bus/pci/devices" / victim).resolve() / file_name, b"\xff\xfe\x00")
    assert len(discover(driver_name, root)) == len(before) - 1


@every_driver
@pytest.mark.parametrize(
    "file_name", ["subsystem_vendor", "subsystem_device", "numa_node", "driver"]
)
def test_a_lesser_file_may_be_absent(
    driver_name: str, file_name: str, write_tree: Callable[[str], Path]
) -> None:
    tree_name, victim = VICTIMS[driver_name]
    root = write_tree(tree_name)
    before = discover(driver_name, root)
    ((root / "bus/pci/devices" / victim).resolve() / file_name).unlink(missing_ok=True)
    assert names_of(discover(driver_name, root)) == names_of(before)


@every_driver
@pytest.mark.parametrize(
    "target", ["/", "/etc", "../../../../..", "0000:ff:1f.7", "/proc/self/root"]
)
def test_a_device_directory_that_leads_elsewhere_is_left_out(
    driver_name: str, target: str, write_tree: Callable[[str], Path]
) -> None:
    tree_name, victim = VICTIMS[driver_name]
    root = write_tree(tree_name)
    before = discover(driver_name, root)
    link = root / "bus/pci/devices" / victim
    link.unlink()
    link.symlink_to(target)
    assert len(discover(driver_name, root)) == len(before) - 1


@every_driver
@pytest.mark.parametrize(
    "name", ["0000:0b:00", "0000:\u0663b:00.0", "0000:0b:00.0\n", "..\x1b[31m", "0000:0B:00.0"]
)
def test_an_entry_that_is_no_address_is_left_out(
    driver_name: str,
    name: str,
    write_tree: Callable[[str], Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    tree_name, victim = VICTIMS[driver_name]
    root = write_tree(tree_name)
    before = discover(driver_name, root)
    devices = root / "bus/pci/devices"
    (devices / name).symlink_to((devices / victim).readlink())
    caplog.clear()
    assert discover(driver_name, root) == before
    assert not [r for r in caplog.records if re.search(r"[\x00-\x1f\x7f]", r.getMessage())]


@every_driver
def test_a_handle_whose_device_has_gone_or_changed_is_refused(
    driver_name: str, write_tree: Callable[[str], Path]
) -> None:
    tree_name, victim = VICTIMS[driver_name]
    root = write_tree(tree_name)
    driver = FACTORIES[driver_name](root)
    (handle,) = (
        handle
        for device in driver.discover()
        for part in device.deployables
        for handle in part.handles
        if handle.info == PciAddress.parse(victim).render_handle_info()
    )
    device = (root / "bus/pci/devices" / victim).resolve()
    replace(device / "class", b"0x060400\n")
    replace(device / "vendor", b"0x1234\n")
    with pytest.raises(HandleUnusable):
        driver.prepare(handle, "any")
    (root / "bus/pci/devices" / victim).unlink()
    with pytest.raises(HandleUnusable, match="is gone"):
        driver.prepare(handle, "any")
    driver.release(handle, "any")


@every_driver
def test_a_handle_whose_device_has_been_split_meanwhile_is_refused(
    driver_name: str, write_tree: Callable[[str], Path]
) -> None:
    tree_name, victim = VICTIMS[driver_name]
    root = write_tree(tree_name)
    driver = FACTORIES[driver_name](root)
    handle = AttachHandle("PCI", PciAddress.parse(victim).render_handle_info())
    driver.prepare(handle, "any")
    (root / "bus/pci/devices" / victim / "virtfn0").symlink_to("../0000:ff:00.1")
    with pytest.raises(HandleUnusable, match=f"{victim} has been split into virtual functions"):
        driver.prepare(handle, "any")


@every_driver
@pytest.mark.parametrize(
    "handle",
    [
        AttachHandle("MDEV", {"domain": "0000", "bus": "00", "device": "03", "function": "0"}),
        AttachHandle("PCI", {"domain": "0000", "bus": "00", "device": "03"}),
        AttachHandle("PCI", {"domain": "..", "bus": "/", "device": "etc", "function": "0"}),
        AttachHandle("PCI", {"domain": "0000", "bus": "00", "device": "03", "function": "0\n"}),
    ],
)
def test_a_handle_of_another_form_is_refused(
    driver_name: str, handle: AttachHandle, shared_trees: dict[str, Path]
) -> None:
    tree_name, _ = VICTIMS[driver_name]
    with pytest.raises(HandleUnusable):
        FACTORIES[driver_name](shared_trees[tree_name]).prepare(handle, "any")


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
    driver_name: str, target: str, write_tree: Callable[[str], Path]
) -> None:
    tree_name, victim = VICTIMS[driver_name]
    root = write_tree(tree_name)
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
    driver = FACTORIES[driver_name](root)
    with watch_opening() as opened:
        driver.discover()
    assert opened
    for line in opened:
        event, _, path = line.partition(" ")
        assert event in {"open", "os.listdir"}
        if event == "open":
            relative = "/" not in path and path != ".."
            assert relative or path.startswith(f"{root.resolve()}/"), line
