"""What drivers do to clean: resets that are verified, drives that erase themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.driver import CleanFailed, Driver, DriverContext, NoCleanMethod
from cyborg_rr.drivers.loading import load_drivers
from tests.drivers.subjects import OPTIONS


def make(root: Path, name: str = "pci", **options: object) -> Driver:
    """A driver of the tree at ``root``."""
    (driver,) = load_drivers([name], DriverContext(root, {**OPTIONS, **options}))
    return driver


def write_function(root: Path, address: str = "0000:3b:00.0", **files: str | None) -> AttachHandle:
    """A function that the kernel can reset, with other files where a test wants them."""
    directory = root / "bus/pci/devices" / address
    directory.mkdir(parents=True, exist_ok=True)
    content = {
        "vendor": "0x10de",
        "device": "0x1eb8",
        "class": "0x030200",
        "reset": "",
        "reset_method": "flr bus",
        **files,
    }
    for name, text in content.items():
        if text is None:
            (directory / name).unlink(missing_ok=True)
        else:
            (directory / name).write_text(f"{text}\n")
    (directory / "config").write_bytes(bytes.fromhex("de10b81e") + bytes(60))
    domain, bus, rest = address.split(":")
    device, function = rest.split(".")
    return AttachHandle(
        "PCI", {"domain": domain, "bus": bus, "device": device, "function": function}
    )


def test_a_function_is_reset_and_seen_to_answer(tmp_path: Path) -> None:
    handle = write_function(tmp_path)
    assert make(tmp_path).clean(handle) == "function_reset"
    assert (tmp_path / "bus/pci/devices/0000:3b:00.0/reset").read_text().startswith("1")
    assert make(tmp_path).clean(handle) == "function_reset"


@pytest.mark.parametrize("files", [{"reset": None}, {"reset_method": ""}])
def test_a_function_that_the_kernel_cannot_reset_has_no_method(
    tmp_path: Path, files: dict[str, str | None]
) -> None:
    with pytest.raises(NoCleanMethod, match=r"0000:3b:00\.0"):
        make(tmp_path).clean(write_function(tmp_path, **files))


def test_an_older_kernel_that_names_no_methods_is_taken_at_its_word(tmp_path: Path) -> None:
    assert make(tmp_path).clean(write_function(tmp_path, reset_method=None)) == "function_reset"


def test_a_function_that_does_not_come_back_is_not_clean(tmp_path: Path) -> None:
    handle = write_function(tmp_path)
    (tmp_path / "bus/pci/devices/0000:3b:00.0/config").write_bytes(b"\xff" * 64)
    with pytest.raises(CleanFailed, match="does not answer"):
        make(tmp_path).clean(handle)


def test_a_function_that_is_split_is_not_reset(tmp_path: Path) -> None:
    handle = write_function(tmp_path)
    directory = tmp_path / "bus/pci/devices/0000:3b:00.0"
    (directory / "virtfn0").symlink_to("../0000:3b:00.4")
    with pytest.raises(CleanFailed) as raised:
        make(tmp_path).clean(handle)
    assert raised.value.cause == "split"
    assert (directory / "reset").read_text().strip() == ""


def test_a_device_that_is_gone_or_another_one_is_not_touched(tmp_path: Path) -> None:
    handle = write_function(tmp_path)
    driver = make(tmp_path, pci_devices=[{"vendor_id": "10de"}])
    write_function(tmp_path, vendor="0x1002")
    with pytest.raises(CleanFailed) as raised:
        driver.clean(handle)
    assert raised.value.cause == "device_gone"
    assert (tmp_path / "bus/pci/devices/0000:3b:00.0/reset").read_text().strip() == ""


def test_storage_is_not_clean_by_a_reset(tmp_path: Path) -> None:
    handle = write_function(tmp_path, **{"class": "0x010400"})
    with pytest.raises(NoCleanMethod, match="storage"):
        make(tmp_path).clean(handle)
    assert make(tmp_path, reset_suffices=["pci"]).clean(handle) == "function_reset"


def test_an_fpga_keeps_its_bitstream_unless_the_operator_minds_not(tmp_path: Path) -> None:
    handle = write_function(tmp_path, vendor="0x8086", device="0x0b30", **{"class": "0x120000"})
    with pytest.raises(NoCleanMethod, match="programmed"):
        make(tmp_path, "intel_fpga").clean(handle)
    driver = make(tmp_path, "intel_fpga", reset_suffices=["intel_fpga"])
    assert driver.clean(handle) == "function_reset"


def test_a_simulated_device_is_clean_at_once() -> None:
    driver = make(Path("/nowhere"), "fake")
    assert driver.clean(AttachHandle("TEST_PCI", {})) == "simulated"
