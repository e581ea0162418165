"""Intel and Xilinx FPGA cards: functions, loaded configurations, names."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.capacities import Drawing, find_overdraft
from cyborg_rr.domain.hardware.devices import AttachHandle, Device
from cyborg_rr.drivers.driver import DriverContext, HandleUnusable, Look
from cyborg_rr.drivers.fpga.intel import IntelFpgaDriver
from cyborg_rr.drivers.fpga.xilinx import XilinxFpgaDriver
from cyborg_rr.drivers.loading import discover_all, load_drivers
from cyborg_rr.drivers.pci.reading.function import parse_handle
from tests.drivers.subjects import look


def intel(root: Path) -> tuple[Device, ...]:
    return look(IntelFpgaDriver(DriverContext(root)), "h")


def xilinx(root: Path) -> tuple[Device, ...]:
    return look(XilinxFpgaDriver(DriverContext(root)), "h")


def handles_of(device: Device) -> list[str]:
    return [parse_handle(h).render() for part in device.deployables for h in part.handles]


def test_a_dfl_card_without_virtual_functions_is_offered_itself(
    shared_trees: dict[str, Path],
) -> None:
    card, _ = intel(shared_trees["intel-dfl"])
    (deployable,) = card.deployables
    assert deployable.name == "h_0000:5e:00.0"
    assert handles_of(card) == ["0000:5e:00.0"]
    assert card.facts.functions == ("d8424dc4a4a3c413f89e433683f9040b",)
    assert card.facts.firmware_version == "0x23000410010309"
    assert deployable.traits == (
        "OWNER_CYBORG",
        "CUSTOM_FPGA_INTEL",
        "CUSTOM_FPGA_INTEL_PAC_N3000",
        "CUSTOM_FPGA_FUNCTION_ID_INTEL_D8424DC4A4A3C413F89E433683F9040B",
    )


def test_a_dfl_card_with_a_virtual_function_offers_that_and_is_named_after_itself(
    shared_trees: dict[str, Path],
) -> None:
    _, card = intel(shared_trees["intel-dfl"])
    (deployable,) = card.deployables
    assert deployable.name == "h_0000:af:00.0"
    assert handles_of(card) == ["0000:af:00.1"]
    assert deployable.handles[0].place == "vf0"
    assert card.control_path["function"] == "0"
    assert card.fields.numa_node == 1
    assert set(deployable.traits) >= {
        "CUSTOM_FPGA_INTEL_PAC_D5005",
        "CUSTOM_FPGA_REGION_INTEL_BFAC4D851EE856FE8C95865CE1BBAA2D",
        "CUSTOM_FPGA_FUNCTION_ID_INTEL_F7DF405CBD7ACF7222F144B0B93ACD18",
    }


def test_the_older_layout_gives_the_same_traits(shared_trees: dict[str, Path]) -> None:
    whole, shared = intel(shared_trees["intel-opae"])
    assert handles_of(whole) == ["0000:5e:00.0"]
    assert handles_of(shared) == ["0000:bf:00.1"]
    assert whole.deployables[0].traits == (
        "OWNER_CYBORG",
        "CUSTOM_FPGA_INTEL",
        "CUSTOM_FPGA_INTEL_PAC_ARRIA10",
        "CUSTOM_FPGA_REGION_INTEL_69528DB6EB31577A8C3668F9FAA081F6",
        "CUSTOM_FPGA_FUNCTION_ID_INTEL_D8424DC4A4A3C413F89E433683F9040B",
    )
    assert shared.facts.functions == ("9aeffe5f84570612c000c9660d824272",)


def test_a_card_without_its_kernel_driver_has_no_function_traits(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree("intel-opae")
    (root / "bus/pci/devices/0000:5e:00.0/fpga").resolve().rename(root / "elsewhere")
    card = intel(root)[0]
    assert card.deployables[0].traits[-1] == "CUSTOM_FPGA_INTEL_PAC_ARRIA10"
    assert card.facts.functions == ()


@pytest.mark.parametrize("garbage", ["zz", "d8424dc4", "../../etc", "d8424dc4" * 5, "\u0661" * 32])
def test_a_garbled_function_id_leaves_out_the_one_card(
    garbage: str, write_tree: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    root = write_tree("intel-dfl")
    port = root / "bus/pci/devices/0000:5e:00.0/fpga_region/region3/dfl-port.0"
    (port.resolve() / "afu_id").write_text(garbage)
    assert [handles_of(card) for card in intel(root)] == [["0000:af:00.1"]]
    assert "0000:5e:00.0 is left out: afu_id:" in caplog.text


def test_virtual_functions_of_an_unreadable_card_are_not_offered_on_their_own(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree("intel-dfl")
    (root / "bus/pci/devices/0000:af:00.0/vendor").write_text("?")
    assert [handles_of(card) for card in intel(root)] == [["0000:5e:00.0"]]


def test_a_card_is_not_offered_whole_while_its_virtual_functions_cannot_be_read(
    write_tree: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    root = write_tree("intel-dfl")
    (root / "bus/pci/devices/0000:af:00.1/vendor").write_text("?")
    assert [handles_of(card) for card in intel(root)] == [["0000:5e:00.0"]]
    assert "0000:af:00.0 is left out: its virtual functions are enabled" in caplog.text


def test_the_name_of_a_card_does_not_depend_on_its_virtual_functions(
    shared_trees: dict[str, Path],
) -> None:
    (before,), (after,) = (intel(shared_trees[f"vf-count-{when}"]) for when in ("before", "after"))
    assert before.deployables[0].name == after.deployables[0].name == "h_0000:3b:00.0"
    assert before.deployables[0].handles == after.deployables[0].handles[:3]
    assert [handle.place for handle in after.deployables[0].handles] == [
        "vf0",
        "vf1",
        "vf2",
        "vf3",
    ]


def test_the_function_that_manages_an_ofs_card_is_never_handed_out(
    shared_trees: dict[str, Path],
) -> None:
    root = shared_trees["ofs-n6001-multi-pf"]
    (card,) = intel(root)
    assert handles_of(card) == [f"0000:b1:00.{number}" for number in (5, 6, 7, 1, 2, 4)]
    places = [handle.place for handle in card.deployables[0].handles]
    assert places == ["vf0", "vf1", "vf2", "pf1", "pf2", "pf4"]
    assert card.facts.firmware_version == "0x50102022267a9ed"
    driver = IntelFpgaDriver(DriverContext(root))
    manager = AttachHandle("PCI", card.control_path)
    with pytest.raises(HandleUnusable):
        driver.prepare(manager)


def test_an_ofs_card_without_virtual_functions_keeps_its_manager_too(
    write_tree: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    root = write_tree("ofs-n6001-multi-pf")
    manager = (root / "bus/pci/devices/0000:b1:00.0").resolve()
    for number in range(3):
        (manager / f"virtfn{number}").unlink()
        (root / f"bus/pci/devices/0000:b1:00.{number + 5}").unlink()
    (card,) = intel(root)
    assert handles_of(card) == [f"0000:b1:00.{number}" for number in (1, 2, 4)]
    driver = IntelFpgaDriver(DriverContext(root))
    with pytest.raises(HandleUnusable, match=r"0000:b1:00\.0.* manages its card"):
        driver.prepare(AttachHandle("PCI", card.control_path))
    for number in (1, 2, 4):
        (root / f"bus/pci/devices/0000:b1:00.{number}").unlink()
    assert intel(root) == ()
    assert "0000:b1:00.0 is left out: it shows the function that manages it" in caplog.text


def test_the_functions_of_an_ofs_card_are_not_offered_while_its_manager_cannot_be_read(
    write_tree: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    root = write_tree("ofs-n6001-multi-pf")
    (root / "bus/pci/devices/0000:b1:00.0/vendor").write_text("?")
    assert intel(root) == ()
    assert "its first function 0000:b1:00.0 cannot be read" in caplog.text


def test_each_function_of_an_ofs_card_excludes_its_own_virtual_functions_only(
    write_tree: Callable[[str], Path],
) -> None:
    root = write_tree("ofs-n6001-multi-pf")
    second = (root / "bus/pci/devices/0000:b1:00.2").resolve()
    (second / "sriov_totalvfs").write_text("4\n")
    (card,) = intel(root)
    drawings = {
        handle.place: Drawing("fpga", handle.consumes) for handle in card.deployables[0].handles
    }
    held = [drawings["vf0"], drawings["pf2"]]
    for place in ("vf1", "pf1"):
        assert not find_overdraft(drawings[place], held, card.capacities)
    assert find_overdraft(Drawing("fpga", {"functions_2": 1}), held, card.capacities)
    assert card.deployables[0].num_accelerators == 6


def test_a_blank_alveo_card_is_said(
    shared_trees: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    assert xilinx(shared_trees["alveo-u200-blank-xdma"]) == ()
    assert "0000:b1:00.0 is left out: it is blank" in caplog.text


def test_only_the_user_function_of_an_alveo_card_is_handed_out(
    shared_trees: dict[str, Path],
) -> None:
    u250, u50 = xilinx(shared_trees["xilinx-alveo"])
    (deployable,) = u250.deployables
    assert deployable.name == "h_0000:3b:00.0"
    assert handles_of(u250) == ["0000:3b:00.1"]
    assert u250.fields.model == "Alveo U250"
    assert u250.facts.functions == ("7b1f0c9e-2f5d-4c0a-9a52-0d6d3b1c8a11",)
    assert deployable.attributes == {"shell": "xilinx_u250_gen3x16_xdma_shell_4_1"}
    assert deployable.traits == (
        "OWNER_CYBORG",
        "CUSTOM_FPGA_XILINX",
        "CUSTOM_FPGA_PRODUCT_ID_5004",
        "CUSTOM_FPGA_FUNCTION_ID_XILINX_7B1F0C9E_2F5D_4C0A_9A52_0D6D3B1C8A11",
    )
    assert handles_of(u50) == ["0000:af:00.1"]
    assert u50.facts.functions == ()


def test_the_management_function_of_an_alveo_card_is_refused(
    shared_trees: dict[str, Path],
) -> None:
    driver = XilinxFpgaDriver(DriverContext(shared_trees["xilinx-alveo"]))
    device = driver.discover(Look())[0]
    (handle,) = device.parts[0].handles
    management = type(handle)("PCI", device.control_path)
    with pytest.raises(HandleUnusable):
        driver.prepare(management)


def test_an_alveo_card_with_its_factory_image_is_left_out(
    shared_trees: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    xilinx(shared_trees["xilinx-alveo"])
    assert "0000:5e:00.0 is left out: needs one user function, has 0" in caplog.text


@pytest.mark.parametrize("nothing", ["", "00000000-0000-0000-0000-000000000000", "0" * 32])
def test_an_alveo_card_with_nothing_loaded_has_no_function(
    nothing: str, write_tree: Callable[[str], Path]
) -> None:
    root = write_tree("xilinx-alveo")
    (root / "bus/pci/devices/0000:3b:00.1/xclbinuuid").write_text(f"{nothing}\n")
    assert xilinx(root)[0].facts.functions == ()


def test_a_garbled_xclbin_uuid_leaves_out_the_one_card(
    write_tree: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    root = write_tree("xilinx-alveo")
    (root / "bus/pci/devices/0000:3b:00.1/xclbinuuid").write_text("\x1b[31m$(id)\n")
    with caplog.at_level(logging.WARNING):
        assert [handles_of(card) for card in xilinx(root)] == [["0000:af:00.1"]]
    assert "\x1b" not in caplog.text


@pytest.mark.parametrize("names", [["xilinx_fpga", "pci"], ["pci", "xilinx_fpga"], ["pci"]])
def test_what_only_manages_an_alveo_card_is_offered_by_nobody(
    write_tree: Callable[[str], Path], names: list[str]
) -> None:
    root = write_tree("alveo-u250")
    for directory in ("bus/pci/devices", "devices/pci0000:af"):
        (root / directory / "0000:af:00.1").rename(root / directory.replace("/", "-"))
    context = DriverContext(root, {"pci_devices": [{"class": "12"}]})
    result = discover_all(load_drivers(names, context))
    assert [device for devices in result.found.values() for device in devices] == []
    (left_out,) = result.left_out
    assert (left_out.name, left_out.trouble.code) == ("0000:af:00.0", "management")


def test_what_manages_a_card_is_taken_by_its_address_only(shared_trees: dict[str, Path]) -> None:
    root = shared_trees["alveo-u250"]
    for entry, taken in (
        ({"vendor_id": "10ee"}, ["0000:af:00.1"]),
        ({"vendor_id": "10ee", "product_id": "5004"}, []),
        ({"address": "0000:af:00.0"}, ["0000:af:00.0"]),
    ):
        (driver,) = load_drivers(["pci"], DriverContext(root, {"pci_devices": [entry]}))
        assert [device.parts[0].address for device in driver.discover(Look())] == taken
