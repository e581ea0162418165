"""What a report costs the database, from the agent's call to the stored rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cyborg_rr.db.tables import DeviceRow
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.rpc.conductor_client import ConductorClient
from tests.builders import make_snapshot
from tests.services.conftest import Cloud
from tests.statements import counted

FIRST_REPORT = 30
CHANGED_REPORT = 15
UNCHANGED_REPORT = 1


@pytest.mark.parametrize("devices", [2, 300])
def test_a_first_report_costs_few_statements_however_many_devices(
    make_cloud: Callable[..., Cloud], database_url: str, devices: int
) -> None:
    cloud = make_cloud(database_url)
    with counted(cloud.database.engine) as statements:
        cloud.add_host("host-1", make_snapshot("host-1", devices, handles=4).devices)
    assert len(cloud.deployables()) == devices
    assert len(statements) <= FIRST_REPORT


def test_an_unchanged_report_costs_three_queries_and_no_write(cloud: Cloud) -> None:
    cloud.add_host("host-1", make_snapshot("host-1", 50, handles=4).devices)
    cloud.bind(cloud.create(20))
    with counted(cloud.database.engine) as statements:
        assert cloud.agents["host-1"].report_all()
    assert len(statements) <= UNCHANGED_REPORT
    assert all(statement.lstrip().startswith("SELECT") for statement in statements)


def test_one_device_that_changed_is_all_that_is_said(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = cloud.add_host("host-1", make_snapshot("host-1", 50, handles=4).devices)
    monkeypatch.delattr(ConductorClient, "report")  # nothing but changes can be said
    device = driver.devices[7]
    changed = replace(device, fields=replace(device.fields, model="Other"))
    driver.devices = [changed if each is device else each for each in driver.devices]
    with counted(cloud.database.engine) as statements:
        assert cloud.agents["host-1"].report_all()
    assert len(statements) <= CHANGED_REPORT
    with cloud.database.reading() as session:
        assert len(session.query(DeviceRow).filter_by(model="Other").all()) == 1
    with counted(cloud.database.engine) as statements:
        assert cloud.agents["host-1"].report_all()
    assert len(statements) <= UNCHANGED_REPORT


def test_what_no_column_holds_is_refused_by_its_name(
    make_cloud: Callable[..., Cloud], database_url: str
) -> None:
    cloud = make_cloud(database_url)
    cloud.add_host("host-1", make_snapshot("host-1", 1).devices)
    device = make_snapshot("host-2", 1).devices[0]
    long = replace(device, fields=replace(device.fields, model="m" * 300))
    slice_ = replace(device, facts=replace(device.facts, partition="p" * 300))
    part = device.deployables[0]
    twin = replace(device, deployables=(replace(part, handles=part.handles * 2),))
    for wrong, cause in (
        (long, "a model of 300 characters"),
        (slice_, "a partition of 300 characters"),
        (twin, "two attach handles at one place"),
    ):
        with pytest.raises(InvalidInput, match=cause):
            cloud.conductor.use_cases.reporter.report("agent", Snapshot("host-2", (wrong,)), "hash")
    assert len(cloud.deployables()) == 1
