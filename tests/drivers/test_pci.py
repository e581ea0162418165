"""The generic PCI driver: only what is listed, and what an entry may say."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.listed_pci import PciDriver
from tests.drivers.subjects import look


def find(root: Path, *entries: dict[str, str]) -> list[str]:
    driver = PciDriver(DriverContext(root, {"pci_devices": list(entries)}))
    return [device.deployables[0].name.removeprefix("h_") for device in look(driver, "h")]


def test_nothing_is_taken_unless_it_is_listed(shared_trees: dict[str, Path]) -> None:
    assert all(find(root) == [] for root in shared_trees.values())
    assert PciDriver(DriverContext(shared_trees["virtual-machine"])).discover(Look()) == ()


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"vendor_id": "1af4", "product_id": "1042"}, ["0000:00:02.0"]),
        ({"vendor_id": "0x1AF4", "product_id": "0x1042"}, ["0000:00:02.0"]),
        ({"class": "01"}, ["0000:00:02.0"]),
        ({"class": "0200"}, ["0000:00:03.0"]),
        ({"class": "0x020000"}, ["0000:00:03.0"]),
        ({"address": "0000:00:0[35].0"}, None),
        ({"address": "0000:00:05.0"}, ["0000:00:05.0"]),
        ({"address": "*:00:0?.*", "class": "ff"}, ["0000:00:01.0", "0000:00:04.0", "0000:00:05.0"]),
        ({"vendor_id": "1af5"}, []),
        ({"vendor_id": "8086"}, []),
        ({"address": "0000:00:00.0"}, []),
        ({"class": "06"}, []),
    ],
)
def test_all_parts_of_an_entry_must_match_and_bridges_never_do(
    entry: dict[str, str], found: list[str] | None, shared_trees: dict[str, Path]
) -> None:
    root = shared_trees["virtual-machine"]
    if found is None:
        with pytest.raises(InvalidInput, match="address"):
            find(root, entry)
    else:
        assert find(root, entry) == found


def test_a_device_that_two_entries_list_is_one_device(shared_trees: dict[str, Path]) -> None:
    entries = [{"vendor_id": "1af4"}, {"class": "02"}]
    assert len(find(shared_trees["virtual-machine"], *entries)) == 5


def test_the_boot_display_is_taken_only_when_its_address_is_named(
    shared_trees: dict[str, Path],
) -> None:
    root = shared_trees["nvidia-mixed"]
    boot = "0000:01:00.0"
    assert boot not in find(root, {"class": "03"})
    assert boot not in find(root, {"vendor_id": "10de"})
    assert boot not in find(root, {"address": "0000:01:*"})
    assert boot not in find(root, {"vendor_id": "10de", "product_id": "2684"})
    assert boot in find(root, {"address": boot})
    options = {"pci_devices": [{"class": "03"}], "offer_in_use": [boot]}
    assert boot in [
        device.deployables[0].name.removeprefix("h_")
        for device in look(PciDriver(DriverContext(root, options)), "h")
    ]


def test_the_sound_function_of_a_gpu_is_taken_only_when_it_is_named_exactly(
    shared_trees: dict[str, Path],
) -> None:
    root = shared_trees["nvidia-mixed"]
    sound = "0000:01:00.1"
    assert sound not in find(root, {"class": "04"})
    assert sound not in find(root, {"vendor_id": "10de"})
    assert sound not in find(root, {"address": "0000:01:*"})
    assert sound in find(root, {"address": sound})
    assert sound in find(root, {"vendor_id": "10de", "product_id": "22ba"})


def test_a_split_function_is_offered_in_its_parts_where_both_are_listed(
    shared_trees: dict[str, Path],
) -> None:
    entry = {"vendor_id": "10de", "product_id": "20b5"}
    driver = PciDriver(DriverContext(shared_trees["nvidia-mixed"], {"pci_devices": [entry]}))
    (device,) = look(driver, "h")
    (part,) = device.deployables
    assert (part.name, part.part) == ("h_0000:3b:00.0_vf", "vf")
    assert [handle.info["function"] for handle in part.handles] == ["4", "5", "6", "7"]
    assert [handle.place for handle in part.handles] == ["vf0", "vf1", "vf2", "vf3"]
    assert part.num_accelerators == 4


def test_virtual_functions_that_are_listed_alone_are_devices_of_their_own(
    shared_trees: dict[str, Path],
) -> None:
    found = find(shared_trees["nvidia-mixed"], {"address": "0000:3b:00.4"})
    assert found == ["0000:3b:00.4"]


def test_a_split_function_whose_parts_are_not_listed_is_left_out(
    shared_trees: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    entries = {"pci_devices": [{"address": "0000:3b:00.0"}]}
    together = Look()
    driver = PciDriver(DriverContext(shared_trees["nvidia-mixed"], entries))
    with caplog.at_level(logging.INFO):
        assert driver.discover(together) == ()
    (left_out,) = together.left_out
    assert (left_out.name, left_out.trouble.code) == ("0000:3b:00.0", "split")
    assert "0000:3b:00.0 is left out: its virtual functions are enabled" in caplog.text


def test_a_listed_device_carries_its_ids_as_traits(shared_trees: dict[str, Path]) -> None:
    options = {"pci_devices": [{"vendor_id": "19e5", "product_id": "d100"}]}
    driver = PciDriver(DriverContext(shared_trees["huawei-ascend"], options))
    (device,) = look(driver)
    (deployable,) = device.deployables
    assert (device.type, deployable.resource_class) == ("PCI", "CUSTOM_PCI")
    assert deployable.traits == (
        "OWNER_CYBORG",
        "CUSTOM_PCI_HUAWEI",
        "CUSTOM_PCI_PRODUCT_ID_D100",
    )


@pytest.mark.parametrize(
    ("entries", "cause"),
    [
        ([{}], "entry 1 must be a mapping with at least one of"),
        (["10de"], "entry 1 must be a mapping"),
        ([{"vendor_id": "10de"}, {"vendor": "10de"}], "entry 2: unknown key 'vendor'"),
        ([{"vendor_id": "10d"}], "vendor_id '10d' is malformed"),
        ([{"vendor_id": 4318}], "vendor_id 4318 is malformed"),
        ([{"product_id": "\u0661\u0660de"}], "product_id .* is malformed"),
        ([{"class": "030"}], "class '030' is malformed"),
        ([{"address": "../*"}], r"address '../\*' is malformed"),
        ([{"address": "0000:0b:00.0\n"}], "address .* is malformed"),
        ([{"address": ""}], "address '' is malformed"),
        ("10de", "must be a list"),
    ],
)
def test_a_malformed_list_is_refused_at_start(entries: object, cause: str) -> None:
    with pytest.raises(InvalidInput, match=rf"option \[pci\] device_spec: .*{cause}"):
        PciDriver(DriverContext(options={"pci_devices": entries}))
