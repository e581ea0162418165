"""What drivers do to clean: resets that are verified, drives that erase themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.driver import CleanFailed, Driver, DriverContext, NoCleanMethod
from cyborg_rr.drivers.loading import load_drivers
from cyborg_rr.drivers.pci.cleaning import nvme
from tests.drivers.subjects import OPTIONS
from tests.fakes.nvme import FakeDrive


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


def test_a_drive_without_the_kernels_driver_cannot_be_told(tmp_path: Path) -> None:
    handle = write_function(tmp_path, **{"class": "0x010802"})
    with pytest.raises(CleanFailed) as raised:
        make(tmp_path).clean(handle)
    assert raised.value.cause == "no_controller"


def erase(drive: FakeDrive) -> str:
    """Erase without waiting in earnest."""
    return nvme.erase(drive.send, clock=lambda: drive.now, sleep=drive.sleep)


def test_a_drive_that_can_erases_its_key() -> None:
    drive = FakeDrive(sanitize_abilities=0b011)
    assert erase(drive) == "nvme_sanitize"
    assert drive.actions == [nvme.CRYPTO_ERASE]
    assert drive.is_erased


def test_a_drive_without_keys_erases_its_blocks_and_is_waited_for() -> None:
    drive = FakeDrive(sanitize_abilities=0b010, polls=50)
    assert erase(drive) == "nvme_sanitize"
    assert drive.actions == [nvme.BLOCK_ERASE]
    assert drive.now >= 49


def test_an_erasure_that_was_begun_before_is_waited_for_and_not_begun_again() -> None:
    drive = FakeDrive(sanitize_abilities=0b010, polls=5)
    drive.begin(nvme.BLOCK_ERASE)
    assert erase(drive) == "nvme_sanitize"
    assert drive.actions == [nvme.BLOCK_ERASE]


@pytest.mark.parametrize("outcome", [0, nvme.FAILED, 7])
def test_an_erasure_that_did_not_succeed_is_no_clean(outcome: int) -> None:
    drive = FakeDrive(sanitize_abilities=0b010, outcome=outcome)
    with pytest.raises(CleanFailed, match="does not say that it sanitized itself"):
        erase(drive)


def test_an_erasure_without_end_is_given_up() -> None:
    drive = FakeDrive(sanitize_abilities=0b010, polls=10**9)
    with pytest.raises(CleanFailed, match="% after a day"):
        erase(drive)


def test_a_drive_that_cannot_sanitize_formats_each_namespace_as_it_is() -> None:
    drive = FakeDrive(can_format=True, namespaces={1: (0x12, 0b1001), 7: (0x00, 0)})
    assert erase(drive) == "nvme_format"
    assert drive.formats == {
        1: 0x2 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 9,
        7: 1 << 9,
    }


def test_a_namespace_that_cannot_be_reached_keeps_the_drive_out() -> None:
    drive = FakeDrive(can_format=True, manages=True, namespaces={1: (0, 0)}, hidden=[2])
    with pytest.raises(CleanFailed, match="namespace 2") as raised:
        erase(drive)
    assert raised.value.cause == "erase_incomplete"
    assert drive.formats == {}


def test_a_drive_that_can_do_neither_has_no_method() -> None:
    with pytest.raises(NoCleanMethod):
        erase(FakeDrive())


def test_a_simulated_device_is_clean_at_once() -> None:
    driver = make(Path("/nowhere"), "fake")
    assert driver.clean(AttachHandle("TEST_PCI", {})) == "simulated"
