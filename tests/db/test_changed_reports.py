"""What is stored after a report does not depend on what was reported before.

But for what is given once and stays: names, uuids, and the identity of a device that is silent.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import (
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceClassRow,
    DeviceRow,
)
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    DeviceFacts,
    LeftOut,
    Snapshot,
    Trouble,
)
from cyborg_rr.domain.hardware.fields import DeviceFields
from tests.builders import hash_of
from tests.migrated import lay_out
from tests.shipped import load

HANDLE = AttachHandle("PCI", {"bus": "3b", "function": "1"}, "vf0", {"functions": 1}, "group:1")
PART = Deployable(
    name="host_3b_vf",
    resource_class="PGPU",
    handles=(HANDLE, replace(HANDLE, info={"bus": "3b", "function": "2"}, place="vf1")),
    traits=("CUSTOM_A", "CUSTOM_B"),
    driver_name="nvidia_gpu",
    attributes={"key": "value"},
    part="vf",
    num_accelerators=2,
    part_facts=DeviceFacts("GPU", vendor_id="10de", device_id="1eb9", memory_bytes=1 << 30),
)
WHOLE = replace(
    PART, name="host_3b", part="", num_accelerators=1, part_facts=None, handles=(HANDLE,)
)
WHOLE = replace(WHOLE, handles=(AttachHandle("PCI", {"bus": "3b", "function": "0"}, "0"),))
DEVICE = Device(
    type="GPU",
    control_path={"bus": "3b", "function": "0"},
    facts=DeviceFacts("GPU", vendor_id="10de", device_id="1eb8", memory_bytes=1 << 34),
    deployables=(WHOLE, PART),
    fields=DeviceFields("10de", "Tesla T4", {"product_id": "1eb8"}, {"a": "b"}, 0),
    identity="nvidia:GPU-1",
    capacities={"functions": 2},
    trouble=Trouble("ecc", "errors"),
)
CHANGES: Mapping[type, Mapping[str, Any]] = {
    Device: {
        "type": "FPGA",
        "control_path": {"bus": "4b", "function": "0"},
        "facts": replace(DEVICE.facts, memory_bytes=1 << 33),
        "deployables": (WHOLE,),
        "fields": replace(DEVICE.fields, model="T4"),
        "identity": "nvidia:GPU-2",
        "capacities": {"functions": 3, "slices": 1},
        "trouble": Trouble("xid", "fell off"),
    },
    DeviceFields: {
        "vendor": "1002",
        "model": "Other",
        "std_board_info": {"product_id": "1eb8", "controller": "3D"},
        "vendor_board_info": {},
        "numa_node": None,
        "peers": {"0000:4b:00.0": "NV18"},
        "versions": {"cuda": "12.4"},
    },
    Deployable: {
        "name": "host_other",
        "resource_class": "VGPU",
        "handles": PART.handles[:1],
        "traits": ("CUSTOM_B", "CUSTOM_A"),
        "driver_name": "pci",
        "attributes": {"key": "other", "more": ""},
        "part": "vgpu-1157",
        "num_accelerators": 1,
        "part_facts": None,
    },
    AttachHandle: {
        "type": "MDEV",
        "info": {"bus": "3b", "function": "7"},
        "place": "vf7",
        "consumes": {"functions": 2},
        "unit": None,
    },
}
"""For each field something else than ``DEVICE`` has there."""


def change(kind: type, name: str) -> Device:
    """The device with one field changed, of itself, its second part or the first handle of that."""
    one: Any = {name: CHANGES[kind][name]}
    if kind is Device:
        return replace(DEVICE, **one)
    if kind is DeviceFields:
        return replace(DEVICE, fields=replace(DEVICE.fields, **one))
    if kind is Deployable:
        return replace(DEVICE, deployables=(WHOLE, replace(PART, **one)))
    handles = (replace(HANDLE, **one), PART.handles[1])
    return replace(DEVICE, deployables=(WHOLE, replace(PART, handles=handles)))


def on_host(snapshot: Snapshot, host: str) -> Snapshot:
    """The same on another host, whose deployables are called after it."""
    return replace(
        snapshot,
        hostname=host,
        devices=tuple(
            replace(
                device,
                deployables=tuple(
                    replace(part, name=f"{host}_{part.name}") for part in device.deployables
                ),
            )
            for device in snapshot.devices
        ),
    )


def report(database: Database, snapshot: Snapshot) -> None:
    reporter = Reporter(database, load(), (), release_grace_seconds=0)
    reporter.report("agent", snapshot, hash_of(snapshot))


OWN = {"id", "uuid", "created_at", "updated_at"}
GIVEN = {"hostname", "name", "provider_uuid", "device_id", "deployable_id", "device_class_id"}
TIMES = {"trouble_since", "state_since"}


def columns(row: Any) -> dict[str, Any]:
    """What a row says, without what is its own, given once, or a number of another row."""
    names = (attribute.key for attribute in type(row).__mapper__.column_attrs)
    return {name: getattr(row, name) for name in names if name not in OWN | GIVEN | TIMES}


def dump(database: Database, host: str) -> list[Any]:
    """Everything that is stored of a host's devices."""
    with database.reading() as session:
        classes = {
            row.id: (row.name, row.document) for row in session.scalars(_all(DeviceClassRow))
        }
        classes[None] = None
        return sorted(
            [
                (
                    columns(device),
                    classes[device.device_class_id],
                    sorted(
                        [_dump_part(session, part, classes) for part in _of(session, device)],
                        key=repr,
                    ),
                )
                for device in session.scalars(_all(DeviceRow).where(DeviceRow.hostname == host))
            ],
            key=repr,
        )


def _all(table: Any) -> Any:
    return select(table).order_by(table.id)


