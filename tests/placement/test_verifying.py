"""With [placement] verify_allocation a bind needs the allocation that the scheduler made for it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from cyborg_rr.domain.errors import NoAllocation, PlacementUnavailable
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.domain.requests import Binding, Mandate
from tests.builders import make_device
from tests.fakes.hostile_http import ANSWERS, serve
from tests.placement.conftest import PROJECT, World


@pytest.fixture
def verifying(make_world: Callable[..., World], placement_url: str) -> World:
    """A cloud whose binds are checked, with a host of two devices."""
    world = make_world(placement_url, verifies=True)
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0, handles=4), make_device("host-1", 1))
    return world


def test_a_bind_without_an_allocation_is_refused_before_anything_is_claimed(
    verifying: World,
) -> None:
    part, other = verifying.parts("host-1")
    instance = str(uuid.uuid4())
    verifying.nova.allocate(instance, other.provider_uuid, "PGPU")
    with pytest.raises(NoAllocation, match=part.provider_uuid):
        verifying.bind("host-1", part, instance)
    assert [each.held for each in verifying.parts("host-1")] == [0, 0]
    verifying.bind("host-1", other, instance)
    assert [each.held for each in verifying.parts("host-1")] == [0, 1]


def test_an_instance_is_bound_to_as_many_as_it_was_allocated(verifying: World) -> None:
    part, _ = verifying.parts("host-1")
    instance = str(uuid.uuid4())
    verifying.nova.allocate(instance, part.provider_uuid, "PGPU", 2)
    arqs = [verifying.request({"resources:PGPU": "1"}) for _ in range(3)]
    bindings = [Binding(arq, "host-1", part.provider_uuid, instance, PROJECT) for arq in arqs]
    with pytest.raises(NoAllocation, match=r"of 2 .* to 3"):
        verifying.conductor.bind(bindings, Mandate(PROJECT))
    verifying.conductor.bind(bindings[:2], Mandate(PROJECT))
    assert verifying.parts("host-1")[0].held == 2


def test_an_allocation_of_another_instance_does_not_count(verifying: World) -> None:
    part, _ = verifying.parts("host-1")
    verifying.nova.allocate(str(uuid.uuid4()), part.provider_uuid, "PGPU")
    with pytest.raises(NoAllocation):
        verifying.bind("host-1", part)


def test_an_allocation_of_an_operators_own_class_does_not_count(verifying: World) -> None:
    part, _ = verifying.parts("host-1")
    provider, instance = part.provider_uuid, str(uuid.uuid4())
    verifying.nova.ask("PUT", "/resource_classes/CUSTOM_POWER")
    kept = verifying.nova.inventories(provider)
    verifying.nova.set_inventories(provider, {**kept, "CUSTOM_POWER": {"total": 300}})
    verifying.nova.allocate(instance, provider, "CUSTOM_POWER", 250)
    with pytest.raises(NoAllocation, match="of 0 PGPU"):
        verifying.bind("host-1", part, instance)


def test_a_provider_that_nobody_has_is_allocated_to_nobody(verifying: World) -> None:
    part, _ = verifying.parts("host-1")
    with pytest.raises(NoAllocation, match="of 0 units"):
        verifying.bind("host-1", replace(part, provider_uuid=str(uuid.uuid4())))


@pytest.mark.parametrize("name", ["hang-up", "a page instead", "a page of a proxy", "nothing"])
def test_a_bind_that_nobody_can_check_is_refused_for_now(
    make_world: Callable[..., World], name: str
) -> None:
    with serve(ANSWERS[name][0]) as url:
        world = make_world(url, verifies=True, seconds=1)
        world.conductor.add_host(_snapshot())
        with pytest.raises(PlacementUnavailable):
            world.bind("host-1", world.parts("host-1")[0])
        assert world.parts("host-1")[0].held == 0


def test_without_the_option_nobody_is_asked(world: World) -> None:
    world.add_compute_node("host-1")
    world.report("host-1", make_device("host-1", 0))
    world.caller.calls.clear()
    world.bind("host-1", world.parts("host-1")[0])
    assert world.caller.calls == []


def _snapshot() -> Snapshot:
    return Snapshot("host-1", (make_device("host-1", 0),))
