"""What must hold for every driver when a device's files are damaged, or its device goes away."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, Device
from cyborg_rr.drivers.driver import HandleUnusable, Look
from tests.drivers.subjects import discover, find_victim, list_drivers, make_driver

every_driver = pytest.mark.parametrize("driver_name", list_drivers())


def names_of(devices: Sequence[Device]) -> list[str]:
    return [deployable.name for device in devices for deployable in device.deployables]


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
    write_tree: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    tree_name, victim = find_victim(driver_name)
    root = write_tree(tree_name, victim)
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
    driver_name: str, file_name: str, write_tree: Callable[..., Path]
) -> None:
    tree_name, victim = find_victim(driver_name)
    root = write_tree(tree_name, victim)
    before = discover(driver_name, root)
    replace((root / "bus/pci/devices" / victim).resolve() / file_name, b"\xff\xfe\x00")
    assert len(discover(driver_name, root)) == len(before) - 1


@every_driver
@pytest.mark.parametrize(
    "file_name", ["subsystem_vendor", "subsystem_device", "numa_node", "driver"]
)
def test_a_lesser_file_may_be_absent(
    driver_name: str, file_name: str, write_tree: Callable[..., Path]
) -> None:
    tree_name, victim = find_victim(driver_name)
    root = write_tree(tree_name, victim)
    before = discover(driver_name, root)
    ((root / "bus/pci/devices" / victim).resolve() / file_name).unlink(missing_ok=True)
    assert names_of(discover(driver_name, root)) == names_of(before)


@every_driver
@pytest.mark.parametrize(
    "target", ["/", "/etc", "../../../../..", "0000:ff:1f.7", "/proc/self/root"]
)
def test_a_device_directory_that_leads_elsewhere_is_left_out(
    driver_name: str, target: str, write_tree: Callable[..., Path]
) -> None:
    tree_name, victim = find_victim(driver_name)
    root = write_tree(tree_name, victim)
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
    write_tree: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    tree_name, victim = find_victim(driver_name)
    root = write_tree(tree_name, victim)
    before = discover(driver_name, root)
    devices = root / "bus/pci/devices"
    (devices / name).symlink_to((devices / victim).readlink())
    caplog.clear()
    assert discover(driver_name, root) == before
    assert not [r for r in caplog.records if re.search(r"[\x00-\x1f\x7f]", r.getMessage())]


@every_driver
def test_a_handle_whose_device_has_gone_or_changed_is_refused(
    driver_name: str, write_tree: Callable[..., Path]
) -> None:
    tree_name, victim = find_victim(driver_name)
    root = write_tree(tree_name, victim)
    driver = make_driver(driver_name, root)
    (handle,) = (
        handle
        for device in driver.discover(Look())
        for part in device.parts
        for handle in part.handles
        if handle.info == PciAddress.parse(victim).render_handle_info()
    )
    device = (root / "bus/pci/devices" / victim).resolve()
    replace(device / "class", b"0x060400\n")
    replace(device / "vendor", b"0x1234\n")
    with pytest.raises(HandleUnusable):
        driver.prepare(handle)
    (root / "bus/pci/devices" / victim).unlink()
    with pytest.raises(HandleUnusable, match="is gone"):
        driver.prepare(handle)
    driver.release(handle)


@every_driver
def test_a_handle_whose_device_has_been_split_meanwhile_is_refused(
    driver_name: str, write_tree: Callable[..., Path]
) -> None:
    tree_name, victim = find_victim(driver_name)
    root = write_tree(tree_name, victim)
    driver = make_driver(driver_name, root)
    handle = AttachHandle("PCI", PciAddress.parse(victim).render_handle_info())
    driver.prepare(handle)
    (root / "bus/pci/devices" / victim / "virtfn0").symlink_to("../0000:ff:00.1")
    with pytest.raises(HandleUnusable, match=f"{victim} has been split into virtual functions"):
        driver.prepare(handle)


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
    tree_name, _ = find_victim(driver_name)
    with pytest.raises(HandleUnusable):
        make_driver(driver_name, shared_trees[tree_name]).prepare(handle)
