"""What somebody changed in a real Placement is found by looking only, and healed by publishing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest

from cyborg_rr.conductor.auditing.audit import Auditor
from cyborg_rr.conductor.auditing.finding import Patience
from cyborg_rr.conductor.auditing.kinds import Code
from cyborg_rr.conductor.auditing.mend import Mender
from cyborg_rr.conductor.auditing.outside import Outside
from cyborg_rr.conductor.publishing.drift import PlacementView, PublishingNow
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.outside.placement.client import PlacementClient
from tests.builders import make_device
from tests.placement.conftest import World

HOST = "host-1"
Change = Callable[[World, str], None]


def open_inventory(world: World, provider: str) -> None:
    """An operator says that more can be had."""
    world.nova.set_inventories(provider, {"PGPU": {"total": 4, "reserved": 1, "max_unit": 4}})


def drop_traits(world: World, provider: str) -> None:
    """Somebody takes what schedulers select by."""
    world.nova.set_traits(provider, {"OWNER_CYBORG"})


def drop_owner(world: World, provider: str) -> None:
    """Somebody takes the sign of who owns it, by which all of ours are listed."""
    world.nova.set_traits(provider, world.nova.traits(provider) - {"OWNER_CYBORG"})


def add_trait(world: World, provider: str) -> None:
    """Somebody says of it what only we say."""
    world.nova.set_traits(provider, world.nova.traits(provider) | {"CUSTOM_RR_NONSENSE"})


def delete_provider(world: World, provider: str) -> None:
    """Somebody deletes it."""
    world.nova.ask("DELETE", f"/resource_providers/{provider}")


def make_mender(world: World) -> Mender:
    """Who heals the cloud, and who audits it."""
    view = PlacementView(world.database, PlacementClient(world.caller), lag_seconds=0)
    patience = Patience(timedelta(seconds=60), timedelta(seconds=600))
    auditor = Auditor(world.database, patience, Outside(providers=view))
    releaser = Releaser(world.database, world.conductor.agents)
    unbinder = Unbinder(world.database, releaser)
    # A publisher that knows nothing of what has been published, as that of a command.
    publishers = [PublishingNow(world.second_publisher())]
    return Mender(world.database, auditor, unbinder, releaser, publishers)


@pytest.fixture
def published(world: World) -> World:
    """A host whose devices are published as they are, one of them held."""
    world.add_compute_node(HOST)
    world.report(HOST, make_device(HOST, 0), make_device(HOST, 1))
    world.bind(HOST, world.parts(HOST)[1])
    world.look()
    return world


def test_what_is_published_as_it_is_has_not_drifted(published: World) -> None:
    assert make_mender(published).preview() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (open_inventory, "PGPU has total 4, reserved 1; should be 1, 0"),
        (drop_traits, "it lacks the traits CUSTOM_"),
        (drop_owner, "it lacks the traits OWNER_CYBORG"),
        (add_trait, "it has the traits CUSTOM_RR_NONSENSE"),
        (delete_provider, "it is not there"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_somebody_changed_is_found_without_a_write_and_healed(
    published: World, change: Change, words: str
) -> None:
    provider = published.parts(HOST)[0].provider_uuid
    change(published, provider)
    published.caller.calls.clear()
    (foreseen,) = make_mender(published).preview()
    assert published.caller.writes == []
    found = foreseen.finding
    assert (found.code, found.key, found.host) == (Code.PROVIDER_DRIFTED, provider, HOST)
    assert words in found.why
    (outcome,) = make_mender(published).heal()
    assert outcome.is_mended, outcome
    assert make_mender(published).heal() == []


def test_a_provider_of_ours_without_a_device_is_found_and_deleted(published: World) -> None:
    part = published.parts(HOST)[0]
    published.conductor.publishers.clear()
    published.report(HOST, make_device(HOST, 1))
    (foreseen,) = make_mender(published).preview()
    assert foreseen.finding.key == part.provider_uuid
    assert foreseen.finding.why == f"{part.name}: its device is gone"
    (outcome,) = make_mender(published).heal()
    assert outcome.is_mended, outcome
    assert part.name not in published.nova.list_children(published.roots[HOST])


def test_what_others_say_of_a_provider_is_no_drift(published: World) -> None:
    provider = published.parts(HOST)[0].provider_uuid
    published.nova.set_traits(provider, published.nova.traits(provider) | {"CUSTOM_RACK_7"})
    assert make_mender(published).preview() == []


def test_what_is_withheld_for_a_known_cause_is_told_as_that(world: World) -> None:
    world.report("host-2", make_device("host-2", 0))
    outcomes = make_mender(world).preview()
    assert [each.finding.code for each in outcomes] == [Code.PROVIDER_WITHHELD]


def test_what_was_published_meanwhile_is_no_drift(published: World) -> None:
    provider = published.parts(HOST)[0].provider_uuid
    open_inventory(published, provider)
    view = PlacementView(published.database, PlacementClient(published.caller), lag_seconds=0)
    look, looks = view._look, []

    def look_and_publish(hostnames: list[str]) -> object:
        looks.append(list(hostnames))
        found = look(hostnames)
        published.look()
        return found

    view._look = look_and_publish  # type: ignore[assignment,method-assign]
    assert view.find_drift([HOST, "host-2"]) == []
    assert cast(object, looks) == [[HOST, "host-2"], [HOST]]
