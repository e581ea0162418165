"""Every text that is compared is compared to the letter, on every database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import String, text

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import profiles, schema
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import Table
from tests.api.request.test_filters import declared, shown
from tests.api.stage import NEWEST, Stage

NEARLY = ["gpu-One", "gpu-one ", " gpu-one", "gpu-oné", "gpu-one\t", "gpu-on"]
PADS = (" ", "\t", "\n", "\u00a0", "\u200b", "\u0301")
"""What some collations ignore at the end: blanks, what has no width, an accent by itself."""


def test_no_text_column_of_mariadb_folds_or_pads(mariadb_url: str) -> None:
    conf = make_config([], files=[], database__connection=mariadb_url)
    database = Database(conf.database)
    schema.upgrade(database.engine)
    ours = {
        (table.name, column.name)
        for table in Table.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String)
    }
    with database.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT table_name, column_name, collation_name FROM information_schema.columns"
                " WHERE table_schema = DATABASE() AND collation_name IS NOT NULL"
                " AND table_name <> 'alembic_version'"
            )
        ).all()
    database.close()
    found = {(table, column): collation for table, column, collation in rows}
    assert found == dict.fromkeys(ours, "utf8mb4_nopad_bin")


@pytest.mark.parametrize("other", NEARLY)
def test_a_name_that_is_nearly_the_same_is_another(database: Database, other: str) -> None:
    groups = [{"resources:PGPU": "1"}]
    with database.writing() as session:
        made = profiles.create_profile(session, "gpu-one", groups)
        assert profiles.find_profile(session, name=other) is None
        profiles.create_profile(session, other, groups)
        found = profiles.list_profiles(session, name="gpu-one")
    assert [each.uuid for each in found] == [made.uuid]


def test_every_filter_finds_the_value_and_nothing_that_is_nearly_it(
    tmp_path: Path, database_url: str
) -> None:
    stage = Stage(tmp_path, database__connection=database_url)
    stage.add_host("compute-one", devices=2)
    arqs = stage.create_arqs()
    assert stage.bind(arqs, "compute-one").status == 202
    stage.add_measurements()
    for collection, wanted in declared():
        values = set(map(shown(stage, collection, wanted.name), list_rows(stage, collection)))
        values.discard(None)
        assert values, (collection, wanted.name)
        for value in values:
            assert list_rows(stage, collection, {wanted.name: value}), (collection, wanted.name)
            for other in nearly(value):
                assert not list_rows(stage, collection, {wanted.name: other}), (collection, other)
    stage.close()


def test_nothing_is_found_by_what_is_nearly_its_name(tmp_path: Path, database_url: str) -> None:
    stage = Stage(tmp_path, database__connection=database_url)
    stage.add_host("compute-one")
    name = stage.create_profile()
    (device,) = list_rows(stage, "devices")
    named = [("device_profiles", name), ("resource_representations", device["device_class"])]
    for collection, value in named:
        assert stage.call("GET", f"/v2/{collection}/{value}", version=NEWEST).status == 200
        for other in nearly(value):
            path = f"/v2/{collection}/{other}"
            assert stage.call("GET", path, version=NEWEST).status == 404, path
            assert stage.call("DELETE", path, version=NEWEST).status in (404, 405), path
    for other in nearly(name):
        body = {"device_profile_name": other}
        assert stage.call("POST", "/v2/accelerator_requests", body).status == 404, other
    stage.close()


def nearly(value: str) -> list[str]:
    """Texts that a database might take for the same: folded, padded, or with other signs."""
    accented = value.replace("e", "é").replace("o", "ö")
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in value)
    others = (value.swapcase(), accented, wide, *(f"{value}{pad}" for pad in PADS), f" {value}")
    return [other for other in others if other != value]


def list_rows(
    stage: Stage, collection: str, query: Mapping[str, str] = MappingProxyType({})
) -> list[Any]:
    """The rows of a list; none where the value is refused."""
    path = f"/v2/{collection}?{urlencode(query)}"
    answer = stage.call("GET", path, version=NEWEST)
    assert answer.status in (200, 400), answer.body
    return next(iter(answer.json.values())) if answer.status == 200 else []
