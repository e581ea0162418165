"""Every text that is compared is compared to the letter, on every database."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import String, text

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import profiles, schema
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import Table
from tests.api.request.test_filters import declared
from tests.api.stage import NEWEST, Stage

NEARLY = ["gpu-One", "gpu-one ", " gpu-one", "gpu-oné", "gpu-one\t", "gpu-on"]


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


def test_no_filter_finds_what_is_nearly_the_value(tmp_path: Path, database_url: str) -> None:
    stage = Stage(tmp_path, database__connection=database_url)
    stage.add_host("compute-one", devices=2)
    arqs = stage.create_arqs()
    assert stage.bind(arqs, "compute-one").status == 202
    asked = 0
    for collection, wanted in declared():
        for value in values_of(stage, collection, wanted.name):
            for other in (value.swapcase(), f"{value}%20"):
                if other == value:
                    continue
                path = f"/v2/{collection}?{wanted.name}={other}"
                answer = stage.call("GET", path, version=NEWEST)
                assert answer.status in (200, 400), answer.body
                if answer.status == 200:
                    rows = next(iter(answer.json.values()))
                    assert rows == [], path
                asked += 1
    assert asked > 20
    stage.close()


def values_of(stage: Stage, collection: str, name: str) -> set[str]:
    """The texts that shown rows have under the filter's own name."""
    answer = stage.call("GET", f"/v2/{collection}", version=NEWEST)
    rows = next(iter(answer.json.values()))
    return {row[name] for row in rows if isinstance(row.get(name), str)}
