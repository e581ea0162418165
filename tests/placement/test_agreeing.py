"""Whoever else writes there, and whoever is late: what is there in the end is what we have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cyborg_rr.conductor.publishing.placement import PlacementPublisher
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.domain.hardware.offering.offered import OfferedHost
from tests.builders import make_device
from tests.placement.conftest import CountingCaller, World


def _before(caller: CountingCaller, method: str, word: str, act: Callable[[], None]) -> None:
    """Let something happen once, just before a call of that kind goes out."""
    original = caller.call
    done: list[bool] = []

    def call(asked: str, path: str, body: Any = None, **query: str) -> Any:
        if asked == method and word in path and not done:
            done.append(True)
            act()
        return original(asked, path, body, **query)

    caller.call = call  # type: ignore[method-assign]


def test_a_change_of_somebody_else_in_between_is_seen_and_kept(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    (part,) = world.deployables()
    provider = part.provider_uuid

    def interfere() -> None:
        world.nova.set_traits(provider, world.nova.traits(provider) | {"CUSTOM_JUST_NOW"})

    _before(world.caller, "PUT", "inventories", interfere)
    world.conductor.set_device_status(world.devices()[0].uuid, "maintaining")
    world.publisher.publish_waiting()
    assert world.nova.open_units(provider, "PGPU") == 0
    assert "CUSTOM_JUST_NOW" in world.nova.traits(provider)


@pytest.mark.parametrize("moment", ["after its read", "before its change"])
@pytest.mark.parametrize("is_new", [True, False])
def test_a_conductor_that_was_paused_overwrites_nothing(
    world: World, is_new: bool, moment: str
) -> None:
    """It read that the device is enabled, and sleeps while another publishes that it is not."""
    world.add_compute_node("host-1")
    world.conductor.add_host(_snapshot())
    other = world.second_publisher()
    if not is_new:
        world.publisher.publish_waiting()
        provider = world.deployables()[0].provider_uuid
        world.nova.set_inventories(provider, {"PGPU": {"total": 5}})  # there is something to do
        world.publisher.host_changed("host-1")

    def meanwhile() -> None:
        world.conductor.set_device_status(world.devices()[0].uuid, "maintaining")
        other.host_changed("host-1")
        other.publish_waiting()
        world.publisher._waiting._due.pop("host-1", None)  # it does not hear of it

    if moment == "before its change":
        _before(world.caller, "PUT", "inventories", meanwhile)
    else:
        _after_read(world.publisher, meanwhile)
    world.publisher.publish_waiting()
    assert world.nova.open_units(world.deployables()[0].provider_uuid, "PGPU") == 0


@pytest.mark.parametrize("status", ["maintaining", "enabled"])
def test_a_late_write_of_what_was_changed_back_does_not_stay(world: World, status: str) -> None:
    """Whoever publishes that it was changed back finds it so already, and bumps no generation."""
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    provider, device = world.deployables()[0].provider_uuid, world.devices()[0].uuid
    world.conductor.set_device_status(device, status)
    world.publisher.publish_waiting()
    before = world.nova.open_units(provider, "PGPU")
    other = world.second_publisher()
    world.conductor.set_device_status(device, {"enabled": "maintaining"}.get(status, "enabled"))

    def meanwhile() -> None:
        world.conductor.set_device_status(device, status)
        other.host_changed("host-1")
        other.publish_waiting()
        world.publisher._waiting._due.pop("host-1", None)  # it does not hear of it

    _after_read(world.publisher, meanwhile)
    world.publisher.publish_waiting()
    assert world.nova.open_units(provider, "PGPU") == before


def _after_read(publisher: PlacementPublisher, act: Callable[[], None]) -> None:
    """Let something happen once, just after the publisher has read our own inventory."""
    original = publisher._sync._read
    done: list[bool] = []

    def read(hostname: str) -> OfferedHost:
        host = original(hostname)
        if not done:
            done.append(True)
            act()
        return host

    publisher._sync._read = read  # type: ignore[method-assign]


def test_a_provider_that_was_moved_back_by_a_late_conductor_is_fetched_again(world: World) -> None:
    first, second = world.add_compute_node("host-1"), world.add_compute_node("host-2")
    world.report("host-2", make_device("host-2", 0))
    (part,) = world.deployables()
    body = {"name": part.name, "parent_provider_uuid": first}
    world.nova.ask("PUT", f"/resource_providers/{part.provider_uuid}", body)
    world.report("host-1", make_device("host-1", 1))
    assert part.name in world.nova.list_children(second)
    assert world.nova.open_units(part.provider_uuid, "PGPU") == 1


def test_a_provider_that_another_conductor_makes_at_the_same_time_is_one(world: World) -> None:
    root = world.add_compute_node("host-1")
    world.conductor.add_host(_snapshot())
    other = world.second_publisher()

    def meanwhile() -> None:
        other.host_changed("host-1")
        other.publish_waiting()

    _before(world.caller, "POST", "resource_providers", meanwhile)
    world.publisher.publish_waiting()
    assert len(world.nova.list_children(root)) == 1
    assert world.nova.open_units(world.deployables()[0].provider_uuid, "PGPU") == 1


@pytest.mark.parametrize("drift", ["inventory", "inventories", "traits", "provider", "parent"])
def test_what_drifts_is_repaired_by_the_next_look(world: World, drift: str) -> None:
    root = world.add_compute_node("host-1")
    other = world.add_compute_node("other")
    world.report("host-1", make_device("host-1", 0))
    (part,) = world.deployables()
    provider = part.provider_uuid
    before = (world.nova.inventories(provider), world.nova.traits(provider))
    match drift:
        case "inventory":
            world.nova.set_inventories(provider, {"PGPU": {"total": 7, "allocation_ratio": 9.0}})
        case "inventories":
            world.nova.set_inventories(provider, {})
        case "traits":
            world.nova.set_traits(provider, set())
        case "provider":
            world.nova.ask("DELETE", f"/resource_providers/{provider}")
        case "parent":
            body = {"name": part.name, "parent_provider_uuid": other}
            world.nova.ask("PUT", f"/resource_providers/{provider}", body)
    world.look()
    assert world.nova.list_children(root).keys() == {part.name}
    inventories = world.nova.inventories(provider)
    inventories["PGPU"]["max_unit"] = 1  # that of an operator would stay
    assert (inventories, world.nova.traits(provider)) == before


def test_a_trait_and_a_class_that_somebody_deleted_are_made_again(world: World) -> None:
    world.add_compute_node("host-1")
    device = make_device("host-1", 0, resource_class="CUSTOM_TEST", traits=("CUSTOM_MINE",))
    world.report("host-1", device)
    provider = world.deployables()[0].provider_uuid
    world.nova.set_inventories(provider, {})
    world.nova.set_traits(provider, set())
    world.nova.ask("DELETE", "/resource_classes/CUSTOM_TEST")
    world.nova.ask("DELETE", "/traits/CUSTOM_MINE")
    world.look()
    world.look()
    assert "CUSTOM_MINE" in world.nova.traits(provider)
    assert world.nova.open_units(provider, "CUSTOM_TEST") == 1
    world.look()
    assert world.code_of(world.deployables()[0].name) is None


def test_a_look_at_what_has_not_changed_is_one_call(world: World) -> None:
    for number in range(3):
        world.add_compute_node(f"host-{number}")
        world.report(f"host-{number}", make_device(f"host-{number}", 0))
    world.look()
    world.caller.calls.clear()
    world.look()
    assert world.caller.calls == [("GET", "/resource_providers")]


def test_a_look_after_a_restart_changes_nothing(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    world.caller.calls.clear()
    second = world.second_publisher()
    second.look_at_everything()
    second.publish_waiting()
    assert world.caller.writes == []


def _snapshot() -> Snapshot:
    return Snapshot("host-1", (make_device("host-1", 0),))
