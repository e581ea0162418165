"""Trees after public reports, each with its right answer: what is offered, what not, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml

from cyborg_rr.agent.discovery import Host
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import Drawing, find_overdraft
from cyborg_rr.domain.hardware.devices import Deployable, Device, Snapshot
from cyborg_rr.domain.requests import Claim
from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.loading import DiscoveryResult, discover_all, load_drivers
from cyborg_rr.drivers.pci.reading.bus import PciBus
from cyborg_rr.drivers.sysfs import Sysfs
from tests.drivers.hosts import SmallHost
from tests.drivers.nvidia.machines import load_nvml
from tests.drivers.trees import load_tree
from tests.shipped import load


@dataclass(frozen=True)
class Answer:
    """What is right of a tree, in lines as ``render_offer`` writes them.

    ``default``: with the drivers of the default configuration; ``beside``: what the driver pci adds
    to that when it lists all classes; ``alone``: what that offers when no other driver is enabled
    (None: the same as they). What is left out is the same in all three unless it is said.
    """

    tree: str
    default: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    alone: tuple[str, ...] | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    left_out_beside: Mapping[str, str] | None = None
    left_out_alone: Mapping[str, str] | None = None

    def offers(self, configuration: str) -> tuple[str, ...]:
        """What is offered in a configuration, in order."""
        if configuration == "alone":
            same = (f"pci {line.partition(' ')[2]}" for line in self.default)
            return tuple(sorted(same)) if self.alone is None else self.alone
        return tuple(sorted(self.default + (self.beside if configuration == "beside" else ())))

    def leaves_out(self, configuration: str) -> Mapping[str, str]:
        """What is left out in a configuration, with the codes."""
        own = {"beside": self.left_out_beside, "alone": self.left_out_alone}.get(configuration)
        return self.left_out if own is None else own


EVERY_CLASS = [{"class": f"{number:02x}"} for number in range(256)]
CONFIGURATIONS: Mapping[str, tuple[str, ...]] = {
    "default": ("accelerators",),
    "beside": ("accelerators", "pci"),
    "alone": ("pci",),
}
CATALOGUE = load()


def render_offer(device: Device, deployable: Deployable) -> str:
    """Driver, address with part, addresses handed out, kind, resource class, device class, GiB.

    The hash of what makes a device another one than the catalogue's stands as ``#``.
    """
    found = CATALOGUE.represent(deployable.part_facts or device.facts)
    at = PciAddress.parse_info(device.control_path).render()
    handed = sorted({PciAddress.parse_info(each.info).render() for each in deployable.handles})
    memory = "-" if found.memory_bytes is None else f"{found.memory_bytes / 2**30:.1f}"
    name = f"{at}_{deployable.part}" if deployable.part else at
    which = f"{handed[0]}..{handed[-1]}" if len(handed) > 1 else handed[0]
    words = (deployable.driver_name, name, f"{deployable.num_accelerators} of {which}", found.kind)
    device_class = re.sub(r"(?<=-)[0-9a-f]{8}$", "#", found.device_class)
    return " ".join(map(str, (*words, deployable.resource_class, device_class, memory)))


def look(tree: str, root: Path, configuration: str) -> Snapshot:
    """What an agent sees on a tree, with NVIDIA's library where the tree says what that says."""
    nvml = load_nvml(tree) if load_tree(tree).nvml else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cyborg_rr.drivers.gpu.nvidia.driver.find_module", lambda: nvml)
        context = DriverContext(root, {"pci_devices": EVERY_CLASS})
        drivers = load_drivers(CONFIGURATIONS[configuration], context)
    snapshot, _ = Host("h", drivers).look()
    assert not snapshot.failed_drivers
    return snapshot


def tell(tree: str, root: Path, configuration: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """What a host offers, and what it leaves out with which code."""
    snapshot = look(tree, root, configuration)
    offers = (render_offer(device, part) for device, part in list_parts(snapshot))
    return tuple(sorted(offers)), {one.name: one.trouble.code for one in snapshot.left_out}


def list_parts(snapshot: Snapshot) -> list[tuple[Device, Deployable]]:
    """Every deployable with its device."""
    return [(device, part) for device in snapshot.devices for part in device.deployables]


def read_answers(text: str) -> Iterator[Answer]:
    """The answers of ``cases.yaml``, by tree."""
    for tree, said in yaml.safe_load(text).items():
        yield Answer(tree, **{name: freeze(value) for name, value in said.items()})


def freeze(value: list[str] | dict[str, str]) -> tuple[str, ...] | dict[str, str]:
    return tuple(value) if isinstance(value, list) else value


ANSWERS = tuple(read_answers(Path(__file__).with_name("cases.yaml").read_text()))
"""Of every case: one tree stands for both configurations of the L40S, its entries are the same."""


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.tree)
def test_a_case_has_its_right_answer(
    answer: Answer, configuration: str, shared_trees: dict[str, Path]
) -> None:
    offers, left_out = tell(answer.tree, shared_trees[answer.tree], configuration)
    assert offers == answer.offers(configuration)
    assert left_out == answer.leaves_out(configuration)


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_no_virtual_function_of_any_tree_is_described_as_its_card(
    configuration: str, shared_trees: dict[str, Path]
) -> None:
    tried = 0
    for tree, root in shared_trees.items():
        bus = PciBus(Sysfs(root))
        for device, part in list_parts(look(tree, root, configuration)):
            functions = [bus.find(PciAddress.parse_info(each.info)) for each in part.handles]
            facts = part.part_facts or device.facts
            if facts.kind == "FPGA" or not any(f and f.physical_function for f in functions):
                continue  # of an FPGA's function its region is said, which is no share of memory
            tried += 1
            assert facts.partition is not None, (tree, part.name)
            found = CATALOGUE.represent(facts)
            whole = CATALOGUE.represent(replace(facts, partition=None, memory_bytes=None))
            assert found.memory_bytes is None or found.memory_bytes != whole.memory_bytes
            assert found.device_class != whole.device_class or "-vf" in found.device_class
    assert tried


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


