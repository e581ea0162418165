"""What hosts have is in Placement, as it is now: published, changed, taken back."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import update

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import HostRow
from cyborg_rr.domain.hardware.devices import Snapshot, Trouble
from cyborg_rr.domain.hardware.hosts import HostIdentity
from tests.builders import (
    hash_of,
    make_device,
    make_divided_device,
    make_partitioned_device,
)
from tests.placement.conftest import World


def test_a_device_is_a_child_of_its_compute_node(world: World) -> None:
    root = world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0), make_device("host-1", 1))
    children = world.nova.list_children(root)
    assert children.keys() == {part.name for part in world.deployables()}
    for part in world.deployables():
        provider = children[part.name]
        assert provider["uuid"] == part.provider_uuid
        assert provider["parent_provider_uuid"] == root
        assert world.nova.inventories(part.provider_uuid) == {
            "PGPU": {
                "total": 1,
                "reserved": 0,
                "min_unit": 1,
                "max_unit": 1,
                "step_size": 1,
                "allocation_ratio": 1.0,
            }
        }
        assert {"OWNER_CYBORG", "CUSTOM_TEST"} <= world.nova.traits(part.provider_uuid)


def test_what_has_not_changed_costs_no_call_that_writes(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    world.caller.calls.clear()
    world.report("host-1", make_device("host-1", 0))
    assert [method for method, _ in world.caller.calls] == ["GET"]


def test_a_host_that_says_what_it_said_before_costs_no_call(world: World) -> None:
    world.add_compute_node("host-1")
    found = Snapshot("host-1", (make_device("host-1", 0),))
    world.report("host-1", *found.devices)
    world.caller.calls.clear()
    told = world.conductor.reporter.synchronise("host-1", "host-1", hash_of(found), [])
    world.publisher.publish_waiting()
    assert told.known
    assert world.caller.calls == []


def test_one_change_on_eight_devices_is_one_call_that_writes(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", *(make_device("host-1", number) for number in range(8)))
    world.caller.calls.clear()
    world.conductor.set_device_status(world.devices()[3].uuid, "maintaining")
    world.publisher.publish_waiting()
    provider = world.deployables()[3].provider_uuid
    assert world.caller.writes == [f"PUT /resource_providers/{provider}/inventories"]
    assert len(world.caller.calls) == 4  # the tree, what the one provider has, the change


def test_a_device_in_maintenance_is_all_reserved(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0, handles=4))
    (part,) = world.deployables()
    (device,) = world.devices()
    for status, is_open in (("maintaining", 0), ("enabled", 4)):
        world.conductor.set_device_status(device.uuid, status)
        world.publisher.publish_waiting()
        assert world.nova.open_units(part.provider_uuid, "PGPU") == is_open


def test_a_device_in_trouble_is_all_reserved_until_it_is_well(world: World) -> None:
    world.add_compute_node("host-1")
    device = make_device("host-1", 0)
    for trouble, is_open in ((None, 1), (Trouble("gpu_lost", "it fell off"), 0), (None, 1)):
        world.report("host-1", replace(device, trouble=trouble))
        (part,) = world.deployables()
        assert world.nova.open_units(part.provider_uuid, "PGPU") == is_open


def test_partitions_reserve_what_others_rule_out_under_constant_totals(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_partitioned_device("host-1", 0))
    one, two, four = world.parts("host-1")

    def look() -> list[tuple[int, int]]:
        records = [world.nova.inventories(part.provider_uuid)["PGPU"] for part in (one, two, four)]
        return [(record["total"], record["reserved"]) for record in records]

    assert look() == [(4, 0), (2, 0), (1, 0)]
    arq = world.bind("host-1", one)
    world.publisher.publish_waiting()
    assert look() == [(4, 0), (2, 1), (1, 1)]
    world.bind("host-1", two)
    world.publisher.publish_waiting()
    assert look() == [(4, 2), (2, 1), (1, 1)]
    world.unbind(arq)
    world.publisher.publish_waiting()
    assert look() == [(4, 2), (2, 0), (1, 1)]


def test_the_whole_and_its_virtual_functions_rule_each_other_out(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_divided_device("host-1", 0, 4))
    whole, virtual = world.parts("host-1")
    arq = world.bind("host-1", virtual)
    world.publisher.publish_waiting()
    assert world.nova.open_units(whole.provider_uuid, "PGPU") == 0
    assert world.nova.open_units(virtual.provider_uuid, "PGPU") == 4
    world.unbind(arq)
    world.bind("host-1", whole)
    world.publisher.publish_waiting()
    assert world.nova.open_units(whole.provider_uuid, "PGPU") == 1
    assert world.nova.open_units(virtual.provider_uuid, "PGPU") == 0


def test_what_is_let_go_of_and_not_clean_is_reserved(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    (part,) = world.parts("host-1")
    arq = world.bind("host-1", part)
    world.publisher.publish_waiting()
    assert world.nova.open_units(part.provider_uuid, "PGPU") == 1
    world.conductor.agents.unreachable.add("host-1")
    world.unbind(arq)
    world.publisher.publish_waiting()
    assert world.nova.open_units(part.provider_uuid, "PGPU") == 0


def test_a_lost_host_offers_nothing_and_keeps_its_providers(world: World) -> None:
    root = world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0), make_device("host-1", 1))
    for lost_at, is_open in ((utc_now(), 0), (None, 1)):
        with world.database.writing() as session:
            session.execute(update(HostRow).values(lost_at=lost_at))
        world.publisher.host_changed("host-1")
        world.publisher.publish_waiting()
        assert len(world.nova.list_children(root)) == 2
        for part in world.deployables():
            assert world.nova.open_units(part.provider_uuid, "PGPU") == is_open


def test_a_device_that_is_gone_is_gone_there(world: World) -> None:
    root = world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0), make_device("host-1", 1))
    world.report("host-1", make_device("host-1", 1))
    assert world.nova.list_children(root).keys() == {part.name for part in world.deployables()}
    assert len(world.deployables()) == 1


def test_a_device_that_is_gone_while_allocated_stays_reserved_and_marked(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    root = world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0), make_device("host-1", 1))
    gone = world.deployables()[0]
    instance = str(uuid.uuid4())
    world.nova.allocate(instance, gone.provider_uuid, "PGPU")
    world.report("host-1", make_device("host-1", 1))
    assert gone.name in world.nova.list_children(root)
    assert world.nova.open_units(gone.provider_uuid, "PGPU") == 0
    assert "CUSTOM_RR_GONE" in world.nova.traits(gone.provider_uuid)
    assert world.nova.usage(gone.provider_uuid) == {"PGPU": 1}
    assert gone.name in caplog.text
    world.caller.calls.clear()
    world.look()
    assert world.caller.writes == []  # it is not tried again while nothing changed
    world.nova.deallocate(instance)
    world.look()
    assert gone.name not in world.nova.list_children(root)


def test_a_device_that_is_gone_while_held_stays_reserved(world: World) -> None:
    root = world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    (part,) = world.parts("host-1")
    world.bind("host-1", part)
    world.report("host-1")
    assert part.name in world.nova.list_children(root)
    assert world.nova.open_units(part.provider_uuid, "PGPU") == 0


def test_a_custom_resource_class_is_made(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0, resource_class="CUSTOM_RR_TEST_CLASS"))
    (part,) = world.deployables()
    assert world.nova.open_units(part.provider_uuid, "CUSTOM_RR_TEST_CLASS") == 1


def test_a_device_of_another_class_loses_its_old_one(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0, resource_class="PGPU"))
    world.report("host-1", make_device("host-1", 0, resource_class="VGPU"))
    (part,) = world.deployables()
    assert world.nova.inventories(part.provider_uuid).keys() == {"VGPU"}


def test_an_old_class_that_is_allocated_is_reserved_and_said(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0, resource_class="PGPU"))
    (part,) = world.deployables()
    instance = str(uuid.uuid4())
    world.nova.allocate(instance, part.provider_uuid, "PGPU")
    world.report("host-1", make_device("host-1", 0, resource_class="VGPU"))
    assert world.nova.open_units(part.provider_uuid, "PGPU") == 0
    assert world.nova.open_units(part.provider_uuid, "VGPU") == 1
    assert world.code_of(part.name) == "in_use"
    world.nova.deallocate(instance)
    world.look()
    assert world.nova.inventories(part.provider_uuid).keys() == {"VGPU"}
    assert world.code_of(part.name) is None


def test_a_removed_host_leaves_nothing_there(world: World) -> None:
    root = world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    world.conductor.remove_host("host-1")
    world.publisher.publish_waiting()
    assert world.nova.list_children(root) == {}


def test_a_host_that_was_removed_elsewhere_is_found_by_the_look(world: World) -> None:
    root = world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    world.conductor.remove_host("host-1")
    second = world.second_publisher()
    second.look_at_everything()
    second.publish_waiting()
    assert world.nova.list_children(root) == {}


def test_a_renamed_host_takes_its_providers_along(world: World) -> None:
    old, new = world.add_compute_node("host-1"), world.add_compute_node("host-2")
    identity = HostIdentity(str(uuid.uuid4()), "", "node", "run")
    device = make_device("host-1", 0)
    world.conductor.add_host(Snapshot("host-1", (device,)), identity)
    world.publisher.publish_waiting()
    (part,) = world.deployables()
    instance = str(uuid.uuid4())
    world.nova.allocate(instance, part.provider_uuid, "PGPU")
    world.conductor.add_host(Snapshot("host-2", (device,)), identity)
    world.publisher.publish_waiting()
    assert world.nova.list_children(old) == {}
    assert world.nova.list_children(new).keys() == {part.name}
    assert world.nova.usage(part.provider_uuid) == {"PGPU": 1}


def test_a_renamed_host_without_a_compute_node_is_offered_to_nobody(world: World) -> None:
    old = world.add_compute_node("host-1")
    identity = HostIdentity(str(uuid.uuid4()), "", "node", "run")
    device = make_device("host-1", 0)
    world.conductor.add_host(Snapshot("host-1", (device,)), identity)
    world.publisher.publish_waiting()
    (part,) = world.deployables()
    instance = str(uuid.uuid4())
    world.nova.allocate(instance, part.provider_uuid, "PGPU")
    world.conductor.add_host(Snapshot("host-2", (device,)), identity)
    world.publisher.publish_waiting()
    world.look()  # and what the old node has is not taken for one whose device is gone
    assert world.code_of(part.name) == "no_compute_node"
    assert world.nova.list_children(old).keys() == {part.name}
    assert world.nova.open_units(part.provider_uuid, "PGPU") == 0
    assert world.nova.usage(part.provider_uuid) == {"PGPU": 1}
    new = world.add_compute_node("host-2")
    world.look()
    assert world.nova.list_children(new).keys() == {part.name}
    assert world.nova.open_units(part.provider_uuid, "PGPU") == 1


def test_a_compute_node_that_is_called_otherwise_offers_nothing_of_ours(world: World) -> None:
    root = world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    (part,) = world.deployables()
    for name, is_open in (("host-1.example.org", 0), ("host-1", 1)):
        world.nova.ask("PUT", f"/resource_providers/{root}", {"name": name})
        world.restart()
        assert world.nova.open_units(part.provider_uuid, "PGPU") == is_open
    world.caller.calls.clear()
    world.look()
    assert world.caller.writes == []


def test_a_host_without_a_compute_node_is_asked_for_its_devices_once(world: World) -> None:
    world.report("host-1", make_device("host-1", 0), make_device("host-1", 1))
    world.caller.calls.clear()
    world.look()
    assert len(world.caller.calls) == 2  # all that is ours, and the node
