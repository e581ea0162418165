"""What is read of a PCI function beside its ids."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.listed_pci import PciDriver
from cyborg_rr.drivers.pci.reading.link import Link
from tests.drivers.hosts import AUDIO, GPU, QAT, QAT_VF, SmallHost

ADDRESS = "0000:3b:00.0"
HEADER = bytes.fromhex("de10b520") + bytes(60)


@pytest.fixture
def host(tmp_path: Path) -> SmallHost:
    return SmallHost(tmp_path / "sys")


def render_capability(identifier: int, following: int, content: bytes = b"") -> bytes:
    return struct.pack("<I", identifier | 1 << 16 | following << 20) + content


def render_config(*serials: str) -> bytes:
    """A configuration space with an error capability first, then the serial numbers."""
    space = bytearray(4096)
    space[:64] = HEADER
    first = render_capability(0x0001, 0x148 if serials else 0)
    space[0x100 : 0x100 + len(first)] = first
    for serial in serials:
        number = struct.pack("<Q", int(serial, 16))
        space[0x148:0x154] = render_capability(0x0003, 0, number)
    return bytes(space)


def test_a_function_tells_its_unit_and_its_state(host: SmallHost) -> None:
    files = {"power_state": "D3hot", "reset_method": "flr bus", "config": HEADER}
    host.add(ADDRESS, GPU | files, group=40)
    function = host.find(ADDRESS)
    assert (function.iommu_group, function.unit) == (40, "iommu_group:40")
    assert function.handle.unit == "iommu_group:40"
    assert function.power_state == "D3hot"
    assert function.is_answering
    assert function.reset_methods == ("flr", "bus")


def test_what_the_kernel_does_not_say_is_none(host: SmallHost) -> None:
    host.add(ADDRESS, GPU)
    function = host.find(ADDRESS)
    assert function.is_answering
    assert (function.iommu_group, function.unit, function.power_state) == (None, None, None)
    assert (function.reset_methods, function.serial, function.link) == (None, None, None)
    assert (function.sriov_total, function.sriov_enabled) == (None, None)
    assert (function.virtual_index, list(function.siblings)) == (None, [])


def test_a_function_without_any_reset_is_told_from_a_kernel_that_does_not_say(
    host: SmallHost,
) -> None:
    host.add(ADDRESS, GPU | {"reset_method": ""})
    assert host.find(ADDRESS).reset_methods == ()


@pytest.mark.parametrize(
    ("files", "is_answering"),
    [
        ({"config": b"\xff" * 64}, False),
        ({"config": b"\xff" * 4096}, False),
        ({"config": b"\xff" * 4 + bytes(60)}, True),  # as a virtual function's
        ({"config": b""}, True),
        ({"config": HEADER, "power_state": "D3cold"}, False),
        ({"power_state": "D3cold"}, False),
        ({"config": HEADER, "power_state": "unknown"}, True),
    ],
)
def test_a_function_that_is_gone_for_the_bus_does_not_answer(
    files: dict[str, str | bytes], is_answering: bool, host: SmallHost
) -> None:
    host.add(ADDRESS, GPU | files)
    assert host.find(ADDRESS).is_answering is is_answering


def test_a_serial_number_is_found_among_the_extended_capabilities(host: SmallHost) -> None:
    host.add(ADDRESS, GPU | {"config": render_config("48b02d0000a1b2c3")})
    assert host.find(ADDRESS).serial == "48b02d0000a1b2c3"


@pytest.mark.parametrize(
    "config",
    [
        render_config(),
        render_config("0"),
        render_config("f" * 16),
        render_config("48b02d0000000000"),
        render_config("00000000ffa1b2c3"[-10:]),
        render_config("01" * 8),
        render_config("48b02d0000a1b2c3")[:64],
        render_config("48b02d0000a1b2c3")[:256],
        render_config("48b02d0000a1b2c3")[:0x14E],
        HEADER + bytes(192) + render_capability(0x0001, 0x100) * 960,  # in a circle
        HEADER + bytes(192) + render_capability(0x0001, 0x0FC),
        HEADER + b"\xff" * 4032,
    ],
)
def test_a_serial_number_that_is_nobodys_own_is_none(config: bytes, host: SmallHost) -> None:
    host.add(ADDRESS, GPU | {"config": config})
    assert host.find(ADDRESS).serial is None


def test_a_link_is_read_as_lanes_and_speed(host: SmallHost) -> None:
    link = {
        "current_link_width": "8",
        "max_link_width": "16",
        "current_link_speed": "2.5 GT/s PCIe",
        "max_link_speed": "16.0 GT/s PCIe",
    }
    host.add(ADDRESS, GPU | link)
    assert host.find(ADDRESS).link == Link(8, 16, 2.5, 16.0)


def test_a_link_that_the_kernel_cannot_tell_is_none(host: SmallHost) -> None:
    files = {"current_link_width": "0", "max_link_width": "255", "current_link_speed": "Unknown"}
    host.add(ADDRESS, GPU | files)
    assert host.find(ADDRESS).link == Link(None, None, None, None)


@pytest.mark.parametrize("name", ["power_state", "reset_method", "current_link_width", "config"])
def test_what_is_unreadable_there_is_not_known_and_loses_no_device(
    name: str, host: SmallHost
) -> None:
    directory = host.add(ADDRESS, GPU)
    (directory / name).mkdir()
    function = host.find(ADDRESS)
    assert function.is_answering
    assert function.serial is None
    assert function.power_state is None
    assert function.link in (None, Link(None, None, None, None))
    assert not function.reset_methods


def test_virtual_functions_are_known_by_their_numbers(host: SmallHost) -> None:
    host.add(ADDRESS, QAT | {"sriov_totalvfs": "16"})
    addresses = [f"0000:3b:{1 + number // 8:02x}.{number % 8}" for number in range(12)]
    host.add_virtual(ADDRESS, QAT_VF, *addresses)
    physical = host.find(ADDRESS)
    assert (physical.sriov_total, physical.sriov_enabled) == (16, 12)
    assert [address.render() for address in physical.virtual_functions] == addresses
    assert [host.find(address).virtual_index for address in addresses] == list(range(12))


def test_siblings_are_the_functions_of_a_slot_that_are_no_virtual_ones(host: SmallHost) -> None:
    host.add(ADDRESS, GPU)
    host.add("0000:3b:00.1", AUDIO)
    host.add("0000:3b:01.0", AUDIO)
    host.add_virtual(ADDRESS, GPU, "0000:3b:00.4")
    siblings = [function.address for function in host.find(ADDRESS).siblings]
    assert siblings == [PciAddress.parse("0000:3b:00.1")]


def show(host: SmallHost, sign: str) -> None:
    """Let the host show something on the function, or have what looks like it."""
    directory = host.root / "bus/pci/devices" / ADDRESS
    match sign:
        case "lit":
            connector = directory / "drm/card1/card1-HDMI-A-1"
            connector.mkdir(parents=True)
            (connector / "enabled").write_text("enabled\n")
        case "dark":
            connector = directory / "drm/card1/card1-DP-2"
            connector.mkdir(parents=True)
            (connector / "enabled").write_text("disabled\n")
            (directory / "drm/renderD128").mkdir()
        case "console":
            (directory / "graphics/fb0").mkdir(parents=True)
        case "elsewhere":
            (directory / "drm").symlink_to("/sys/class/drm")
        case "garbage":
            (directory / "drm").write_text("card1")
            (directory / "graphics").mkdir()


@pytest.mark.parametrize(
    ("sign", "pci_class", "is_shown"),
    [
        ("none", "0x030000", False),
        ("lit", "0x030000", True),
        ("lit", "0x120000", False),
        ("dark", "0x030000", False),
        ("console", "0x038000", True),
        ("elsewhere", "0x030000", False),
        ("garbage", "0x030000", False),
    ],
)
def test_what_the_host_shows_something_on_is_its_display(
    sign: str, pci_class: str, is_shown: bool, host: SmallHost
) -> None:
    host.add(ADDRESS, GPU | {"class": pci_class, "boot_vga": "0"})
    show(host, sign)
    assert host.find(ADDRESS).is_display is is_shown
    options: dict[str, object] = {"pci_devices": [{"vendor_id": "10de"}]}
    look = Look()
    found = PciDriver(DriverContext(host.root, options)).discover(look)
    assert bool(found) is not is_shown
    assert [one.trouble.code for one in look.left_out] == (["console"] if is_shown else [])
    named = PciDriver(DriverContext(host.root, options | {"offer_in_use": [ADDRESS]}))
    assert named.discover(Look())
