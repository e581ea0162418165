"""Fleet files: what they describe, and how a bad one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.catalogue.products import read_products
from cyborg_rr.domain.errors import BadCatalogue, NotFound
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import AttachHandle, Device, Snapshot
from cyborg_rr.drivers.driver import DiscoveryFailed, DriverContext, HandleUnusable, Look
from cyborg_rr.drivers.simulated.fake import FakeDriver
from cyborg_rr.drivers.simulated.fleet import Fleet, load_fleet, parse_fleet
from tests.builders import hash_of
from tests.drivers.subjects import look

CSV = """id,name,vendor,kind,pci_ids,partition_modes
nvidia-h100-sxm-80,H100 SXM5 80GB,NVIDIA,GPU,10de:2330,1g.10gb*7;7g.80gb*1
xilinx-alveo-u250,Alveo U250,AMD/Xilinx,FPGA,10ee:5004 (user 10ee:5005; golden d004),
google-tpu-v5e,TPU v5e,Google,ASIC,,
"""


class Shelf:
    """A catalogue of three products."""

    products = tuple(read_products(CSV, "shelf.csv"))


def read(text: str) -> Fleet:
    return parse_fleet(text, "fleet.yaml", Shelf())


def report(fleet: Fleet, name: str) -> tuple[Device, ...]:
    return derive_devices({"fake": fleet.get_host(name).devices}, name)


def play(fleet: Fleet, hostname: str) -> FakeDriver:
    return FakeDriver(DriverContext(options={"fleet": fleet, "fleet_host": hostname}))


def test_a_counted_entry_makes_numbered_hosts() -> None:
    fleet = read("hosts: [{name: gpu-%04d, count: 3, devices: {nvidia-h100-sxm-80: 8}}]")
    assert [host.name for host in fleet.hosts] == ["gpu-0000", "gpu-0001", "gpu-0002"]
    assert sum(len(host.devices) for host in fleet.hosts) == 24


def test_the_devices_of_all_hosts_have_different_names() -> None:
    fleet = read(
        "hosts: [{name: a-%d, count: 20, devices: {nvidia-h100-sxm-80: 40, xilinx-alveo-u250: 3}}]"
    )
    names = [
        deployable.name
        for host in fleet.hosts
        for device in report(fleet, host.name)
        for deployable in device.deployables
    ]
    assert len(names) == len(set(names)) == 20 * 43


def test_the_same_file_gives_the_same_snapshot() -> None:
    text = "hosts: [{name: n1, devices: {nvidia-h100-sxm-80: 8}}]"
    hashes = {hash_of(Snapshot("n1", report(read(text), "n1"))) for _ in range(2)}
    assert len(hashes) == 1


def test_a_device_knows_its_product_and_offers_one_test_handle() -> None:
    (device,) = report(read("hosts: [{name: n1, devices: {nvidia-h100-sxm-80: 1}}]"), "n1")
    (deployable,) = device.deployables
    assert device.facts.product == "nvidia-h100-sxm-80"
    assert [handle.type for handle in deployable.handles] == ["TEST_PCI"]
    assert deployable.resource_class == "PGPU"
    assert {"OWNER_CYBORG", "CUSTOM_NVIDIA_H100_SXM_80"} <= set(deployable.traits)


def test_a_partition_makes_slices() -> None:
    group = "{product: nvidia-h100-sxm-80, count: 7, partition: 1g.10gb}"
    text = f"hosts: [{{name: n1, devices: [{group}]}}]"
    devices = report(read(text), "n1")
    assert {device.facts.partition for device in devices} == {"1g.10gb"}
    assert len(devices) == 7
    assert {device.deployables[0].resource_class for device in devices} == {"VGPU"}


def test_a_slice_that_the_product_does_not_have_is_refused() -> None:
    group = "{product: xilinx-alveo-u250, partition: 1g.10gb}"
    with pytest.raises(BadCatalogue, match=r"u250 has no partition '1g\.10gb'; known: none"):
        read(f"hosts: [{{name: n1, devices: [{group}]}}]")


@pytest.mark.parametrize(
    ("product", "type_", "vendor", "resource_class", "traits"),
    [
        (
            "nvidia-h100-sxm-80",
            "GPU",
            "10de",
            "PGPU",
            {"CUSTOM_NVIDIA_2330", "CUSTOM_NVIDIA_H100_SXM_80"},
        ),
        (
            "xilinx-alveo-u250",
            "FPGA",
            "10ee",
            "FPGA",
            {"CUSTOM_FPGA_XILINX", "CUSTOM_FPGA_PRODUCT_ID_5004", "CUSTOM_XILINX_ALVEO_U250"},
        ),
        ("google-tpu-v5e", "AICHIP", "Google", "CUSTOM_ASIC", {"CUSTOM_GOOGLE_TPU_V5E"}),
    ],
)
def test_a_simulated_device_looks_like_one_of_its_kind(
    product: str, type_: str, vendor: str, resource_class: str, traits: set[str]
) -> None:
    (device,) = report(read(f"hosts: [{{name: n1, devices: {{{product}: 1}}}}]"), "n1")
    (deployable,) = device.deployables
    assert (device.type, device.fields.vendor) == (type_, vendor)
    assert deployable.resource_class == resource_class
    assert set(deployable.traits) == traits | {"OWNER_CYBORG"}


def test_more_devices_than_a_bus_has_places_spill_over_to_the_next() -> None:
    devices = report(read("hosts: [{name: n1, devices: {nvidia-h100-sxm-80: 9000}}]"), "n1")
    assert len({device.key for device in devices}) == 9000


@pytest.mark.parametrize(
    ("text", "place", "cause"),
    [
        ("", "the file", "must be a mapping"),
        ("hosts", "the file", "must be a mapping"),
        ("hosts: {}", "hosts", "must be a list"),
        ("{hosts: [], racks: 3}", "the file", "unknown key 'racks'"),
        ("hosts: [{name: a}]", "hosts[0]", "devices is missing"),
        ("hosts: [{name: a, devices: {}}, 7]", "hosts[1]", "must be a mapping"),
        ("hosts: [{name: a, devices: {nope: 1}}]", "hosts[0].devices.nope", "no product 'nope'"),
        (
            "hosts: [{name: a, devices: {nvidia-H100: 1}}]",
            "hosts[0].devices.nvidia-H100",
            "no product 'nvidia-H100'; nearest: nvidia-h100-sxm-80",
        ),
        ("hosts: [{name: a, devices: {nvidia-h100-sxm-80: 0}}]", "hosts[0]", "at least 1"),
        ("hosts: [{name: a, devices: {nvidia-h100-sxm-80: -1}}]", "hosts[0]", "at least 1"),
        ("hosts: [{name: a, devices: {nvidia-h100-sxm-80: yes}}]", "hosts[0]", "whole number"),
        ("hosts: [{name: a, devices: {nvidia-h100-sxm-80: 1.5}}]", "hosts[0]", "whole number"),
        (
            "hosts: [{name: a, devices: {nvidia-h100-sxm-80: 100001}}]",
            "hosts[0]",
            "more than 100000",
        ),
        (
            "hosts: [{name: a%d, count: 90000, devices: {nvidia-h100-sxm-80: 2}}]",
            "hosts[0]",
            "more than 100000 devices",
        ),
        ("hosts: [{name: a%d, count: 100001, devices: {}}]", "hosts[0].count", "more than 100000"),
        ("hosts: [{name: a, count: 2, devices: {}}]", "hosts[0].name", "number form"),
        ("hosts: [{name: a%d%d, count: 2, devices: {}}]", "hosts[0].name", "number form"),
        ("hosts: [{name: a%s, devices: {}}]", "hosts[0].name", "not a host name"),
        ("hosts: [{name: 'a\\nb', devices: {}}]", "hosts[0].name", "not a host name"),
        ('hosts: [{name: "a\\nb", devices: {}}]', "hosts[0].name", "not a host name"),
        ("hosts: [{name: '../etc', devices: {}}]", "hosts[0].name", "not a host name"),
        ("hosts: [{name: 7, devices: {}}]", "hosts[0].name", "must be text"),
        (
            "hosts: [{name: a, devices: {}}, {name: a, devices: {}}]",
            "hosts[1].name",
            "stands twice",
        ),
        ("{hosts: [], hosts: []}", "line 1", "stands twice"),
        ("hosts: [{name: a, devices: [{count: 1}]}]", "hosts[0].devices[0]", "product is missing"),
        ("hosts: [{name: a, devices: [{product: [1]}]}]", "hosts[0].devices[0]", "no product"),
        (
            "hosts: [{name: a, devices: [{product: nvidia-h100-sxm-80, partition: 3}]}]",
            "hosts[0].devices[0]",
            "no partition 3; known: 1g.10gb, 7g.80gb",
        ),
        ("hosts: &h [*h]", "line 1", "aliases"),
        ("hosts: [" * 5000, "line 1", "nested too deeply"),
        ("a: &a [x]\nhosts: [*a, *a]", "line 2", "aliases"),
        ("hosts: !!python/object/apply:os.system [id]", "line 1", "tags are not allowed"),
        ("hosts: [{name: a\n  devices", "line 2", "expected"),
        ("? [1]\n: 2", "line 1", "plain text"),
        ("hosts: \x00", "fleet.yaml", "not YAML"),
    ],
)
def test_a_bad_fleet_is_refused_with_place_and_cause(text: str, place: str, cause: str) -> None:
    with pytest.raises(BadCatalogue) as refusal:
        read(text)
    message = str(refusal.value)
    assert message.startswith("fleet.yaml:")
    assert place in message
    assert cause in message
    assert "\n" not in message


def test_a_fleet_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadCatalogue, match=r"absent\.yaml: cannot be read: No such file"):
        load_fleet(tmp_path / "absent.yaml", Shelf())


def test_a_huge_fleet_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(BadCatalogue, match="larger than 1048576 bytes"):
        load_fleet(path, Shelf())


def test_the_fake_driver_plays_the_host_that_has_its_name() -> None:
    fleet = read("hosts: [{name: n-%d, count: 2, devices: {nvidia-h100-sxm-80: 2}}]")
    devices = look(play(fleet, "n-1"), "n-1")
    assert [device.deployables[0].name for device in devices] == [
        "n-1_0000:01:00.0",
        "n-1_0000:01:01.0",
    ]


def test_the_fake_driver_does_not_invent_a_host_that_the_fleet_has_not() -> None:
    fleet = read("hosts: [{name: n1, devices: {nvidia-h100-sxm-80: 2}}]")
    with pytest.raises(DiscoveryFailed, match="fleet host other could not be found"):
        play(fleet, "other").discover(Look())
    with pytest.raises(NotFound):
        fleet.get_host("other")


def test_without_a_fleet_the_fake_driver_offers_sixteen_handles_of_one_fpga() -> None:
    (device,) = look(FakeDriver(DriverContext()), "compute 1")
    (deployable,) = device.deployables
    assert (device.type, device.fields.vendor) == ("FPGA", "0xABCD")
    assert deployable.name == "compute_1_FakeDevice"
    assert deployable.resource_class == "FPGA"
    assert deployable.traits == ("CUSTOM_FAKE_DEVICE",)
    places = [(h.info["device"], h.info["function"]) for h in deployable.handles]
    assert len(set(places)) == 16
    assert places[0] == ("00", "1")
    assert places[-1] == ("02", "0")


def test_the_fake_driver_refuses_a_handle_that_it_does_not_have() -> None:
    driver = FakeDriver(DriverContext())
    (device,) = driver.discover(Look())
    (part,) = device.parts
    driver.prepare(part.handles[3])
    driver.prepare(part.handles[3])
    driver.release(part.handles[3])
    other = AttachHandle("TEST_PCI", {**part.handles[3].info, "bus": "0d"})
    with pytest.raises(HandleUnusable, match="no simulated device has the handle"):
        driver.prepare(other)
