"""A filter of a list is declared once, and everything else follows from the declaration."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cyborg_rr.api import resources
from cyborg_rr.api.operations import list_routes
from cyborg_rr.api.request.query import Filter
from cyborg_rr.api.request.version import MINIMUM, VERSIONS
from cyborg_rr.db.hardware import deployables, devices
from tests.api.stage import NEWEST, Stage

ROOT = Path(__file__).parents[3]
ABSENT_UUID = "99999999-2222-3333-4444-555555555555"
ABSENT = {
    "deployable": ABSENT_UUID,
    "device_rp_uuid": ABSENT_UUID,
    "rp_uuid": ABSENT_UUID,
    "uuid": ABSENT_UUID,
    "status": "maintaining",
    "health": "trouble",
    "deployable_id": "99999",
    "device": ABSENT_UUID,
    "instance": ABSENT_UUID,
    "state": {"attach_handles": "quarantined", "accelerator_requests": "BindFailed"},
}
"""Values that no row has, where any text will not do; where lists differ, by the list."""


@pytest.fixture(scope="module")
def furnished(shared_stage: Stage) -> Stage:
    """A service in which the rows of every list differ."""
    shared_stage.add_host("compute-1", devices=2)
    shared_stage.add_host("compute-2")
    with shared_stage.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE devices SET type = 'FPGA', vendor = '8086' WHERE id = 1")
    for _ in range(2):
        arqs = shared_stage.create_arqs()
        assert shared_stage.bind(arqs, "compute-1").status in (202, 404)
        shared_stage.create_arqs()
    shared_stage.add_measurements()
    return shared_stage


def declared() -> list[tuple[str, Filter]]:
    """Every filter with the list that has it."""
    controllers = (
        import_module(f"{resources.__name__}.{noun.name}.controller")
        for noun in pkgutil.iter_modules(resources.__path__)
    )
    lists = [module.LISTED for module in controllers if hasattr(module, "LISTED")]
    return [(listed.collection, each) for listed in lists for each in listed.filters]


def shown(stage: Stage, collection: str, name: str) -> Callable[[Mapping[str, Any]], str | None]:
    """How to read from a shown row the value that the filter compares."""
    if (collection, name) == ("accelerator_requests", "instance"):
        return lambda row: row["instance_uuid"]
    if (collection, name) == ("accelerator_requests", "bind_state"):
        return lambda row: "resolved" if row["state"] in {"Bound", "BindFailed"} else None
    if (collection, name) == ("deployables", "device"):
        with stage.database.reading() as session:
            uuids = {device.id: device.uuid for device in devices.list_devices(session)}
        return lambda row: uuids[row["device_id"]]
    if (collection, name) == ("devices", "health"):
        return lambda row: "ok" if row["trouble"] is None else "trouble"
    if (collection, name) == ("attributes", "deployable"):
        with stage.database.reading() as session:
            ids = {each.id: each.uuid for each in deployables.list_deployables(session)}
        return lambda row: ids[row["deployable_id"]]
    if (collection, name) == ("attach_handles", "device"):
        return lambda row: row["device_uuid"]
    return lambda row: None if row[name] is None else str(row[name])


def absent_value(collection: str, name: str) -> str:
    """A value of the filter that no row has."""
    value = ABSENT.get(name, "nothing-has-this")
    return value if isinstance(value, str) else value[collection]


def read_rows(stage: Stage, collection: str, query: str = "") -> dict[str, Mapping[str, Any]]:
    """The rows of a list by their uuid."""
    answer = stage.call("GET", f"/v2/{collection}{query}", version=NEWEST)
    assert answer.status == 200, answer.body
    rows = next(iter(answer.json.values()))
    return {row["uuid"]: row for row in rows}


def test_every_list_of_the_api_is_declared(shared_stage: Stage) -> None:
    served = {
        (route.path, parameter)
        for route in list_routes(shared_stage.services)
        for parameter in route.query
        if isinstance(parameter, Filter)
    }
    assert served == set(declared())


@pytest.mark.parametrize(
    ("collection", "wanted"), declared(), ids=lambda value: getattr(value, "name", value)
)
def test_a_declared_filter_leaves_exactly_the_rows_that_have_the_value(
    furnished: Stage, collection: str, wanted: Filter
) -> None:
    read = shown(furnished, collection, wanted.name)
    rows = read_rows(furnished, collection)
    values = {value for value in map(read, rows.values()) if value is not None}
    assert values
    for value in values:
        left = read_rows(furnished, collection, f"?{wanted.name}={quote(value)}")
        assert set(left) == {uuid for uuid, row in rows.items() if read(row) == value}
    if wanted.name != "bind_state":
        absent = absent_value(collection, wanted.name)
        assert read_rows(furnished, collection, f"?{wanted.name}={absent}") == {}


@pytest.mark.parametrize(
    ("collection", "wanted"),
    [pair for pair in declared() if pair[1].since > MINIMUM],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_filter_is_unknown_before_its_version(
    furnished: Stage, collection: str, wanted: Filter
) -> None:
    before = VERSIONS[VERSIONS.index(wanted.since) - 1]
    query = f"?{wanted.name}={absent_value(collection, wanted.name)}"
    old = furnished.call("GET", f"/v2/{collection}{query}", version=str(before))
    assert old.status == 400
    assert f"unknown query parameter {wanted.name!r}" in old.fault
    new = furnished.call("GET", f"/v2/{collection}{query}", version=str(wanted.since))
    assert new.status == 200
