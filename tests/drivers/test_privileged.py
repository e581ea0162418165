"""What is done with privileges: to few attributes, below one root, and said in one line if not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from oslo_privsep import priv_context

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.privileged import acts, contexts
from cyborg_rr.drivers.privileged.blocks import NotAsked, is_block_busy
from cyborg_rr.drivers.privileged.nvme import AdminCommand, NotSent, check_owner
from cyborg_rr.drivers.privileged.writing import NotWritten, write_below
from cyborg_rr.drivers.sysfs import Sysfs
from tests.drivers.hosts import GPU, SmallHost

ADDRESS = "0000:3b:00.0"
FUNCTION = f"bus/pci/devices/{ADDRESS}"
UUID = "0f4c1e2a-7a1b-4c3d-9e5f-0123456789ab"

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    host = SmallHost(tmp_path / "sys")
    host.add(ADDRESS, GPU | {"reset": "", "driver_override": "", "sriov_numvfs": "0"}, driver="d")
    (host.root / "bus/pci/drivers/d/unbind").touch()
    (host.root / "bus/pci/drivers/d/bind").touch()
    (host.root / "bus/pci/drivers_probe").touch()
    (host.root / f"bus/mdev/devices/{UUID}").mkdir(parents=True)
    (host.root / f"bus/mdev/devices/{UUID}/remove").touch()
    (host.root / FUNCTION / "mdev_supported_types/nvidia-63").mkdir(parents=True)
    (host.root / FUNCTION / "mdev_supported_types/nvidia-63/create").touch()
    return host.root


def test_each_act_writes_its_value_to_its_attribute(root: Path) -> None:
    sysfs, address = Sysfs(root), PciAddress.parse(ADDRESS)
    acts.set_driver_override(sysfs, address, "vfio-pci")
    acts.unbind(sysfs, address)
    acts.bind(sysfs, address, "d")
    acts.probe(sysfs, address)
    acts.reset(sysfs, address)
    acts.write_attribute(sysfs, f"{FUNCTION}/sriov_numvfs", "4")
    acts.write_attribute(sysfs, f"{FUNCTION}/mdev_supported_types/nvidia-63/create", UUID)
    acts.write_attribute(sysfs, f"bus/mdev/devices/{UUID}/remove", "1")
    expected = {
        f"{FUNCTION}/driver_override": "vfio-pci\n",
        "bus/pci/drivers/d/unbind": ADDRESS,
        "bus/pci/drivers/d/bind": ADDRESS,
        "bus/pci/drivers_probe": ADDRESS,
        f"{FUNCTION}/mdev_supported_types/nvidia-63/create": UUID,
        f"bus/mdev/devices/{UUID}/remove": "1",
    }
    assert {path: (root / path).read_text() for path in expected} == expected
    assert (root / FUNCTION / "reset").read_text().startswith("1")
    assert (root / FUNCTION / "sriov_numvfs").read_text().startswith("4")


@pytest.mark.parametrize(
    "path",
    [
        "kernel/uevent_helper",
        f"{FUNCTION}/config",
        f"{FUNCTION}/../../../../etc/passwd",
        f"{FUNCTION}/rescan",
        "bus/pci/devices/0000:3b:00.0\n/reset",
        "bus/pci/devices/\u0660000:3b:00.0/reset",
        "bus/pci/drivers/../bind",
        "/sys/bus/pci/drivers_probe",
        "",
    ],
)
def test_no_other_attribute_is_written(path: str, root: Path) -> None:
    with pytest.raises(NotWritten, match="is no attribute that is written"):
        write_below(str(root), path, "1")


@pytest.mark.parametrize("value", ["x" * 256, "two\nlines", "\x1b[31m", "\0", "\u0661"])
def test_a_value_is_one_short_line_of_plain_text(value: str, root: Path) -> None:
    with pytest.raises(NotWritten, match="not one short line"):
        write_below(str(root), f"{FUNCTION}/reset", value)


def test_an_attribute_is_a_plain_file_inside_the_tree(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("kept")
    reset = (root / FUNCTION).resolve() / "reset"
    reset.unlink()
    with pytest.raises(NotWritten, match="No such file"):
        write_below(str(root), f"{FUNCTION}/reset", "1")
    reset.symlink_to(outside)
    with pytest.raises(NotWritten, match="symbolic links"):
        write_below(str(root), f"{FUNCTION}/reset", "1")
    reset.unlink()
    reset.mkdir()
    with pytest.raises(NotWritten, match="Is a directory"):
        write_below(str(root), f"{FUNCTION}/reset", "1")
    (root / "bus/pci/drivers/out").symlink_to(tmp_path)
    (tmp_path / "bind").write_text("kept")
    with pytest.raises(NotWritten, match="leads out of"):
        write_below(str(root), "bus/pci/drivers/out/bind", ADDRESS)
    with pytest.raises(NotWritten, match="there is no such attribute"):
        write_below(str(root), "bus/pci/drivers/none/bind", ADDRESS)
    assert (outside.read_text(), (tmp_path / "bind").read_text()) == ("kept", "kept")


@pytest.mark.parametrize(
    ("controller", "command", "cause"),
    [
        ("nvme0", AdminCommand(0x01), "0x1 is not one that is sent"),
        ("nvme0", AdminCommand(0x84, data_bytes=16), "reads no 16 bytes"),
        ("nvme0", AdminCommand(0x06, data_bytes=1 << 20), "reads no 1048576 bytes"),
        ("nvme0", AdminCommand(0x80, timeout_ms=0), "takes at most"),
        ("nvme0", AdminCommand(0x80, word10=1 << 32), "32 bits"),
        ("../sda", AdminCommand(0x06), "is not the name of an NVMe controller"),
        ("nvme99999", AdminCommand(0x06), "/dev/nvme99999: No such file"),
    ],
)
def test_only_known_commands_go_to_nvme_controllers(
    controller: str, command: AdminCommand, cause: str
) -> None:
    contexts.controllers.set_client_mode(False)
    try:
        with pytest.raises(NotSent, match=cause):
            acts.run_admin_command(PciAddress.parse(ADDRESS), controller, command)
    finally:
        contexts.controllers.set_client_mode(True)


def test_a_command_goes_to_the_controller_of_the_function_only(root: Path) -> None:
    place = root / FUNCTION / "nvme/nvme0"
    place.mkdir(parents=True)
    (place / "dev").write_text("241:0\n")
    check_owner(str(root), ADDRESS, "nvme0", os.makedev(241, 0))
    for address, controller, device in (
        (ADDRESS, "nvme0", os.makedev(241, 1)),
        (ADDRESS, "nvme1", os.makedev(241, 0)),
        ("0000:3c:00.0", "nvme0", os.makedev(241, 0)),
        ("../..", "nvme0", os.makedev(241, 0)),
    ):
        with pytest.raises(NotSent, match="nvme"):
            check_owner(str(root), address, controller, device)


@pytest.mark.parametrize("name", ["../sda", "sda/..", "..", "", "null", "none"])
def test_only_block_devices_are_asked_of(name: str) -> None:
    with pytest.raises(NotAsked):
        is_block_busy(name, "1:3")


@pytest.mark.parametrize("helper", [("false",), ("/nonexistent/privsep-helper",)])
def test_an_agent_without_privileges_says_so_in_one_line(
    helper: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts.attributes.stop()
    monkeypatch.setattr(contexts, "find_helper", lambda: helper)
    with pytest.raises(acts.NotPermitted, match="needs privileges") as caught:
        acts.probe(Sysfs(Path("/sys")), PciAddress.parse("ffff:ff:1f.7"))
    assert "\n" not in str(caught.value)


def test_an_agent_that_does_nothing_privileged_does_not_load_what_it_takes() -> None:
    program = (
        "import sys; from cyborg_rr.drivers.loading import list_available, load_drivers;"
        "from cyborg_rr.drivers.driver import DriverContext;"
        "load_drivers(list_available(), DriverContext());"
        "sys.exit('oslo_privsep' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


@pytest.fixture
def helper() -> Iterator[None]:
    contexts.attributes.stop()
    yield
    contexts.attributes.stop()


@only_root
@pytest.mark.usefixtures("helper")
def test_a_process_with_one_capability_writes_and_tells_what_was_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contexts, "MACHINE", str(root))  # which the forked process keeps
    monkeypatch.setattr(acts, "MACHINE", str(root))
    contexts.attributes.start(priv_context.Method.FORK)
    acts.set_driver_override(Sysfs(root), PciAddress.parse(ADDRESS), "vfio-pci")
    assert (root / FUNCTION / "driver_override").read_text() == "vfio-pci\n"
    with pytest.raises(NotWritten, match="there is no such attribute"):
        acts.unbind(Sysfs(root), PciAddress.parse("0000:ff:1f.7"))


@only_root
@pytest.mark.usefixtures("helper")
def test_the_installed_helper_starts_for_the_machines_own_tree() -> None:
    with pytest.raises(NotWritten) as caught:
        acts.unbind(Sysfs(Path("/sys")), PciAddress.parse("ffff:ff:1f.7"))
    assert not isinstance(caught.value, acts.NotPermitted), str(caught.value)