def _of(session: Any, device: DeviceRow) -> Iterator[DeployableRow]:
    found: Iterator[DeployableRow] = session.scalars(
        _all(DeployableRow).where(DeployableRow.device_id == device.id)
    )
    return found


def _dump_part(session: Any, part: DeployableRow, classes: Mapping[Any, Any]) -> Any:
    attributes = session.scalars(_all(AttributeRow).where(AttributeRow.deployable_id == part.id))
    handles = session.scalars(_all(AttachHandleRow).where(AttachHandleRow.deployable_id == part.id))
    return (
        columns(part),
        classes[part.device_class_id],
        [columns(row) for row in attributes],
        sorted([columns(row) for row in handles], key=repr),
    )


@pytest.mark.parametrize("kind", CHANGES, ids=lambda kind: kind.__name__)
def test_every_field_that_changes_is_stored(database: Database, kind: type) -> None:
    assert set(CHANGES[kind]) == {field.name for field in fields(kind)}
    for name in CHANGES[kind]:
        changed = Snapshot("host", (change(kind, name),))
        assert changed.devices[0] != DEVICE
        one, other = f"{name}-changed", f"{name}-fresh"
        report(database, on_host(Snapshot("host", (DEVICE,)), one))
        before = dump(database, one)
        report(database, on_host(changed, one))
        report(database, on_host(changed, other))
        assert dump(database, one) == dump(database, other), name
        assert (dump(database, one) == before) is (name == "name"), name


def handles_of(part: str) -> st.SearchStrategy[tuple[AttachHandle, ...]]:
    return st.lists(
        st.builds(
            AttachHandle,
            st.sampled_from(("PCI", "MDEV")),
            st.builds(dict, function=st.sampled_from("abc"), part=st.just(part)),
            st.sampled_from(("p0", "p1", "p2")),
            st.sampled_from(({}, {"functions": 1})),
            st.sampled_from((None, "group:1", "group:2")),
        ),
        min_size=1,
        max_size=3,
        unique_by=(lambda handle: handle.place, lambda handle: handle.key),
    ).map(tuple)


def parts_of(part: str) -> st.SearchStrategy[Deployable]:
    return st.builds(
        Deployable,
        name=st.just(f"name_{part}"),
        resource_class=st.sampled_from(("PGPU", "VGPU")),
        handles=handles_of(part),
        traits=st.sampled_from(((), ("CUSTOM_A",), ("CUSTOM_B", "CUSTOM_A"))),
        driver_name=st.sampled_from(("one", "two")),
        attributes=st.sampled_from(({}, {"key": "value"})),
        part=st.just(part),
        num_accelerators=st.sampled_from((None, 0, 1)),
        part_facts=st.sampled_from((None, PART.part_facts)),
    )


device_reports = st.builds(
    Device,
    type=st.sampled_from(("GPU", "FPGA")),
    control_path=st.builds(dict, bus=st.sampled_from(("3b", "4b"))),
    facts=st.sampled_from((DEVICE.facts, replace(DEVICE.facts, device_id="2330"))),
    deployables=st.lists(
        st.sampled_from(("", "vf", "1g")).flatmap(parts_of),
        min_size=1,
        max_size=2,
        unique_by=lambda part: part.part,
    ).map(tuple),
    fields=st.builds(
        DeviceFields,
        st.just("10de"),
        st.sampled_from(("T4", "H100")),
        numa_node=st.sampled_from((None, 1)),
    ),
    identity=st.sampled_from((None, "nvidia:a", "nvidia:b")),
    capacities=st.sampled_from(({}, {"functions": 2})),
    trouble=st.sampled_from((None, Trouble("ecc", "errors"), Trouble("ecc", "more errors"))),
)
snapshots = st.lists(
    device_reports,
    max_size=2,
    unique_by=(lambda device: device.key, lambda device: device.control_path["bus"]),
).map(lambda devices: Snapshot("host", _call_by_address(devices)))


def _call_by_address(devices: list[Device]) -> tuple[Device, ...]:
    return tuple(
        replace(
            device,
            deployables=tuple(
                replace(part, name=f"{device.control_path['bus']}_{part.part}")
                for part in device.deployables
            ),
        )
        for device in devices
    )


@pytest.fixture(scope="module")
def one_database() -> Iterator[Database]:
    """One for all examples."""
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'x.sqlite'}"
        made = Database(make_config([], files=[], database__connection=url).database)
        lay_out(made)
        yield made
        made.close()


def forget_identity(stored: list[Any]) -> list[Any]:
    """What is stored, without what a silent device keeps."""
    for columns_of_device, *_ in stored:
        del columns_of_device["identity"], columns_of_device["device_key"]
    return sorted(stored, key=repr)


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # each try takes long: never shrink
)
@given(before=snapshots, now=snapshots)
def test_a_report_after_another_is_stored_as_a_first_one(
    one_database: Database, before: Snapshot, now: Snapshot
) -> None:
    with one_database.writing() as session:
        for table in (AttachHandleRow, AttributeRow, DeployableRow, DeviceRow):
            session.query(table).delete()
    report(one_database, on_host(before, "changed"))
    report(one_database, on_host(now, "changed"))
    report(one_database, on_host(now, "fresh"))
    fresh = forget_identity(dump(one_database, "fresh"))
    assert forget_identity(dump(one_database, "changed")) == fresh
    hidden = tuple(
        LeftOut("it", device.slot_key, Trouble("d3cold", "asleep")) for device in now.devices
    )
    report(one_database, Snapshot("changed", (), left_out=hidden))
    report(one_database, on_host(now, "changed"))
    assert forget_identity(dump(one_database, "changed")) == fresh
