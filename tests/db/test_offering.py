"""What a host offers is read in a fixed number of statements, on every database."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import attributes, classes, deployables, devices, standing
from cyborg_rr.db.hardware.offering import offered, withheld
from cyborg_rr.domain.hardware.devices import Snapshot, Trouble
from tests.builders import make_divided_device, make_snapshot
from tests.fakes.direct import DirectConductor
from tests.shipped import load
from tests.statements import counted


@pytest.fixture
def conductor(database: Database, tmp_path: Path) -> DirectConductor:
    """A conductor with two hosts."""
    conductor = DirectConductor(database, load(), tmp_path)
    conductor.add_host(Snapshot("host-1", (make_divided_device("host-1", 0, 3),)))
    conductor.add_host(make_snapshot("host-2", 8, handles=2))
    return conductor


@pytest.mark.usefixtures("conductor")
def test_what_a_host_offers_is_of_that_host_with_its_classes_traits(database: Database) -> None:
    with database.reading() as session:
        (device,) = offered.load_offered(session, "host-1").devices
        assert offered.load_offered(session, "nobody").devices == ()
    whole, virtual = device.parts
    assert (whole.total, whole.fits, virtual.total, virtual.fits) == (1, 1, 3, 3)
    assert {"CUSTOM_TEST", "CUSTOM_RR_KIND_GPU", "CUSTOM_RR_TARGET_CUDA_SM_75"} <= whole.traits
    assert whole.handle_types == {"TEST_PCI"}


@pytest.mark.usefixtures("conductor")
def test_what_is_on_a_lost_host_is_not_counted_as_free(database: Database) -> None:
    def count() -> list[tuple[str, int, int]]:
        with database.reading() as session:
            return [(each.name, each.devices, each.free) for each in classes.list_classes(session)]

    before = count()
    assert sum(free for *_, free in before) > 0
    for host in ("host-1", "host-2"):
        with database.writing() as session:
            standing.mark_lost(session, [host], "it is silent")
    assert count() == [(name, 0, 0) for name, *_ in before]
    with database.writing() as session:
        standing.mark_found(session, ["host-1", "host-2"])
    assert count() == before


@pytest.mark.usefixtures("conductor")
def test_the_statements_do_not_grow_with_the_devices(database: Database) -> None:
    counts = []
    for host in ("host-1", "host-2"):
        with counted(database.engine) as statements, database.reading() as session:
            offered.load_offered(session, host)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 8


@pytest.mark.usefixtures("conductor")
def test_a_cause_keeps_since_when_it_has_its_code(database: Database) -> None:
    with database.reading() as session:
        first, second, *_ = deployables.list_deployables(session)

    def note(cause: Trouble | None) -> None:
        with database.writing() as session:
            withheld.note_withheld(session, {first.id: cause, second.id: None})

    def read() -> tuple[Trouble | None, object]:
        with database.reading() as session:
            found = deployables.find_deployable(session, first.uuid)
        assert found is not None
        return found.withheld, found.withheld_since

    note(Trouble("in_use", "by one"))
    cause, since = read()
    assert cause == Trouble("in_use", "by one")
    assert since is not None
    note(Trouble("in_use", "by two"))
    assert read() == (Trouble("in_use", "by two"), since)
    note(Trouble("refused", "never"))
    assert read()[1] != since
    note(None)
    assert read() == (None, None)


@pytest.mark.usefixtures("conductor")
def test_a_profile_may_ask_for_what_a_class_offers(database: Database) -> None:
    group = {"resources:PGPU": "1", "trait:CUSTOM_RR_MEMORY_AT_LEAST_12_GIB": "required"}
    too_much = {"resources:PGPU": "1", "trait:CUSTOM_RR_MEMORY_AT_LEAST_80_GIB": "required"}
    with database.reading() as session:
        assert len(devices.list_selected(session, [group])) == 9
        assert devices.list_selected(session, [too_much]) == []
        rows = [part.id for part in deployables.list_deployables(session)]
        for traits in attributes.traits_by_deployable(session, rows).values():
            assert "CUSTOM_RR_MEMORY_AT_LEAST_12_GIB" in traits


@pytest.mark.usefixtures("conductor")
def test_the_hosts_of_providers_are_found(database: Database) -> None:
    with database.reading() as session:
        (own,) = offered.load_offered(session, "host-1").devices
        uuid = own.parts[0].provider_uuid
        assert offered.find_hosts_of(session, [uuid, "other"]) == {uuid: "host-1"}
        assert offered.list_host_names(session) == ["host-1", "host-2"]
