"""Which physical network a function leads to, as the operator says it of interface or address."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Deployable
from cyborg_rr.drivers.driver import DriverContext, Look, Memory
from cyborg_rr.drivers.listed_pci import PciDriver
from cyborg_rr.processes.options import make_driver_context, parse_networks

PHYSICAL, FIRST, SECOND = "0000:18:00.0", "0000:18:01.0", "0000:18:01.1"
VIRTUAL = {"vendor_id": "8086", "product_id": "1889"}


@pytest.fixture
def tree(write_tree: Callable[[str], Path]) -> Path:
    """A machine with a network card of two virtual functions; the host has its interface."""
    root = write_tree("qat-and-nic-vfs")
    (root / "bus/pci/devices" / PHYSICAL / "net/ens2f0").mkdir(parents=True)
    return root


def find(
    root: Path, *mappings: str, entry: dict[str, str] | None = None, memory: Memory | None = None
) -> dict[str, Deployable]:
    options = {"pci_devices": [entry or VIRTUAL], "physical_networks": parse_networks(mappings)}
    driver = PciDriver(DriverContext(root, options))
    found = driver.discover(Look(memory=memory or Memory()))
    return {
        part.name.removeprefix("h_"): part
        for device in derive_devices({"pci": found}, "h")
        for part in device.deployables
    }


@pytest.mark.parametrize(
    ("mappings", "networks"),
    [
        ([], [None, None]),
        (["physnet1:ens2f0"], ["physnet1", "physnet1"]),
        ([f"physnet1:{PHYSICAL}"], ["physnet1", "physnet1"]),
        ([f"physnet1:{FIRST}"], ["physnet1", None]),
        (["physnet1:ens2f0", f"net 2:{SECOND.upper()}"], ["physnet1", "net 2"]),
        (["physnet1:ens2f1"], [None, None]),
    ],
)
def test_virtual_functions_lead_where_their_card_leads_or_they_are_said_to(
    tree: Path, mappings: list[str], networks: list[str | None]
) -> None:
    found = find(tree, *mappings)
    assert [found[name].attributes.get("physical_network") for name in (FIRST, SECOND)] == networks
    for name, network in zip((FIRST, SECOND), networks, strict=True):
        traits = [trait for trait in found[name].traits if "PHYSNET" in trait]
        wanted = {
            None: [],
            "physnet1": ["CUSTOM_PHYSNET_PHYSNET1"],
            "net 2": ["CUSTOM_PHYSNET_NET_2"],
        }
        assert traits == wanted[network]


def test_the_parts_of_a_card_lead_where_it_leads(tree: Path) -> None:
    (part,) = find(tree, "physnet1:ens2f0", entry={"class": "02"}).values()
    assert (part.part, part.attributes["physical_network"]) == ("vf", "physnet1")
    assert len(part.handles) == 2


def test_the_address_of_a_handle_is_not_changed_by_where_it_leads(tree: Path) -> None:
    """Its key says what is given: what is held must be known again."""
    before, after = find(tree), find(tree, "physnet1:ens2f0")
    assert [part.handles for part in before.values()] == [part.handles for part in after.values()]


def test_only_functions_of_network_cards_lead_anywhere(tree: Path) -> None:
    found = find(tree, "physnet1:0000:f3:00.1", entry={"address": "0000:f3:00.1"})
    assert dict(found["0000:f3:00.1"].attributes) == {}


def test_an_interface_is_remembered_while_an_instance_has_the_function(tree: Path) -> None:
    memory = Memory()
    find(tree, "physnet1:ens2f0", memory=memory)
    shutil.rmtree(tree / "bus/pci/devices" / PHYSICAL / "net")
    found = find(tree, "physnet1:ens2f0", memory=memory)
    assert found[FIRST].attributes["physical_network"] == "physnet1"
    assert "physical_network" not in find(tree, "physnet1:ens2f0")[FIRST].attributes


@pytest.mark.parametrize(
    ("mappings", "cause"),
    [
        (["physnet1"], "must be a network, a colon and an interface or address"),
        ([":ens2f0"], "must be a network, a colon"),
        (["physnet1:"], "must be a network, a colon"),
        (["physnet1:0000:18:01"], "'physnet1:0000:18:01': .*address"),
        (["physnet1:../ens"], "is no name of an interface"),
        (["physnet1:a-name-of-16-chars"], "is no name of an interface"),
        (["a:ens2f0", "b:ens2f0"], "ens2f0 leads to a already"),
        ([f"a:{FIRST}", f"b:{FIRST}"], f"{FIRST} leads to a already"),
    ],
)
def test_a_malformed_mapping_is_refused_at_start(
    mappings: list[str], cause: str, tmp_path: Path
) -> None:
    file = tmp_path / "rr.conf"
    file.write_text(f"[nic]\nphysical_network_mappings = {','.join(mappings)}\n")
    conf = make_config([], files=[str(file)])
    with pytest.raises(InvalidInput, match=rf"option \[nic\] physical_network_mappings: .*{cause}"):
        make_driver_context(conf, "h")


def test_the_mappings_reach_the_driver(tmp_path: Path, tree: Path) -> None:
    file = tmp_path / "rr.conf"
    file.write_text(
        f"[nic]\nphysical_network_mappings = a:ens2f0, b:{SECOND}\n"
        f"[agent]\nsysfs_path = {tree}\n[pci]\ndevice_spec = {json.dumps(VIRTUAL)}\n"
    )
    context = make_driver_context(make_config([], files=[str(file)]), "h")
    first, second = PciDriver(context).discover(Look())
    networks = [part.attributes["physical_network"] for part in (*first.parts, *second.parts)]
    assert networks == ["a", "b"]
