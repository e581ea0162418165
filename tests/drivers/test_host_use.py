"""What the host itself does with its PCI functions."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import CleanFailed, DriverContext, HandleUnusable, Look, Memory
from cyborg_rr.drivers.listed_pci import PciDriver
from cyborg_rr.drivers.pci.host_use import HostUse
from cyborg_rr.drivers.pci.state import find_link_trouble
from cyborg_rr.drivers.privileged import acts
from cyborg_rr.drivers.sysfs import Sysfs
from tests.drivers.hosts import BRIDGE, GPU, NIC, NVME, SmallHost

ADDRESS = "0000:3b:00.0"
MOUNT = "36 35 {number} / /var rw,noatime master:1 - ext4 {source} rw\n"


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The block devices that the kernel says are taken; it can be asked of all."""
    names: set[str] = set()
    monkeypatch.setattr(acts, "is_block_busy", lambda _, name, number: name in names)
    return names


@pytest.fixture
def host(tmp_path: Path) -> SmallHost:
    (tmp_path / "proc/self").mkdir(parents=True)
    return SmallHost(tmp_path / "sys")


def add_block(host: SmallHost, name: str, place: str, number: str = "259:0") -> Path:
    """A block device below its function, as a member of its class."""
    directory = host.root / place / name
    (directory / "holders").mkdir(parents=True)
    (directory / "dev").write_text(f"{number}\n")
    (host.root / "class/block").mkdir(parents=True, exist_ok=True)
    (host.root / "class/block" / name).symlink_to(f"../../{place}/{name}")
    return directory


def add_disk(host: SmallHost) -> Path:
    host.add(ADDRESS, NVME)
    return add_block(host, "nvme0n1", f"devices/pci0000:00/{ADDRESS}/nvme/nvme0")


def add_interface(host: SmallHost, state: str) -> Path:
    host.add(ADDRESS, NIC)
    place = f"devices/pci0000:00/{ADDRESS}/net/eth0"
    (host.root / place).mkdir(parents=True)
    (host.root / place / "operstate").write_text(f"{state}\n")
    (host.root / "class/net").mkdir(parents=True)
    (host.root / "class/net/eth0").symlink_to(f"../../{place}")
    return host.root / place


def find(host: SmallHost) -> str | None:
    use = HostUse(Sysfs(host.root), str(host.root.parent / "proc"))
    return use.find(PciAddress.parse(ADDRESS))


def write_mounts(host: SmallHost, text: str, swaps: str = "") -> None:
    proc = host.root.parent / "proc"
    (proc / "self/mountinfo").write_text(text)
    (proc / "swaps").write_text(f"Filename Type Size Used Priority\n{swaps}")


@pytest.mark.usefixtures("busy")
def test_a_disk_that_nobody_uses_is_free(host: SmallHost) -> None:
    add_disk(host)
    write_mounts(host, MOUNT.format(number="8:1", source="/dev/sda1"))
    assert find(host) is None


def test_a_disk_with_a_mounted_file_system_is_used(host: SmallHost) -> None:
    add_disk(host)
    write_mounts(host, MOUNT.format(number="259:0", source="/dev/root"))
    assert find(host) == "the host uses its block device nvme0n1"


@pytest.mark.usefixtures("busy")
def test_a_disk_with_a_mounted_partition_is_used(host: SmallHost) -> None:
    add_disk(host)
    place = f"devices/pci0000:00/{ADDRESS}/nvme/nvme0/nvme0n1"
    add_block(host, "nvme0n1p2", place, "259:2")
    write_mounts(host, MOUNT.format(number="259:2", source="/dev/nvme0n1p2"))
    assert find(host) == "the host uses its block device nvme0n1p2"


def test_a_disk_in_a_file_system_of_several_is_known_by_its_name(host: SmallHost) -> None:
    add_disk(host)
    write_mounts(host, MOUNT.format(number="0:42", source="/dev/nvme0n1"))
    assert find(host) == "the host uses its block device nvme0n1"


def test_a_disk_with_swap_is_used(host: SmallHost) -> None:
    add_disk(host)
    write_mounts(host, "", "/dev/nvme0n1 partition 1048572 0 -2\n")
    assert find(host) == "the host uses its block device nvme0n1"


def test_a_disk_that_is_part_of_another_is_used(host: SmallHost) -> None:
    (add_disk(host) / "holders/dm-0").mkdir()
    assert find(host) == "the host uses its block device nvme0n1"


def test_a_disk_that_the_kernel_says_is_taken_is_used(host: SmallHost, busy: set[str]) -> None:
    add_disk(host)
    busy.add("nvme0n1")  # a pool of ZFS, a further disk of btrfs
    assert find(host) == "the host uses its block device nvme0n1"
    driver = PciDriver(DriverContext(host.root, {"pci_devices": [{"address": ADDRESS}]}))
    (host.root / f"bus/pci/devices/{ADDRESS}/driver").symlink_to("../nvme")
    with pytest.raises(CleanFailed) as raised:  # though the operator named it
        driver.clean(host.find(ADDRESS).handle)
    assert raised.value.cause == "used_by_host"


def test_a_disk_of_which_nobody_can_be_asked_is_used_unless_it_is_named(host: SmallHost) -> None:
    add_disk(host)
    use = HostUse(Sysfs(host.root), None)
    address = PciAddress.parse(ADDRESS)
    assert (use.find(address) or "").startswith("nobody can say")
    assert use.find(address, is_named=True) is None


