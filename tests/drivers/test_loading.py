"""Loading drivers by name, and putting together what they find."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts, Trouble
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.answers import MAX_DEVICES
from cyborg_rr.drivers.driver import (
    NO_VGPU_TYPE,
    WHOLE_OFFERED,
    DiscoveryFailed,
    Driver,
    DriverContext,
    Look,
)
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.drivers.listed_pci import PciDriver, make_device
from cyborg_rr.drivers.loading import (
    NAMESPACE,
    DiscoveryResult,
    discover_all,
    list_available,
    load_drivers,
)
from cyborg_rr.drivers.simulated.fake import FakeDriver
from cyborg_rr.drivers.whole_function.families import load_families
from tests.drivers.hosts import NIC, SmallHost


class Scripted:
    """A driver that returns or raises what it is told."""

    is_generic = False

    def __init__(self, name: str, outcome: Sequence[FoundDevice] | Exception) -> None:
        self.name = name
        self.outcome = outcome

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def prepare(self, handle: AttachHandle) -> None:
        raise AssertionError

    def release(self, handle: AttachHandle) -> None:
        raise AssertionError


@pytest.fixture
def mixed(shared_trees: dict[str, Path]) -> list[Driver]:
    context = DriverContext(shared_trees["nvidia-mixed"], {"pci_devices": [{"vendor_id": "10de"}]})
    return [PciDriver(context), NvidiaGpuDriver(context, None)]


def owners_of(result: DiscoveryResult) -> dict[str, str]:
    return {
        part.address: name
        for name, devices in result.found.items()
        for device in devices
        for part in device.parts
    }


def devices_of(result: DiscoveryResult) -> list[FoundDevice]:
    return [device for devices in result.found.values() for device in devices]


def test_every_driver_of_the_project_is_installed_under_its_own_name() -> None:
    entries = {entry.name for entry in entry_points(group=NAMESPACE)}
    assert entries.isdisjoint(load_families())
    names = entries | set(load_families())
    assert set(list_available()) == names
    drivers = load_drivers(sorted(names), DriverContext())
    assert [driver.name for driver in drivers] == sorted(names)
    assert [driver.name for driver in drivers if driver.is_generic] == ["pci"]


def test_an_unknown_driver_is_refused_with_the_option_and_the_choices() -> None:
    with pytest.raises(InvalidInput) as refusal:
        load_drivers(["fake", "gpu"], DriverContext())
    assert str(refusal.value) == (
        "option [agent] enabled_drivers: there is no driver 'gpu'; available: "
        + ", ".join(list_available())
    )
    shipped = {"fake", "huawei_ascend", "intel_fpga", "nvidia_gpu", "pci", "xilinx_fpga"}
    assert shipped <= set(list_available())


def test_a_driver_that_stands_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="enabled_drivers: 'fake' stands twice"):
        load_drivers(["fake", "fake"], DriverContext())


def test_a_mistaken_option_of_a_driver_stops_the_start() -> None:
    with pytest.raises(InvalidInput, match=r"option \[pci\] device_spec"):
        load_drivers(["pci"], DriverContext(options={"pci_devices": "all"}))


@pytest.fixture
def broken_module(monkeypatch: pytest.MonkeyPatch) -> None:
    # None in sys.modules is Python's own way to say: this module cannot be imported
    monkeypatch.setitem(sys.modules, "cyborg_rr.drivers.fpga.intel", None)


@pytest.mark.usefixtures("broken_module")
def test_a_driver_that_cannot_be_imported_is_reported_and_hides_no_other() -> None:
    drivers = load_drivers(["intel_fpga", "fake"], DriverContext())
    result = discover_all(drivers)
    assert len(devices_of(result)) == 1
    assert list(result.failures) == ["intel_fpga"]
    assert "could not be loaded" in result.failures["intel_fpga"]


@pytest.mark.usefixtures("broken_module")
def test_a_driver_that_is_not_enabled_is_not_imported() -> None:
    assert not discover_all(load_drivers(["fake"], DriverContext())).failures


@pytest.mark.parametrize("error", [ImportError("no module"), SystemExit(3)], ids=repr)
def test_a_driver_that_ends_its_import_in_any_way_is_reported(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> None:
        raise error

    monkeypatch.setattr("cyborg_rr.drivers.loading._find_factory", fail)
    (driver,) = load_drivers(["fake"], DriverContext())
    with pytest.raises(DiscoveryFailed, match="could not be loaded"):
        driver.discover(Look())


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (DiscoveryFailed("no sysfs"), "no sysfs"),
        (RuntimeError("boom\nsecond line"), "RuntimeError: boom second line"),
        (KeyError("x"), "KeyError: 'x'"),
        (ValueError(), "ValueError"),
    ],
)
def test_the_failure_of_one_driver_never_hides_the_devices_of_another(
    error: Exception, cause: str
) -> None:
    result = discover_all([Scripted("first", error), FakeDriver(DriverContext())])
    assert result.failures == {"first": cause}
    assert len(devices_of(result)) == 1


def make_found(**said: Any) -> FoundDevice:
    """A device of a plug-in that does not keep to the types."""
    right: dict[str, Any] = {
        "control_path": {"slot": "1"},
        "facts": DeviceFacts("GPU"),
        "fields": DeviceFields("vendor", "model"),
        "parts": (make_part(),),
    }
    return FoundDevice(**(right | said))


def make_part(info: Any = MappingProxyType({"slot": "1"}), **said: Any) -> FoundPart:
    return FoundPart("slot-1", (AttachHandle("PCI", info, **said),))


CARD = {"domain": "0000", "bus": "19", "device": "00", "function": "0"}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        5,
        "text",
        {"a": 1},
        [None],
        [make_found(control_path=None)],
        [make_found(control_path={})],
        [make_found(control_path={1: "a"})],
        [make_found(facts=None)],
        [make_found(facts=DeviceFacts(None))],  # type: ignore[arg-type]
        [make_found(fields=DeviceFields("vendor", "model", numa_node=1 << 40))],
        [make_found(parts=None)],
        [make_found(parts=(None,))],
        [make_found(parts=(FoundPart("slot-1", (None,)),))],  # type: ignore[arg-type]
        [make_found(parts=(make_part(None),))],
        [make_found(parts=(make_part({"slot": b"1"}),))],
        [make_found(parts=(make_part(consumes={"functions": "all"}),))],
        [make_found(parts=(make_part(consumes={"functions": -1}),))],
        [make_found(capacities={"functions": -1})],
        [make_found(identity=[])],
        [make_found(trouble="bad")],
        [make_found(parts=(), cut_from=CARD)],
        [make_found()] * (MAX_DEVICES + 1),
    ],
    ids=lambda answer: repr(answer)[:60],
)
def test_a_driver_that_returns_what_is_no_device_fails_and_hides_no_other(
    answer: Any, shared_trees: dict[str, Path]
) -> None:
    other = NvidiaGpuDriver(DriverContext(shared_trees["nvidia-mixed"]), None)
    result = discover_all([Scripted("plug-in", answer), other])
    assert list(result.failures) == ["plug-in"]
    assert result.found["nvidia_gpu"]


def test_what_is_left_out_is_said_in_words() -> None:
    with pytest.raises(DiscoveryFailed, match="without saying in words"):
        Look().leave_out("0000:19:00.0", "slot", Trouble("split", None))  # type: ignore[arg-type]


def test_what_a_plug_in_leaves_out_needs_no_address() -> None:
    class Other(Scripted):
        def discover(self, look: Look) -> Sequence[FoundDevice]:
            look.leave_out("tray 1", "slot", Trouble(NO_VGPU_TYPE, "it has no type"))
            return ()

    (left_out,) = discover_all([Other("plug-in", ())]).left_out
    assert left_out.name == "tray 1"


def test_a_driver_that_fails_half_way_counts_as_failed() -> None:
    class HalfWay(Scripted):
        def discover(self, look: Look) -> Iterator[FoundDevice]:  # type: ignore[override]
            yield from FakeDriver(DriverContext()).discover(Look())
            raise OSError("bus reset")

    result = discover_all([HalfWay("half", ())])
    assert devices_of(result) == []
    assert result.failures == {"half": "OSError: bus reset"}


def test_the_generic_driver_gets_only_what_no_other_claims(
    shared_trees: dict[str, Path],
) -> None:
    context = DriverContext(shared_trees["vmd-domain"], {"pci_devices": [{"address": "*"}]})
    owners = owners_of(discover_all([PciDriver(context), NvidiaGpuDriver(context, None)]))
    assert owners == {"0000:17:00.0": "nvidia_gpu", "0000:00:00.0": "pci"}


def test_what_its_own_driver_says_is_no_device_goes_to_no_other(mixed: list[Driver]) -> None:
    result = discover_all(mixed)
    assert owners_of(result) == {"0000:b0:00.0": "nvidia_gpu"}
    assert {one.trouble.code for one in result.left_out if one.name.startswith("0000:3b")} == {
        "split",
        "no_vgpu_type",
    }


def test_half_of_a_module_goes_to_no_other_driver(write_tree: Callable[[str], Path]) -> None:
    root = write_tree("ascend-910c")
    (root / "bus/pci/devices/0000:9d:00.0").resolve().joinpath("dev_id").unlink()
    context = DriverContext(root, {"pci_devices": [{"class": "12"}]})
    result = discover_all(load_drivers(["pci", "huawei_ascend"], context))
    assert result.found["pci"] == ()
    halves = {"0000:9d:00.0": "module_incomplete", "0000:9f:00.0": "module_incomplete"}
    assert {one.name: one.trouble.code for one in result.left_out} == halves


def test_what_manages_a_board_goes_to_no_other_driver(write_tree: Callable[[str], Path]) -> None:
    root = write_tree("ofs-n6001-multi-pf")
    for number in range(1, 8):
        (root / f"bus/pci/devices/0000:b1:00.{number}").unlink(missing_ok=True)
    for link in (root / "bus/pci/devices/0000:b1:00.0").resolve().glob("virtfn*"):
        link.unlink()
    context = DriverContext(root, {"pci_devices": [{"class": "12"}]})
    result = discover_all(load_drivers(["pci", "intel_fpga"], context))
    assert result.found["pci"] == ()
    assert {one.trouble.code for one in result.left_out} == {"management"}


def test_of_two_specific_drivers_the_first_in_the_configuration_wins() -> None:
    (device,) = FakeDriver(DriverContext()).discover(Look())
    twin = replace(device, fields=replace(device.fields, model="other"))
    result = discover_all([Scripted("a", [twin]), Scripted("b", [device])])
    assert [found.fields.model for found in devices_of(result)] == ["other"]


def test_devices_that_share_a_handle_are_not_both_reported() -> None:
    (device,) = FakeDriver(DriverContext()).discover(Look())
    overlapping = replace(device, control_path={"bus": "elsewhere"})
    result = discover_all([Scripted("a", [device]), Scripted("b", [overlapping])])
    assert devices_of(result) == [device]


def test_a_failed_drivers_devices_do_not_change_hands_meanwhile(mixed: list[Driver]) -> None:
    first = discover_all(mixed)
    pci, nvidia = mixed
    broken = Scripted(nvidia.name, RuntimeError("boom"))
    second = discover_all([pci, broken], first.owners)
    assert "0000:b0:00.0" not in owners_of(second)
    third = discover_all([pci, broken], second.owners)
    assert owners_of(third) == owners_of(second)
    assert owners_of(discover_all(mixed, third.owners)) == owners_of(first)


def test_a_driver_that_is_no_longer_enabled_gives_up_its_devices(mixed: list[Driver]) -> None:
    first = discover_all(mixed)
    pci, _ = mixed
    assert owners_of(discover_all([pci], first.owners))["0000:b0:00.0"] == "pci"


def cut(host: SmallHost) -> tuple[PciDriver, Sequence[FoundDevice], FoundDevice]:
    """A driver that lists virtual functions only, what it finds, and their card as another sees it.

    The other driver offers the card in parts of its own (an accelerator beside network functions).
    """
    host.add("0000:18:00.0", NIC)
    host.add_virtual("0000:18:00.0", NIC | {"device": "0x1889"}, "0000:18:01.0", "0000:18:01.1")
    driver = PciDriver(DriverContext(host.root, {"pci_devices": [{"product_id": "1889"}]}))
    functions = driver.discover(Look())
    card = make_device(host.find("0000:18:00.0"), ())
    part = FoundPart("0000:18:00.0", (AttachHandle("OTHER", {"part": "0"}),))
    return driver, functions, replace(card, parts=(part,))


def test_a_virtual_function_that_is_listed_alone_says_which_card_it_is_cut_from(
    tmp_path: Path,
) -> None:
    _, functions, card = cut(SmallHost(tmp_path))
    assert [device.cut_from for device in functions] == [card.control_path] * 2


def test_what_is_cut_from_a_card_of_another_driver_is_left_out_with_the_cause(
    tmp_path: Path,
) -> None:
    driver, functions, card = cut(SmallHost(tmp_path))
    result = discover_all([driver, Scripted("card", [card])])
    assert devices_of(result) == [card]
    assert {one.slot_key: one.trouble.code for one in result.left_out} == {
        device.slot_key: WHOLE_OFFERED for device in functions
    }


def test_a_card_of_which_another_driver_offers_functions_is_not_offered(tmp_path: Path) -> None:
    driver, functions, card = cut(SmallHost(tmp_path))
    result = discover_all([Scripted("functions", functions), Scripted("card", [card])])
    assert devices_of(result) == list(functions)
    assert driver.is_generic


def test_what_is_cut_from_a_card_waits_for_the_driver_of_the_card(tmp_path: Path) -> None:
    driver, functions, card = cut(SmallHost(tmp_path))
    before = discover_all([Scripted("card", [card])])
    result = discover_all([Scripted("card", DiscoveryFailed("gone")), driver], before.owners)
    assert devices_of(result) == []
    assert len(discover_all([driver], before.owners).found["pci"]) == len(functions)
