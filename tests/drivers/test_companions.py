"""What shares an IOMMU group is taken from the host for a guest, and given back as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.drivers.driver import DriverContext, HandleUnusable, Look
from cyborg_rr.drivers.listed_pci import PciDriver
from cyborg_rr.drivers.privileged import acts
from tests.drivers.hosts import AUDIO, BRIDGE, GPU, NIC, USB, SmallHost
from tests.fakes.pci_kernel import PciKernel

PORT, CARD, SOUND, PLUG, OTHER = (
    "0000:3a:00.0",
    "0000:3b:00.0",
    "0000:3b:00.1",
    "0000:3b:00.2",
    "0000:3c:00.0",
)
NATIVE = {
    PORT: "pcieport",
    CARD: "nvidia",
    SOUND: "snd_hda_intel",
    PLUG: "xhci_hcd",
    OTHER: "nvidia",
}


class Stage:
    """A host with a GPU, its sound and USB functions and another GPU, all in one group."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host = SmallHost(tmp_path / "sys")
        for address, files in (
            (PORT, BRIDGE),
            (CARD, GPU),
            (SOUND, AUDIO),
            (PLUG, USB),
            (OTHER, GPU),
        ):
            self.host.add(address, files, group=6)
        self.kernel = PciKernel(self.host.root, NATIVE, frozenset())
        monkeypatch.setattr(acts, "write_attribute", self.kernel.write)
        self.records: Any = tmp_path / "records"

    def make_driver(self) -> PciDriver:
        options = {
            "pci_devices": [{"address": CARD}, {"address": OTHER}],
            "records": self.records,
        }
        return PciDriver(DriverContext(self.host.root, options))

    def drivers(self) -> list[str | None]:
        return [self.kernel.driver_of(address) for address in (PORT, CARD, SOUND, PLUG, OTHER)]

    def handles(self) -> Any:
        devices = self.make_driver().discover(Look())
        return [handle for device in devices for part in device.parts for handle in part.handles]


@pytest.fixture(params=["written down", "in memory"])
def stage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(tmp_path, monkeypatch)
    if request.param == "in memory":
        stage.records = None
    return stage


def test_prepare_frees_the_rest_of_the_group_and_release_gives_it_back(stage: Stage) -> None:
    driver = stage.make_driver()
    handle, _ = stage.handles()
    before = stage.drivers()
    for _ in range(2):
        driver.prepare(handle)
        assert stage.drivers() == ["pcieport", "nvidia", "vfio-pci", "vfio-pci", "vfio-pci"]
    for _ in range(2):
        driver.release(handle)
        assert stage.drivers() == before
        assert stage.kernel.override_of(SOUND) == "(null)"


def test_what_two_handles_need_is_given_back_after_the_second(stage: Stage) -> None:
    driver = stage.make_driver()
    first, second = stage.handles()
    driver.prepare(first)
    driver.prepare(second)
    driver.release(first)
    assert stage.kernel.driver_of(SOUND) == "vfio-pci"
    driver.release(second)
    assert stage.kernel.driver_of(SOUND) == "snd_hda_intel"
    assert stage.kernel.driver_of(OTHER) == "nvidia"


@pytest.mark.parametrize("is_running", [True, False])
@pytest.mark.parametrize("first", [0, 1])
def test_what_is_still_out_itself_is_not_given_back(
    first: int, is_running: bool, stage: Stage
) -> None:
    driver = stage.make_driver()
    handles = stage.handles()
    cards = (CARD, OTHER)
    driver.prepare(handles[first])
    if is_running:  # the hypervisor has bound it, before the other one is added
        stage.kernel.set_override(cards[first], "vfio-pci")
    driver.prepare(handles[1 - first])
    for card in cards:
        stage.kernel.set_override(card, "vfio-pci")
    driver.release(handles[first])
    assert stage.kernel.driver_of(cards[1 - first]) == "vfio-pci"
    assert stage.kernel.driver_of(SOUND) == "vfio-pci"
    driver.release(handles[1 - first])
    assert stage.kernel.driver_of(SOUND) == "snd_hda_intel"
    assert stage.records is None or list(stage.records.iterdir()) == []


def test_what_was_with_vfio_before_stays_there(stage: Stage) -> None:
    stage.kernel.set_override(SOUND, "vfio-pci")
    driver = stage.make_driver()
    handle, _ = stage.handles()
    driver.prepare(handle)
    driver.release(handle)
    assert stage.kernel.driver_of(SOUND) == "vfio-pci"
    assert stage.kernel.override_of(SOUND) == "vfio-pci"


def test_a_companion_that_the_kernel_keeps_makes_the_handle_unusable_and_all_is_undone(
    stage: Stage,
) -> None:
    stage.kernel.refused = frozenset({PLUG})
    driver = stage.make_driver()
    handle, _ = stage.handles()
    before = stage.drivers()
    with pytest.raises(HandleUnusable, match=r"group 6 cannot be freed: .*busy"):
        driver.prepare(handle)
    assert stage.drivers() == before


def test_another_run_of_the_agent_gives_back_what_this_one_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch)
    handle, _ = stage.handles()
    before = stage.drivers()
    stage.make_driver().prepare(handle)
    stage.make_driver().release(handle)
    assert stage.drivers() == before
    assert list(stage.records.iterdir()) == []


def test_a_companion_that_has_left_the_host_is_forgotten(stage: Stage) -> None:
    driver = stage.make_driver()
    handle, _ = stage.handles()
    driver.prepare(handle)
    (stage.host.root / "bus/pci/devices" / SOUND).unlink()
    driver.release(handle)
    assert stage.kernel.driver_of(PLUG) == "xhci_hcd"


def test_a_group_with_what_the_host_needs_is_not_given_away(stage: Stage) -> None:
    driver = stage.make_driver()
    handle, _ = stage.handles()
    directory = stage.host.add("0000:3d:00.0", NIC, group=6)
    (directory / "net/eth0").mkdir(parents=True)
    (directory / "net/eth0/operstate").write_text("up\n")
    (stage.host.root / "class/net").mkdir(parents=True)
    (stage.host.root / "class/net/eth0").symlink_to(
        "../../devices/pci0000:00/0000:3d:00.0/net/eth0"
    )
    with pytest.raises(HandleUnusable, match=r"group 6 has 0000:3d:00.0: its interface eth0"):
        driver.prepare(handle)
    assert stage.drivers()[2] == "snd_hda_intel"


def test_a_group_with_what_cannot_be_read_is_not_given_away(stage: Stage) -> None:
    driver = stage.make_driver()
    handle, _ = stage.handles()
    stage.host.add("0000:3d:00.0", NIC | {"class": "garbage"}, group=6)
    with pytest.raises(HandleUnusable, match=r"group 6 has 0000:3d:00.0, which cannot be read"):
        driver.prepare(handle)
    assert stage.drivers()[2] == "snd_hda_intel"
    look = Look()
    assert driver.discover(look) == ()
    assert {one.trouble.code for one in look.left_out} == {"group_not_viable"}


def test_records_that_are_garbage_are_no_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch)
    stage.records.mkdir()
    for name, content in (
        (SOUND, "{"),
        (PLUG, "[]"),
        (OTHER, '{"driver": null}'),
        ("x", "{}"),
    ):
        (stage.records / f"{name}.json").write_text(content)
    handle, _ = stage.handles()
    driver = stage.make_driver()
    before = stage.drivers()
    driver.prepare(handle)
    driver.release(handle)
    assert stage.drivers() == before
