"""A GPU is described the same while a guest has it, whoever asks: also a restarted agent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.drivers.driver import Memory
from tests.drivers.nvidia.machines import Machine, load_nvml
from tests.fakes.nvml import FakeNvml, Gpu, Link
from tests.shipped import load

PAIRS = {
    "a2-vfio": ("a2-vfio-before", "a2-vfio-after-restart"),
    "a100-vfio": ("a100-vfio-before", "a100-vfio-after-restart"),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_a_gpu_that_a_guest_has_is_described_as_before_the_restart(
    pair: str, shared_trees: dict[str, Path]
) -> None:
    before, after = PAIRS[pair]
    machine = Machine(shared_trees[before], load_nvml(before))
    (known,) = machine.report()
    machine.memory = Memory(json.loads(json.dumps(dict(machine.memory.take_news()))))
    machine.nvml = None
    machine.restart(shared_trees[after])
    (device,) = machine.report()
    assert device == known
    assert device.facts.memory_bytes is not None
    assert device.identity is not None
    assert device.identity.startswith("nvidia:GPU-")


def test_another_gpu_in_the_slot_is_not_taken_for_the_one_before(
    shared_trees: dict[str, Path],
) -> None:
    machine = Machine(shared_trees["a2-vfio-before"], load_nvml("a2-vfio-before"))
    machine.look()
    machine.restart(shared_trees["a100-vfio-after-restart"])
    device = machine.look_at_one()
    assert (device.identity, device.facts.memory_bytes) == (None, None)


@pytest.mark.parametrize("known", [{}, {"gpu": 7}, {"gpu": {"name": "x"}}, {"gpu": {"links": 1}}])
def test_what_cannot_be_read_of_the_memory_is_as_if_it_were_not_there(
    known: dict[str, object], shared_trees: dict[str, Path]
) -> None:
    machine = Machine(shared_trees["a100-vfio-after-restart"], None)
    sound = machine.look_at_one()
    machine.memory = Memory({sound.slot_key: known})
    assert machine.look_at_one() == sound


def test_facts_of_a_later_release_are_left_aside(shared_trees: dict[str, Path]) -> None:
    machine = Machine(shared_trees["a100-vfio-before"], load_nvml("a100-vfio-before"))
    device = machine.look_at_one()
    news = dict(machine.memory.take_news()[device.slot_key])
    machine.memory = Memory({device.slot_key: {**news, "gpu": {**news["gpu"], "colour": "green"}}})
    machine.nvml = None
    machine.restart()
    assert machine.look_at_one() == replace(device, trouble=None)


def test_the_gpus_near_it_stay_known_while_these_are_with_guests(hgx: Path) -> None:
    one, other = "0000:1b:00.0", "0000:43:00.0"
    nvml = FakeNvml({one: Gpu(), other: Gpu(uuid="GPU-2")}, topology={frozenset({one, other}): 30})
    machine = Machine(hgx, nvml)
    near = machine.look()[0].parts[0].attributes
    assert near["topology_hostbridge"] == other
    del nvml.gpus[other]
    assert machine.look()[0].parts[0].attributes["topology_hostbridge"] == other


def test_links_are_peers_and_a_rate(hgx: Path) -> None:
    links = [Link("00000000:05:00.0")] * 10 + [Link("00000000:06:00.0")] * 8
    nvml = FakeNvml({"0000:1b:00.0": Gpu(links=links, clocks={2: 2619}, bus_width=5120)})
    device = Machine(hgx, nvml).look()[0]
    assert device.fields.peers == {
        "0000:05:00.0": "10 x NVLink 4.0",
        "0000:06:00.0": "8 x NVLink 4.0",
    }
    assert device.facts.interconnect == "NVLink4"
    assert device.facts.interconnect_bytes_per_second == 450_000_000_000
    assert device.facts.bandwidth_bytes_per_second == 3_352_320_000_000


def test_a_gpu_whose_links_are_down_has_none_and_one_without_links_says_nothing(hgx: Path) -> None:
    down = Gpu(links=[Link("00000000:05:00.0", is_active=False)])
    nvml = FakeNvml({"0000:1b:00.0": down, "0000:43:00.0": Gpu(uuid="GPU-2")})
    devices = Machine(hgx, nvml).look()
    assert [device.facts.interconnect for device in devices[:2]] == ["none", None]


@pytest.fixture
def hgx(shared_trees: dict[str, Path]) -> Path:
    return shared_trees["nvidia-hgx-h100"]


def test_what_an_h100_says_of_itself_agrees_with_the_catalogue(hgx: Path) -> None:
    links = [Link("00000000:05:00.0")] * 18
    gpu = Gpu(links=links, clocks={2: 2619}, bus_width=5120, pcie=(5, 16, 16))
    device = Machine(hgx, FakeNvml({"0000:1b:00.0": gpu})).look()[0]
    catalogue = load()
    plain = DeviceFacts("GPU", vendor_id="10de", device_id="2330", architecture="sm_90")
    known, told = catalogue.represent(plain), catalogue.represent(device.facts)
    assert told.bandwidth_bytes_per_second == known.bandwidth_bytes_per_second
    assert told.interconnect == known.interconnect
    assert told.host_link == known.host_link
    assert told.partitions == known.partitions
    assert told.device_class == known.device_class
