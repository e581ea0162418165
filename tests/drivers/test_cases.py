"""Trees after public reports, each with its right answer: what is offered, what not, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import Drawing, find_overdraft
from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.loading import DiscoveryResult, discover_all, load_drivers

EVERYTHING: tuple[dict[str, str], ...] = ({"address": "*"},)


@dataclass(frozen=True)
class Case:
    """What the enabled drivers offer: handles by address with their units; and what is left out."""

    tree: str
    offered: Mapping[str, int | None]
    left_out: Mapping[str, str] = field(default_factory=dict)
    drivers: tuple[str, ...] = ("nvidia_gpu",)
    listed: tuple[dict[str, str], ...] = ()
    offer_in_use: tuple[str, ...] = ()


CASES = (
    Case("two-gpus-one-iommu-group", {"0000:27:00.0": 40, "0000:28:00.0": 40, "0000:43:00.0": 41}),
    Case("iommu-companion-audio", {"0000:86:00.0": 6}),
    Case("iommu-companion-audio", {"0000:86:00.0": 6}, {}, ("pci",), EVERYTHING),
    Case("fallen-off-vfio", {"0000:02:00.0": 3}, {"0000:01:00.0": "not_answering"}),
    Case(
        "fallen-off-vfio",
        {"0000:02:00.0": 3},
        {"0000:01:00.0": "not_answering"},
        ("pci",),
        ({"address": "0000:01:00.0"}, {"address": "0000:02:00.0"}),
    ),
    Case("console-gpu", {}, {"0000:01:00.0": "console"}),
    Case("console-gpu", {}, {"0000:01:00.0": "console"}, ("pci",), EVERYTHING),
    Case("console-gpu", {"0000:01:00.0": 2}, offer_in_use=("0000:01:00.0",)),
    Case("console-gpu", {"0000:01:00.0": 2}, {}, ("pci",), ({"address": "0000:01:00.0"},)),
    Case(
        "domain-wide",
        {"0000:89:00.0": 5, "0001:89:00.0": 4},
        {"10001:01:00.0": "address_unusable"},
    ),
    Case("vmd-domain", {"0000:17:00.0": None}),
    Case(
        "vmd-domain",
        {"0000:00:00.0": None, "0000:17:00.0": None},
        {"10001:8a:00.0": "address_unusable"},
        ("nvidia_gpu", "pci"),
        EVERYTHING,
    ),
    Case("numa-minus-one", {"0000:0b:00.0": None}),
    Case("nouveau", {"0000:0b:00.0": 7}),
    Case("gb200", {f"{domain}:01:00.0": None for domain in ("0008", "0009", "0018", "0019")}),
    Case(
        "vfs-enabled-while-pf-held",
        {"0000:f3:00.1": 61, "0000:f3:00.2": 62},
        {},
        ("pci",),
        EVERYTHING,
    ),
    Case(
        "vfs-enabled-while-pf-held",
        {},
        {"0000:f3:00.0": "split"},
        ("pci",),
        ({"product_id": "4940"},),
    ),
)


def discover(case: Case, root: Path) -> DiscoveryResult:
    options = {
        "pci_devices": list(case.listed),
        "offer_in_use": list(case.offer_in_use),
        "nvml": False,
    }
    return discover_all(load_drivers(case.drivers, DriverContext(root, options)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.tree}-{case.drivers[0]}")
def test_a_tree_is_offered_as_is_right(case: Case, shared_trees: dict[str, Path]) -> None:
    result = discover(case, shared_trees[case.tree])
    assert not result.failures
    units = {
        PciAddress.parse_info(handle.info).render(): handle.unit
        for devices in result.found.values()
        for device in devices
        for part in device.parts
        for handle in part.handles
    }
    expected = {
        address: None if group is None else f"iommu_group:{group}"
        for address, group in case.offered.items()
    }
    assert units == expected
    assert {one.name: one.trouble.code for one in result.left_out} == dict(case.left_out)


def draw(result: DiscoveryResult, holders: Mapping[str, str]) -> dict[str, Drawing]:
    """What each handle takes, by address, for the holders of these."""
    return {
        address: Drawing(device.slot_key, handle.consumes, handle.unit, holders[address])
        for devices in result.found.values()
        for device in devices
        for part in device.parts
        for handle in part.handles
        if (address := PciAddress.parse_info(handle.info).render()) in holders
    }


def test_two_gpus_of_one_group_go_to_one_instance(shared_trees: dict[str, Path]) -> None:
    result = discover(CASES[0], shared_trees[CASES[0].tree])
    drawn = draw(result, {"0000:27:00.0": "a", "0000:28:00.0": "b", "0000:43:00.0": "b"})
    held = [drawn["0000:27:00.0"]]
    assert find_overdraft(drawn["0000:28:00.0"], held, {}) is not None
    assert find_overdraft(drawn["0000:43:00.0"], held, {}) is None
    same = draw(result, {"0000:28:00.0": "a"})["0000:28:00.0"]
    assert find_overdraft(same, held, {}) is None


def test_a_function_that_was_held_whole_leaves_nothing_for_its_virtual_ones(
    write_tree: Callable[[str], Path], shared_trees: dict[str, Path]
) -> None:
    name = "vfs-enabled-while-pf-held"
    before = write_tree(name)
    for number in (1, 2):
        (before / f"bus/pci/devices/0000:f3:00.{number}").unlink()
        (before / f"bus/pci/devices/0000:f3:00.0/virtfn{number - 1}").unlink()
    whole = discover(Case(name, {}, {}, ("pci",), EVERYTHING), before)
    split = discover(Case(name, {}, {}, ("pci",), EVERYTHING), shared_trees[name])
    (device,) = split.found["pci"]
    held = draw(whole, {"0000:f3:00.0": "a"})["0000:f3:00.0"]
    part = draw(split, {"0000:f3:00.1": "b"})["0000:f3:00.1"]
    other = draw(split, {"0000:f3:00.2": "c"})["0000:f3:00.2"]
    assert held.device == part.device
    assert find_overdraft(part, [held], device.capacities) is not None
    assert find_overdraft(held, [part], device.capacities) is not None
    assert find_overdraft(other, [part], device.capacities) is None
