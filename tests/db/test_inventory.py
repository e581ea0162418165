"""What is stored equals what was reported, and costs few statements."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import (
    attributes,
    classes,
    deployables,
    devices,
    loading,
    standing,
    storing,
)
from cyborg_rr.db.tables import AttachHandleRow
from cyborg_rr.domain.hardware.comparing import Changes, ClassNames, compare
from cyborg_rr.domain.hardware.devices import Snapshot, render_provider_uuid
from cyborg_rr.domain.hardware.fields import DeployableFields
from cyborg_rr.domain.hardware.hosts import Speaker
from cyborg_rr.domain.hardware.keys import hash_key
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState
from tests.builders import hash_of, make_device, make_snapshot
from tests.statements import counted

CLASS = "test-class"


def store(database: Database, snapshot: Snapshot, agent: str = "agent") -> Changes:
    """Store a snapshot as the conductor does."""
    names = ClassNames({device.key: CLASS for device in snapshot.devices})
    with database.writing() as session:
        refused = standing.take_host(session, Speaker(snapshot.hostname, agent))
        assert refused is None, refused
        held = loading.load_host_devices(session, snapshot.hostname)
        ids = storing.save_classes(session, {CLASS: {"device_class": CLASS}})
        changes = compare(held, snapshot, names)
        storing.store_changes(session, snapshot.hostname, changes, ids)
        standing.note_content(session, snapshot.hostname, hash_of(snapshot), snapshot.left_out)
    return changes


def test_a_reported_device_is_listed_with_its_parts(database: Database) -> None:
    store(database, make_snapshot("host-1", 2, handles=3))
    with database.reading() as session:
        found = devices.list_devices(session, hostname="host-1")
        parts = deployables.list_deployables(session)
    assert [device.device_class for device in found] == [CLASS, CLASS]
    assert [part.fields.num_accelerators for part in parts] == [3, 3]
    assert parts[0].attributes == (
        ("rc", "PGPU"),
        ("trait0", "OWNER_CYBORG"),
        ("trait1", "CUSTOM_TEST"),
    )
    assert parts[0].provider_uuid == render_provider_uuid(parts[0].name)


def test_an_unchanged_report_finds_no_changes(database: Database) -> None:
    snapshot = make_snapshot("host-1", 3, handles=2)
    assert store(database, snapshot) != Changes()
    assert store(database, snapshot) == Changes()


def test_statements_of_a_first_report_do_not_grow_with_its_devices(database: Database) -> None:
    counts = []
    for host, size in (("small", 2), ("large", 400)):
        with counted(database.engine) as statements:
            store(database, make_snapshot(host, size, handles=4))
        counts.append(len(statements))
    assert counts[0] == counts[1] + 2  # the first also stores the class and asks for its row
    assert counts[0] <= 30


def test_a_removed_device_is_deleted(database: Database) -> None:
    store(database, make_snapshot("host-1", 3))
    store(database, make_snapshot("host-1", 1))
    with database.reading() as session:
        assert len(devices.list_devices(session)) == 1
        assert len(deployables.list_deployables(session)) == 1
        assert len(attributes.list_attributes(session)) == 3


def test_a_removed_device_that_is_held_stays_as_missing_and_returns(database: Database) -> None:
    snapshot = make_snapshot("host-1", 1)
    store(database, snapshot)
    hold_all(database)
    store(database, Snapshot("host-1", ()))
    with database.reading() as session:
        assert [device.state for device in devices.list_devices(session)] == [DeviceState.MISSING]
    store(database, snapshot)
    with database.reading() as session:
        assert [device.state for device in devices.list_devices(session)] == ["present"]


def hold_all(database: Database) -> None:
    """Hold every handle."""
    with database.writing() as session:
        for row in session.query(AttachHandleRow):
            row.state = HandleState.HELD


def test_devices_of_a_failed_driver_stay(database: Database) -> None:
    store(database, make_snapshot("host-1", 2))
    assert store(database, Snapshot("host-1", (), ("fake",))) == Changes()


def test_the_handle_that_vanished_is_the_one_that_is_dropped(database: Database) -> None:
    device = make_device("host-1", 0, handles=4)
    store(database, Snapshot("host-1", (device,)))
    part = device.deployables[0]
    kept = (part.handles[0], *part.handles[2:])
    smaller = replace(device, deployables=(replace(part, handles=kept),))
    store(database, Snapshot("host-1", (smaller,)))
    with database.reading() as session:
        keys = {row.handle_key for row in session.query(AttachHandleRow)}
    assert keys == {hash_key(handle.key) for handle in kept}


def test_changed_traits_replace_the_reported_but_not_the_operators(database: Database) -> None:
    device = make_device("host-1", 0)
    store(database, Snapshot("host-1", (device,)))
    with database.writing() as session:
        part = deployables.list_deployables(session)[0]
        attributes.create_attribute(session, part.id, "rack", "7")
    changed = replace(device, deployables=(replace(device.deployables[0], traits=("CUSTOM_X",)),))
    store(database, Snapshot("host-1", (changed,)))
    with database.reading() as session:
        found = dict(deployables.list_deployables(session)[0].attributes)
    assert found == {"rack": "7", "rc": "PGPU", "trait0": "CUSTOM_X"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"resource_class": "VGPU"}, DeployableFields("VGPU", 2, "fake")),
        ({"driver_name": "other"}, DeployableFields("PGPU", 2, "other")),
        ({"handles": ()}, DeployableFields("PGPU", 0, "fake")),
    ],
    ids=["resource class", "driver", "handles"],
)
def test_a_changed_field_of_a_deployable_is_written(
    database: Database, change: dict[str, Any], expected: DeployableFields
) -> None:
    device = make_device("host-1", 0, handles=2)
    store(database, Snapshot("host-1", (device,)))
    changed = replace(device, deployables=(replace(device.deployables[0], **change),))
    store(database, Snapshot("host-1", (changed,)))
    with database.reading() as session:
        (part,) = deployables.list_deployables(session)
    assert part.fields == expected


def test_changed_fields_of_many_devices_are_written(database: Database) -> None:
    snapshot = make_snapshot("host-1", 3)
    store(database, snapshot)
    changed = tuple(
        replace(device, fields=replace(device.fields, model="Other")) for device in snapshot.devices
    )
    store(database, replace(snapshot, devices=changed))
    with database.reading() as session:
        assert {device.fields.model for device in devices.list_devices(session)} == {"Other"}


def test_another_agent_may_not_report_the_host(database: Database) -> None:
    store(database, make_snapshot("host-1", 1))
    with database.writing() as session:
        refused = standing.take_host(session, Speaker("host-1", "intruder"))
    assert refused is not None
    assert "agent agent, not by intruder" in refused.reason


def test_a_name_that_another_device_has_is_told_apart(database: Database) -> None:
    store(database, make_snapshot("host-1", 2))
    same = replace(make_snapshot("host-1", 2), hostname="host-2")
    store(database, same)
    with database.reading() as session:
        names = [part.name for part in deployables.list_deployables(session)]
        uuids = [part.provider_uuid for part in deployables.list_deployables(session)]
    assert names[2:] == [
        f"{name}_{hash_key(device.key)[:8]}"
        for name, device in zip(names[:2], same.devices, strict=True)
    ]
    assert uuids == [render_provider_uuid(name) for name in names]
    third = replace(make_snapshot("host-1", 2), hostname="host-3")
    store(database, third)
    assert store(database, third) == Changes()
    with database.reading() as session:
        assert len({part.name for part in deployables.list_deployables(session)}) == 6


def test_lists_cost_the_same_statements_for_any_number_of_rows(database: Database) -> None:
    costs = []
    for size in (2, 60):
        store(database, make_snapshot(f"host-{size}", size))
        with database.reading() as session, counted(database.engine) as statements:
            devices.list_devices(session)
            deployables.list_deployables(session)
            attributes.list_attributes(session)
            classes.list_classes(session)
        costs.append(len(statements))
    assert costs[0] == costs[1]


def test_classes_count_devices_that_are_whole_and_free(database: Database) -> None:
    store(database, make_snapshot("host-1", 3))
    with database.writing() as session:
        session.query(AttachHandleRow).first().state = HandleState.HELD  # type: ignore[union-attr]
        device = devices.list_devices(session)[2]
        devices.set_device_status(session, device.uuid, "maintaining")
    with database.reading() as session:
        (found,) = classes.list_classes(session)
    assert (found.devices, found.free) == (2, 1)