@pytest.mark.usefixtures("busy")
def test_a_disk_beside_a_gpu_is_taken_only_if_it_is_named(host: SmallHost) -> None:
    card = "0000:3c:00.0"
    host.add(card, GPU, group=5)
    host.add(ADDRESS, NVME, group=5)
    place = f"devices/pci0000:00/{ADDRESS}/nvme/nvme0"
    add_block(host, "nvme0n1", place)
    options: dict[str, object] = {"pci_devices": [{"vendor_id": "10de"}]}
    look = Look()
    assert PciDriver(DriverContext(host.root, options)).discover(look) == ()
    assert [one.trouble.code for one in look.left_out] == ["group_not_viable"]
    handle = host.find(card).handle
    with pytest.raises(HandleUnusable, match="block device nvme0n1"):
        PciDriver(DriverContext(host.root, options)).prepare(handle)
    named = PciDriver(DriverContext(host.root, options | {"offer_in_use": [ADDRESS]}))
    assert len(named.discover(Look())) == 1
    named.prepare(handle)


def test_a_disk_that_controllers_share_belongs_to_each_of_them(host: SmallHost) -> None:
    host.add(ADDRESS, NVME)
    add_block(host, "nvme0n1", "devices/virtual/nvme-subsystem/nvme-subsys0")
    subsystem = host.root / "devices/virtual/nvme-subsystem/nvme-subsys0"
    (subsystem / "nvme0").symlink_to(f"../../../pci0000:00/{ADDRESS}/nvme/nvme0")
    (host.root / "class/nvme-subsystem").mkdir()
    (host.root / "class/nvme-subsystem/nvme-subsys0").symlink_to(subsystem)
    write_mounts(host, MOUNT.format(number="259:0", source="/dev/nvme0n1"))
    assert find(host) == "the host uses its block device nvme0n1"


@pytest.mark.parametrize(("state", "is_used"), [("up", True), ("down", False), ("unknown", False)])
def test_an_interface_is_used_while_it_is_up(state: str, is_used: bool, host: SmallHost) -> None:
    add_interface(host, state)
    assert (find(host) is not None) is is_used


@pytest.mark.parametrize(("carrier", "is_used"), [("1", True), ("0", False), ("\x1b", False)])
def test_an_interface_that_does_not_say_is_used_while_it_has_a_carrier(
    carrier: str, is_used: bool, host: SmallHost
) -> None:
    (add_interface(host, "unknown") / "carrier").write_text(f"{carrier}\n")
    assert (find(host) is not None) is is_used


@pytest.mark.parametrize("name", ["master", "brport", "upper_bond0"])
def test_an_interface_that_is_part_of_another_is_used(name: str, host: SmallHost) -> None:
    (add_interface(host, "down") / name).mkdir()
    assert find(host) == "its interface eth0 is up or part of another"


def test_garbage_there_hurts_nobody(host: SmallHost) -> None:
    (add_interface(host, "up") / "operstate").write_bytes(b"\xff\x00")
    (host.root / "class/block").mkdir()
    (host.root / "class/block/sda").symlink_to("/etc")
    (host.root / "class/block/sdb").symlink_to(f"../../{ADDRESS}/sdb")
    (host.root / "class/block/sdc").write_text("no link")
    write_mounts(host, "\x1b[31m\n - \n1 2 3\n")
    assert "sdb" in (find(host) or "")


@pytest.mark.usefixtures("busy")
def test_what_the_host_uses_is_said_of_the_device_and_not_prepared(host: SmallHost) -> None:
    directory = add_disk(host)
    options: dict[str, object] = {"pci_devices": [{"class": "0108"}]}
    driver = PciDriver(DriverContext(host.root, options))
    (device,) = driver.discover(Look())
    assert device.used_by_host is None
    (directory / "holders/md0").mkdir()
    (used,) = driver.discover(Look())
    assert used.used_by_host == "the host uses its block device nvme0n1"
    with pytest.raises(HandleUnusable, match="the host uses its block device nvme0n1"):
        driver.prepare(device.parts[0].handles[0])
    named = PciDriver(DriverContext(host.root, options | {"offer_in_use": [ADDRESS]}))
    assert named.discover(Look())[0].used_by_host is None
    named.prepare(device.parts[0].handles[0])


@pytest.mark.parametrize(
    ("width", "own", "port", "text"),
    [
        ("8", "16", "16", "its link has 8 of 16 lanes"),
        ("8", "16", None, "its link has 8 of 16 lanes"),
        ("8", "16", "8", None),
        ("8", "8", "16", None),
        ("4", "16", "8", "its link has 4 of 8 lanes"),
        ("0", "16", "16", None),
    ],
)
def test_a_link_is_degraded_when_both_ends_could_have_more(
    width: str, own: str, port: str | None, text: str | None, host: SmallHost
) -> None:
    link = {"current_link_width": width, "max_link_width": own, "power_state": "D0"}
    root_port = "0000:3a:00.0"
    files = {} if port is None else {"max_link_width": port, "current_link_width": width}
    host.add(root_port, BRIDGE | files)
    host.add(ADDRESS, GPU | link, below=f"pci0000:00/{root_port}")
    trouble = find_link_trouble(host.find(ADDRESS))
    assert (trouble and trouble.text) == text


def test_fatal_errors_are_trouble_while_they_grow_and_no_longer(host: SmallHost) -> None:
    host.add(ADDRESS, GPU)
    driver = PciDriver(DriverContext(host.root, {"pci_devices": [{"address": ADDRESS}]}))
    memory = Memory()
    seen = []
    for count in (None, 3, 3, 5, 5, 0, 1):
        if count is not None:
            table = f"Undefined 0\nDLP {count}\nTOTAL_ERR_FATAL {count}\n"
            (host.root / f"bus/pci/devices/{ADDRESS}/aer_dev_fatal").write_text(table)
        (device,) = driver.discover(Look(memory))
        seen.append(device.trouble and device.trouble.code)
    assert seen == [None, None, None, "aer_fatal", None, None, "aer_fatal"]