ACCELERATORS = ("accelerators",)

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
    *(
        Case(
            "l40s-vendor-vgpu",
            {"0000:42:00.4": 100, "0000:42:00.5": 101},
            {"0000:42:00.6": "no_vgpu_type", "0000:42:00.7": "no_vgpu_type"},
            drivers,
            ({"vendor_id": "10de"},),
        )
        for drivers in (("nvidia_gpu",), ("pci", "nvidia_gpu"))
    ),
    Case(
        "h100-sriov-20vf",
        {},
        {"0000:1b:00.0": "split"}
        | {f"0000:1b:{1 + n // 8:02x}.{n % 8}": "no_vgpu_type" for n in range(20)},
        ("pci", "nvidia_gpu"),
        ({"vendor_id": "10de"},),
    ),
    Case(
        "vfs-enabled-while-pf-held",
        {"0000:f3:00.1": 61, "0000:f3:00.2": 62},
        {},
        ("pci",),
        EVERYTHING,
    ),
    Case("vfs-enabled-while-pf-held", {"0000:f3:00.1": 61, "0000:f3:00.2": 62}, {}, ACCELERATORS),
    Case("qat-and-nic-vfs", {"0000:f3:00.1": None, "0000:f3:00.2": None}, {}, ACCELERATORS),
    Case("qat-4xxx", {f"0000:f3:00.{4 + n}": 100 + n for n in range(3)}, {}, ACCELERATORS),
    Case(
        "ofs-n6001-multi-pf",
        {f"0000:b1:00.{n}": None for n in (1, 2, 4, 5, 6, 7)},
        {},
        ACCELERATORS,
    ),
    Case("alveo-u200-blank-xdma", {}, {"0000:b1:00.0": "blank"}, ACCELERATORS),
    Case("alveo-u250", {"0000:af:00.1": None}, {}, ACCELERATORS),
    Case("alveo-u55c", {"0000:81:00.1": None}, {}, ACCELERATORS),
    Case("intel-arc-b", {"0000:4d:00.0": 50}, {}, ACCELERATORS),
    Case("intel-flex-default", {"0000:4d:00.0": 50}, {}, ACCELERATORS),
    Case("amd-mi300x-default", {"0000:07:00.0": None}, {}, ACCELERATORS),
    Case("gaudi2", {"0000:19:00.0": None}, {}, ACCELERATORS),
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
    (whole, *_) = (device.capacities for device in result.found["nvidia_gpu"])
    assert find_overdraft(drawn["0000:28:00.0"], held, whole) is not None
    assert find_overdraft(drawn["0000:43:00.0"], held, whole) is None
    same = draw(result, {"0000:28:00.0": "a"})["0000:28:00.0"]
    assert find_overdraft(same, held, whole) is None


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


GAUDI = {"vendor": "0x1da3", "device": "0x1020", "class": "0x120000"}
GAUDI_VF = GAUDI | {"device": "0x1021"}


def test_while_a_card_is_held_whole_its_virtual_functions_of_another_driver_are_out(
    tmp_path: Path,
) -> None:
    """The family offers the card, and does not know the functions, which pci lists by their id."""
    small = SmallHost(tmp_path)
    small.add("0000:19:00.0", GAUDI, group=7)
    options = {"pci_devices": [{"product_id": "1021"}]}
    host = Host("h", load_drivers(["habana_gaudi", "pci"], DriverContext(tmp_path, options)))
    ((card, whole),) = list_parts(host.look()[0])
    claim = Claim("b", "arq", whole.name, whole.handles[0], card.key)
    small.add_virtual("0000:19:00.0", GAUDI_VF, "0000:19:00.1", "0000:19:00.2")
    held, _ = host.look([claim])
    assert held.devices == ()
    assert {one.name: one.trouble.code for one in held.left_out} == {
        "0000:19:00.0": "split",
        "0000:19:00.1": "whole_held",
        "0000:19:00.2": "whole_held",
    }
    free, _ = host.look()
    assert [part.resource_class for _, part in list_parts(free)] == ["CUSTOM_PCI"] * 2


@pytest.mark.parametrize("pci_class", ["0x030200", "0x120000"])
def test_a_virtual_function_listed_alone_keeps_its_resource_class_and_is_no_card(
    pci_class: str, tmp_path: Path
) -> None:
    """As the first release offered it: allocations and profiles name the class."""
    small = SmallHost(tmp_path)
    ids = {"vendor": "0x10de", "device": "0x2330", "class": pci_class}
    small.add("0000:1b:00.0", ids)
    small.add_virtual("0000:1b:00.0", ids, "0000:1b:00.4")
    options = {"pci_devices": [{"address": "0000:1b:00.4"}]}
    ((device, part),) = list_parts(
        Host("h", load_drivers(["pci"], DriverContext(tmp_path, options))).look()[0]
    )
    assert part.name == "h_0000:1b:00.4"
    assert part.resource_class == {"03": "PGPU", "12": "CUSTOM_PCI"}[pci_class[2:4]]
    found = CATALOGUE.represent(device.facts)
    assert found.device_class.startswith("nvidia-h100-sxm-80-vf")
    assert found.memory_bytes is None
    assert not found.peak_rates
