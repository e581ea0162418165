"""A device profile selects in Placement what it selects here, whatever state the fleet is in."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import update

from cyborg_rr import codec
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.hardware import classes
from cyborg_rr.db.hardware.attributes import create_attribute
from cyborg_rr.db.tables import HostRow
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.hardware.devices import Device, Trouble, device_class_trait
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.traits import PREFIX, list_traits
from tests.builders import (
    change_handles,
    make_device,
    make_divided_device,
    make_partitioned_device,
)
from tests.placement.conftest import World

PRODUCTS = ("nvidia-t4", "nvidia-h100-sxm-80gb", "amd-mi300x")


def _fleet(host: str, chance: random.Random) -> list[Device]:
    found: list[Device] = []
    for number in range(5):
        product = chance.choice(PRODUCTS)
        match chance.randrange(5):
            case 0:
                found.append(make_partitioned_device(host, number))
            case 1:
                found.append(make_divided_device(host, number, 3, unit=chance.choice([None, "g1"])))
            case 2:
                unit = change_handles(make_device(host, number, product=product), unit="g2")
                found.append(unit)
            case 3:
                trouble = chance.choice([None, Trouble("thermal", "hot")])
                found.append(replace(make_device(host, number, product=product), trouble=trouble))
            case _:
                found.append(make_device(host, number, handles=2, product=product))
    return found


def _stir(world: World, host: str, chance: random.Random) -> None:
    """Instances come and some of them go, devices are taken out of use."""
    bound = []
    for _ in range(4):
        part = chance.choice(world.parts(host))
        try:
            bound.append(world.bind(host, part))
        except CyborgError:
            continue  # it is not to be had
    for arq in bound[: chance.randrange(2)]:
        world.unbind(arq)
    for device in chance.sample(world.devices(), 1):
        if device.hostname == host:
            world.conductor.set_device_status(device.uuid, "maintaining")
    world.publisher.publish_waiting()


def _allocate_what_is_bound(world: World) -> None:
    """Every bound instance has an allocation, as the scheduler gave it one before."""
    for host in world.roots:
        for part in world.parts(host):
            for _ in range(part.held):
                if (
                    world.nova.inventories(part.provider_uuid)[part.resource_class]["reserved"]
                    < part.total
                ):
                    world.nova.allocate(str(uuid.uuid4()), part.provider_uuid, part.resource_class)


def _groups(world: World) -> list[dict[str, str]]:
    groups: list[dict[str, str]] = [{"resources:PGPU": "1"}]
    with world.database.reading() as session:
        stored = classes.list_classes(session)
    traits: set[str] = set()
    for each in stored:
        traits.add(device_class_trait(each.name))
        document = codec.parse_stored(ResourceRepresentation, each.document, each.name)
        traits |= set(list_traits(document)[:12])
    groups += [{"resources:PGPU": "1", f"trait:{name}": "required"} for name in sorted(traits)]
    groups += [
        {"resources:PGPU": "1", f"trait:{name}": "forbidden"}
        for name in sorted(traits)
        if not name.startswith(PREFIX)
    ]
    return groups


@pytest.mark.parametrize("seed", range(3))
def test_a_profile_selects_there_what_it_selects_here(world: World, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(2):
        host = f"host-{number}"
        world.add_compute_node(host)
        world.report(host, *_fleet(host, chance))
        _stir(world, host, chance)
    world.add_compute_node("host-lost")
    world.report("host-lost", make_device("host-lost", 0))
    with world.database.writing() as session:
        session.execute(
            update(HostRow).where(HostRow.name == "host-lost").values(lost_at=utc_now())
        )
    world.look()
    _allocate_what_is_bound(world)
    owners = {part.provider_uuid: part.device_id for part in world.deployables()}
    by_id = {device.id: device.uuid for device in world.devices()}
    for group in _groups(world):
        there = {by_id[owners[provider]] for provider in world.nova.select(group)}
        assert there == set(world.select(group)), group


def test_what_a_class_offers_can_be_asked_for_and_bound(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0), make_device("host-1", 1, product="none"))
    first, second = world.parts("host-1")
    group = {"resources:PGPU": "1", "trait:CUSTOM_RR_TARGET_CUDA_SM_75": "required"}
    assert world.nova.select(group) == {first.provider_uuid}
    arq = world.request(group)
    with pytest.raises(CyborgError, match="lacks the trait"):
        world.bind_request(arq, "host-1", second)
    world.bind_request(arq, "host-1", first)


@pytest.mark.parametrize("wish", ["required", "forbidden"])
def test_an_operators_trait_of_a_representation_selects_there_as_here(
    world: World, wish: str
) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0), make_device("host-1", 1))
    first, second = world.deployables()
    with world.database.writing() as session:
        create_attribute(session, first.id, "trait9", "CUSTOM_RR_TYPE_OF_MINE")
    world.look()
    group = {"resources:PGPU": "1", "trait:CUSTOM_RR_TYPE_OF_MINE": wish}
    chosen = first if wish == "required" else second
    assert world.nova.select(group) == {chosen.provider_uuid}
    assert world.select(group) == [
        device.uuid for device in world.devices() if device.id == chosen.device_id
    ]
