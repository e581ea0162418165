"""What every driver does with a device that is there but cannot be offered, or not as before."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.loading import discover_all, load_drivers
from tests.drivers.subjects import OPTIONS, find_victim, list_drivers, make_driver

every_driver = pytest.mark.parametrize("driver_name", list_drivers())

WriteTree = Callable[..., Path]


class Victim:
    """One device of a driver on a tree of its own, and the function that is handed out of it."""

    def __init__(self, driver_name: str, write_tree: WriteTree, **options: object) -> None:
        self.driver_name = driver_name
        tree_name, self.address = find_victim(driver_name)
        self.root = write_tree(tree_name, self.address)
        self.directory = (self.root / "bus/pci/devices" / self.address).resolve()
        self.options = OPTIONS | options
        self.before = self.look()

    def look(self, look: Look | None = None) -> dict[str, FoundDevice]:
        """The devices by the addresses of what they hand out."""
        (driver,) = load_drivers([self.driver_name], DriverContext(self.root, self.options))
        return {
            PciAddress.parse_info(handle.info).render(): device
            for device in driver.discover(look or Look())
            for part in device.parts
            for handle in part.handles
        }

    def write(self, name: str, content: str | bytes) -> None:
        data = content if isinstance(content, bytes) else f"{content}\n".encode()
        (self.directory / name).write_bytes(data)

    def put_in_group(self, *addresses: str) -> None:
        members = self.root / "kernel/iommu_groups/77/devices"
        members.mkdir(parents=True)
        for address in addresses:
            (members / address).symlink_to(self.root / "bus/pci/devices" / address)
            path = self.root / "bus/pci/devices" / address / "iommu_group"
            path.unlink(missing_ok=True)
            path.symlink_to(members.parent)

    def add_network_card(self, address: str, state: str) -> None:
        card = self.root / "devices" / address
        (card / "net/eth0").mkdir(parents=True)
        for name, content in (("vendor", "0x8086"), ("device", "0x1592"), ("class", "0x020000")):
            (card / name).write_text(f"{content}\n")
        (card / "net/eth0/operstate").write_text(f"{state}\n")
        (self.root / "bus/pci/devices" / address).symlink_to(card)
        (self.root / "class/net").mkdir(parents=True)
        (self.root / "class/net/eth0").symlink_to(f"../../devices/{address}/net/eth0")


@every_driver
@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("config", b"\xff" * 64, "not_answering"),
        ("config", b"\xff" * 4 + bytes(60), "unreadable"),  # a virtual function that comes or goes
        ("power_state", "D3cold", "not_answering"),
        ("boot_vga", "1", "console"),
    ],
)
def test_what_cannot_be_offered_is_left_out_with_its_cause(
    driver_name: str, name: str, content: str | bytes, code: str, write_tree: WriteTree
) -> None:
    victim = Victim(driver_name, write_tree)
    victim.write(name, content)
    look = Look()
    after = victim.look(look)
    assert victim.before.keys() - after.keys() == {victim.address}
    assert [one.trouble.code for one in look.left_out if one.name == victim.address] == [code]


@every_driver
def test_the_display_of_the_host_is_offered_when_it_is_named(
    driver_name: str, write_tree: WriteTree
) -> None:
    _, address = find_victim(driver_name)
    victim = Victim(driver_name, write_tree, offer_in_use=[address])
    victim.write("boot_vga", "1")
    assert victim.look().keys() == victim.before.keys()


@every_driver
def test_a_function_beyond_the_last_domain_is_left_out(
    driver_name: str, write_tree: WriteTree
) -> None:
    victim = Victim(driver_name, write_tree)
    link = victim.root / "bus/pci/devices" / victim.address
    link.rename(link.with_name(f"1{victim.address}"))
    look = Look()
    assert f"1{victim.address}" not in victim.look(look)
    codes = {one.name: one.trouble.code for one in look.left_out}
    assert codes[f"1{victim.address}"] == "address_unusable"


@every_driver
def test_a_handle_lies_in_the_unit_of_its_iommu_group(
    driver_name: str, write_tree: WriteTree
) -> None:
    victim = Victim(driver_name, write_tree)
    victim.put_in_group(victim.address)
    device = victim.look()[victim.address]
    info = PciAddress.parse(victim.address).render_handle_info()
    (handle,) = (one for part in device.parts for one in part.handles if one.info == info)
    assert handle.unit == "iommu_group:77"


@every_driver
def test_what_shares_a_group_with_a_card_in_use_is_left_out_with_its_name(
    driver_name: str, write_tree: WriteTree
) -> None:
    victim = Victim(driver_name, write_tree)
    card = "0000:fe:00.0"
    victim.add_network_card(card, "up")
    victim.put_in_group(victim.address, card)
    look = Look()
    assert victim.address not in victim.look(look)
    (left_out,) = (one for one in look.left_out if one.trouble.code == "group_not_viable")
    assert f"{card}: its interface eth0 is up" in left_out.trouble.text


@every_driver
def test_what_shares_a_group_with_a_card_that_is_idle_is_offered(
    driver_name: str, write_tree: WriteTree
) -> None:
    victim = Victim(driver_name, write_tree)
    victim.add_network_card("0000:fe:00.0", "down")
    victim.put_in_group(victim.address, "0000:fe:00.0")
    assert victim.address in victim.look()


@every_driver
@pytest.mark.parametrize(
    ("state", "width", "code"),
    [("D0", "4", "link_degraded"), ("D3hot", "4", None), ("D0", "16", None)],
)
def test_a_link_that_has_lost_lanes_is_the_trouble_of_its_device(
    driver_name: str, state: str, width: str, code: str | None, write_tree: WriteTree
) -> None:
    victim = Victim(driver_name, write_tree)
    first = victim.before[victim.address].control_path
    victim.directory = (
        victim.root / "bus/pci/devices" / PciAddress.parse_info(first).render()
    ).resolve()
    victim.write("power_state", state)
    victim.write("current_link_width", width)
    victim.write("max_link_width", "16")
    trouble = victim.look()[victim.address].trouble
    assert (trouble.code if trouble else None) == code


@every_driver
def test_what_handles_consume_their_device_has(driver_name: str, write_tree: WriteTree) -> None:
    victim = Victim(driver_name, write_tree)
    for device in victim.before.values():
        for part in device.parts:
            for handle in part.handles:
                assert handle.consumes.keys() <= device.capacities.keys()
                assert all(
                    amount <= device.capacities[name] for name, amount in handle.consumes.items()
                )
        assert device.capacities.get(FUNCTIONS, ALL_FUNCTIONS) == ALL_FUNCTIONS


@every_driver
def test_a_device_that_comes_late_is_found_by_the_next_look(
    driver_name: str, write_tree: WriteTree
) -> None:
    victim = Victim(driver_name, write_tree)
    link = victim.root / "bus/pci/devices" / victim.address
    target = link.readlink()
    link.unlink()
    assert victim.address not in victim.look()
    link.symlink_to(target)
    assert victim.look() == victim.before


@every_driver
def test_a_device_that_is_unplugged_file_by_file_takes_no_other_with_it(
    driver_name: str, write_tree: WriteTree
) -> None:
    victim = Victim(driver_name, write_tree)
    gone = victim.before[victim.address]
    others = {address for address, device in victim.before.items() if device != gone}
    for path in sorted(victim.directory.iterdir()):
        if path.is_symlink() or path.is_file():
            path.unlink()
        assert others <= victim.look().keys()
    victim.directory.rename(victim.root / "unplugged")
    assert others <= victim.look().keys()


@every_driver
def test_a_device_that_is_split_into_256_is_offered_in_its_parts_or_not_at_all(
    driver_name: str, write_tree: WriteTree
) -> None:
    victim = Victim(driver_name, write_tree)
    bus = PciAddress.parse(victim.address)
    addresses = [
        f"{bus.domain:04x}:{0xE0 + index // 256:02x}:{index // 8 % 32:02x}.{index % 8}"
        for index in range(256)
    ]
    files = {
        path.name: path.read_bytes()
        for path in victim.directory.iterdir()
        if path.is_file() and not path.is_symlink()
    }
    for index, address in enumerate(addresses):
        copy = victim.root / "devices/pci0000:e0" / address
        copy.mkdir(parents=True)
        for name, content in files.items():
            (copy / name).write_bytes(content)
        (copy / "physfn").symlink_to(f"../{victim.address}")
        (victim.root / "bus/pci/devices" / address).symlink_to(copy)
        (victim.directory / f"virtfn{index}").symlink_to(f"../{address}")
    look = Look()
    after = victim.look(look)
    assert victim.address not in after
    parts = after.keys() & set(addresses)
    if parts:
        assert len(parts) == len(addresses)
        assert len({id(after[address]) for address in parts}) == 1
    else:
        device = PciAddress.parse_info(victim.before[victim.address].control_path)
        assert device.render() in {one.name for one in look.left_out}


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_drivers_of_other_families_changes_nothing(
    seed: int, shared_trees: dict[str, Path]
) -> None:
    names = list_drivers()
    random.Random(seed).shuffle(names)
    for tree_name, root in shared_trees.items():
        result = discover_all([make_driver(name, root) for name in names])
        again = discover_all([make_driver(name, root) for name in list_drivers()])
        assert dict(result.found) == dict(again.found), tree_name
        assert result.left_out == again.left_out, tree_name
