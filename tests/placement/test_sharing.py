"""Placement is not ours alone: what others made there is adopted, kept or left alone, and said."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from cyborg_rr.db.hardware.attributes import create_attribute
from cyborg_rr.domain.errors import Conflict
from cyborg_rr.domain.hardware.devices import Snapshot, render_provider_uuid
from cyborg_rr.outside.placement.wanted import MAX_TRAITS
from tests.builders import change_handles, make_device
from tests.placement.conftest import World
from tests.placement.test_drift import make_mender

NAME = "host-1_0000:00:00.0"
UUID = render_provider_uuid(NAME)
GONE_NAME = "host-1_0000:00:99.0"
GONE_UUID = render_provider_uuid(GONE_NAME)


def _make_child(world: World, parent: str, name: str = NAME, own_uuid: str = UUID) -> None:
    body = {"uuid": own_uuid, "name": name, "parent_provider_uuid": parent}
    world.nova.ask("POST", "/resource_providers", body)


def test_a_tree_that_is_there_already_is_adopted_with_its_allocations(world: World) -> None:
    root = world.add_compute_node("host-1")
    _make_child(world, root)
    world.nova.set_inventories(UUID, {"PGPU": {"total": 1, "max_unit": 1}})
    world.nova.set_traits(UUID, {"CUSTOM_NVIDIA_1EB8"})
    world.nova.allocate(str(uuid.uuid4()), UUID, "PGPU")
    world.report("host-1", make_device("host-1", 0))
    assert world.nova.list_children(root).keys() == {NAME}
    assert world.nova.usage(UUID) == {"PGPU": 1}
    assert {"OWNER_CYBORG", "CUSTOM_NVIDIA_1EB8", "CUSTOM_TEST"} <= world.nova.traits(UUID)


def _adopt_later(world: World) -> str:
    """A tree of the service before this one, whose host has not reported here; its root."""
    root = world.add_compute_node("host-1")
    for name, own in ((NAME, UUID), (GONE_NAME, GONE_UUID)):
        _make_child(world, root, name, own)
        world.nova.set_inventories(own, {"PGPU": {"total": 1, "max_unit": 1}})
        world.nova.set_traits(own, {"OWNER_CYBORG", "CUSTOM_NVIDIA_1EB8", "CUSTOM_RACK_5"})
    return root


def test_the_tree_of_a_host_that_has_not_reported_yet_is_left_alone(world: World) -> None:
    root = _adopt_later(world)
    for _ in range(2):
        world.look()
        assert world.caller.writes == []
    world.caller.calls.clear()
    world.look()
    assert len(world.caller.calls) <= 2
    assert make_mender(world).preview() == []
    world.report("host-1", make_device("host-1", 0))
    assert "CUSTOM_RACK_5" in world.nova.traits(UUID)
    assert world.nova.list_children(root).keys() == {NAME}  # of the other the device is gone


def test_what_others_say_of_our_provider_stays(world: World) -> None:
    world.add_compute_node("host-1")
    device = make_device("host-1", 0, handles=4)
    world.report("host-1", device)
    own = world.nova.inventories(UUID)["PGPU"]
    world.nova.ask("PUT", "/resource_classes/CUSTOM_POWER")
    theirs = {"CUSTOM_POWER": {"total": 300, "reserved": 20}, "PGPU": {**own, "max_unit": 2}}
    world.nova.set_inventories(UUID, theirs)
    world.nova.set_traits(UUID, world.nova.traits(UUID) | {"CUSTOM_RACK_5"})
    world.conductor.set_device_status(world.devices()[0].uuid, "maintaining")
    world.publisher.publish_waiting()
    found = world.nova.inventories(UUID)
    assert found["CUSTOM_POWER"]["reserved"] == 20
    assert (found["PGPU"]["max_unit"], found["PGPU"]["reserved"]) == (2, 4)
    assert "CUSTOM_RACK_5" in world.nova.traits(UUID)


def test_somebody_elses_provider_of_our_name_is_left_alone(world: World) -> None:
    root = world.add_compute_node("host-1")
    other = str(uuid.uuid4())
    _make_child(world, root, own_uuid=other)
    world.report("host-1", make_device("host-1", 0), make_device("host-1", 1))
    assert world.nova.inventories(other) == {}
    assert world.nova.traits(other) == set()
    assert world.code_of(NAME) == "name_taken"
    first, second = world.deployables()
    assert (first.withheld is not None, second.withheld) == (True, None)
    assert world.nova.open_units(second.provider_uuid, "PGPU") == 1
    world.nova.ask("DELETE", f"/resource_providers/{other}")
    world.look()
    assert world.code_of(NAME) is None
    assert world.nova.open_units(UUID, "PGPU") == 1


def test_our_name_outside_the_tree_is_somebody_elses_too(world: World) -> None:
    world.add_compute_node("host-1")
    other = world.add_compute_node(NAME)
    world.report("host-1", make_device("host-1", 0))
    assert world.code_of(NAME) == "name_taken"
    assert world.nova.inventories(other).keys() == {"VCPU"}


def test_our_uuid_under_another_name_is_left_alone(world: World) -> None:
    root = world.add_compute_node("host-1")
    _make_child(world, root, name="theirs")
    world.report("host-1", make_device("host-1", 0))
    assert world.code_of(NAME) == "uuid_taken"
    assert world.nova.inventories(UUID) == {}


def test_what_the_compute_service_owns_is_left_alone(world: World) -> None:
    root = world.add_compute_node("host-1")
    _make_child(world, root)
    world.nova.set_traits(UUID, {"OWNER_NOVA"})
    world.report("host-1", make_device("host-1", 0))
    assert world.code_of(NAME) == "owned_by_compute"
    assert world.nova.inventories(UUID) == {}
    assert world.nova.traits(UUID) == {"OWNER_NOVA"}
    world.report("host-1")  # and it is not deleted with its device
    assert NAME in world.nova.list_children(root)


@pytest.mark.parametrize("code", ["owned_by_compute", "name_taken", "uuid_taken"])
def test_what_is_somebody_elses_is_neither_selected_nor_bound(world: World, code: str) -> None:
    root = world.add_compute_node("host-1")
    match code:
        case "owned_by_compute":
            _make_child(world, root)
            world.nova.set_inventories(UUID, {"PGPU": {"total": 1}})
            world.nova.set_traits(UUID, {"OWNER_NOVA"})
        case "name_taken":
            _make_child(world, root, own_uuid=str(uuid.uuid4()))
        case _:
            _make_child(world, root, name="something")
    world.report("host-1", make_device("host-1", 0), make_device("host-1", 1))
    first, second = world.parts("host-1")
    assert world.code_of(NAME) == code
    assert world.select({"resources:PGPU": "1"}) == [world.devices()[1].uuid]
    with pytest.raises(Conflict, match="somebody else's"):
        world.bind("host-1", first)
    world.bind("host-1", second)


def test_what_has_no_compute_node_is_not_selected_and_can_be_bound(world: World) -> None:
    world.report("host-1", make_device("host-1", 0))
    assert world.code_of(NAME) == "no_compute_node"
    assert world.select({"resources:PGPU": "1"}) == []
    world.bind("host-1", world.parts("host-1")[0])


def test_a_provider_that_hangs_elsewhere_is_brought_to_its_host(world: World) -> None:
    elsewhere, root = world.add_compute_node("old"), world.add_compute_node("host-1")
    _make_child(world, elsewhere)
    world.report("host-1", make_device("host-1", 0))
    assert world.nova.list_children(elsewhere) == {}
    assert world.nova.list_children(root).keys() == {NAME}
    assert world.nova.open_units(UUID, "PGPU") == 1


def test_a_compute_node_that_comes_later_gets_what_its_host_has(world: World) -> None:
    world.report("host-1", make_device("host-1", 0))
    assert world.code_of(NAME) == "no_compute_node"
    root = world.add_compute_node("host-1")
    world.look()
    assert world.code_of(NAME) is None
    assert world.nova.list_children(root).keys() == {NAME}


def test_a_compute_node_that_was_made_anew_gets_it_again(world: World) -> None:
    root = world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    world.nova.ask("DELETE", f"/resource_providers/{UUID}")
    world.nova.ask("DELETE", f"/resource_providers/{root}")
    root = world.add_compute_node("host-1")
    world.look()
    assert world.nova.list_children(root).keys() == {NAME}


def test_what_is_no_compute_node_is_no_parent(world: World) -> None:
    other = world.add_compute_node("other")
    _make_child(world, other, "host-1", str(uuid.uuid4()))
    world.report("host-1", make_device("host-1", 0))
    assert world.code_of(NAME) == "no_compute_node"


def test_names_that_are_no_traits_are_left_out_and_said(world: World) -> None:
    world.add_compute_node("host-1")
    names = (
        "CUSTOM_GOOD",
        "CUSTOM_bad",
        "NO_SUCH_TRAIT",
        "HW_GPU_API_VULKAN",
        "CUSTOM_" + "X" * 300,
    )
    world.report("host-1", make_device("host-1", 0, traits=names))
    traits = world.nova.traits(UUID)
    assert {"CUSTOM_GOOD", "HW_GPU_API_VULKAN", "OWNER_CYBORG"} <= traits
    assert traits.isdisjoint({"CUSTOM_bad", "NO_SUCH_TRAIT"})
    assert world.nova.open_units(UUID, "PGPU") == 1
    assert world.code_of(NAME) == "traits_left_out"


def test_a_standard_trait_that_placement_has_not_is_said(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0, traits=("NO_SUCH_TRAIT",)))
    assert world.code_of(NAME) == "traits_left_out"
    assert world.nova.open_units(UUID, "PGPU") == 1


def test_no_provider_has_more_traits_than_are_bounded(world: World) -> None:
    world.add_compute_node("host-1")
    many = tuple(f"CUSTOM_TEST_{number}" for number in range(3 * MAX_TRAITS))
    world.report("host-1", make_device("host-1", 0, traits=many))
    traits = world.nova.traits(UUID)
    assert len(traits) == MAX_TRAITS
    assert any(name.startswith("CUSTOM_DEVICE_CLASS_") for name in traits)
    assert world.code_of(NAME) == "traits_left_out"


def test_an_operators_trait_is_published_by_the_next_look(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    with world.database.writing() as session:
        create_attribute(session, world.deployables()[0].id, "trait9", "CUSTOM_OPERATOR")
    world.look()
    assert "CUSTOM_OPERATOR" in world.nova.traits(UUID)


def test_one_bad_device_does_not_stop_the_others(world: World) -> None:
    world.add_compute_node("host-1")
    bad = make_device("host-1", 0, resource_class="NO_SUCH_CLASS")
    world.report("host-1", bad, make_device("host-1", 1))
    assert world.code_of(NAME) == "refused"
    second = world.deployables()[1]
    assert world.nova.open_units(second.provider_uuid, "PGPU") == 1


@pytest.mark.parametrize("kind", ["MIG", "XCP"])
def test_what_the_compute_service_cannot_attach_is_reserved_and_said(
    world: World, kind: str
) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", change_handles(make_device("host-1", 0, handles=2), type=kind))
    assert world.nova.open_units(UUID, "PGPU") == 0
    assert world.code_of(NAME) == "not_attachable"


def test_a_card_in_the_place_of_another_has_the_traits_of_its_own(world: World) -> None:
    world.add_compute_node("host-1")
    old = make_device("host-1", 0, traits=("OWNER_CYBORG", "CUSTOM_NVIDIA_1EB8"))
    world.report("host-1", old)
    world.nova.set_traits(UUID, world.nova.traits(UUID) | {"CUSTOM_RACK_5"})
    new = make_device(
        "host-1", 0, traits=("OWNER_CYBORG", "CUSTOM_NVIDIA_2330"), product="nvidia-h100-sxm-80gb"
    )
    world.conductor.add_host(Snapshot("host-1", (replace(new, identity="serial"),)))
    world.publisher.publish_waiting()
    traits = world.nova.traits(UUID)
    assert {"CUSTOM_NVIDIA_2330", "CUSTOM_RACK_5"} <= traits
    assert "CUSTOM_NVIDIA_1EB8" not in traits
    assert len([name for name in traits if name.startswith("CUSTOM_DEVICE_CLASS_")]) == 1
