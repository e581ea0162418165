"""cyborg-rr-status upgrade check, over what may stand in the way of an upgrade."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import text

from cyborg_rr.cmd.status import run
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import storing
from tests.auditing.world import World
from tests.migrated import lay_out

NAMES = (
    "Database",
    "Schema",
    "Stored documents",
    "Texts compared to the letter",
    "Policy file",
    "Agents",
    "Configuration",
    "Placement",
)
SUCCESS, WARNING, FAILURE = 0, 1, 2
PLACEMENT = "[placement]\nauth_type = none\nendpoint_override = {url}\n"


@dataclass
class Checked:
    """The command with a configuration of its own."""

    directory: Path
    capsys: pytest.CaptureFixture[str]
    more: str = ""

    def __call__(self, url: str) -> tuple[int, dict[str, tuple[int, str | None]]]:
        """The exit status, and code and details of each check."""
        policy = self.directory / "policy.yaml"
        path = self.directory / "x.conf"
        path.write_text(
            f"[database]\nconnection = {url}\n[oslo_policy]\npolicy_file = {policy}\n{self.more}"
        )
        status = run(["--config-file", str(path), "upgrade", "check", "--json"])
        told = json.loads(self.capsys.readouterr().out)
        checks = {each["check"]: (each["result"], each["details"]) for each in told["checks"]}
        assert tuple(checks) == NAMES
        return status, checks


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Checked:
    """The command."""
    return Checked(tmp_path, capsys)


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Database]:
    """A database of this release."""
    yield from open_database(sqlite_url)


def open_database(url: str) -> Iterator[Database]:
    """The database at that URL, with the tables of this release."""
    database = Database(make_config([], files=[], database__connection=url).database)
    lay_out(database)
    yield database
    database.close()


def execute(database: Database, statement: str) -> None:
    """Change what the service would not."""
    with database.writing() as session:
        session.execute(text(statement))


def test_a_sound_service_has_nothing_in_its_way(check: Checked, database_url: str) -> None:
    for database in open_database(database_url):
        World(database, check.directory).change_host(host_id="x")
        execute(database, "DELETE FROM hosts WHERE host_id IS NULL")
        status, checks = check(database_url)
        assert status == SUCCESS, checks


def test_a_database_that_is_down_is_told_once(check: Checked) -> None:
    status, checks = check("mysql+pymysql://a:b@127.0.0.1:1/c")
    assert status == FAILURE
    assert "cannot be used" in str(checks["Database"][1])
    assert checks["Schema"] == (WARNING, "not looked at: the database cannot be used")
    assert checks["Stored documents"][0] == WARNING


def test_a_database_without_tables_is_told(check: Checked, sqlite_url: str) -> None:
    status, checks = check(sqlite_url)
    assert status == FAILURE
    assert checks["Schema"] == (
        FAILURE,
        "there is no schema: run cyborg-rr-dbsync upgrade",
    )


def test_an_older_schema_is_told_with_what_to_do(check: Checked, database_url: str) -> None:
    database = Database(make_config([], files=[], database__connection=database_url).database)
    schema.upgrade(database.engine, "0002")
    status, checks = check(database_url)
    assert status == FAILURE
    wanted = f"it is at 0002, not {schema.find_head()}: run cyborg-rr-dbsync upgrade"
    assert checks["Schema"] == (FAILURE, wanted)
    assert checks["Agents"][0] == WARNING
    database.close()


def test_a_schema_beyond_this_release_is_told(
    check: Checked, service: Database, sqlite_url: str
) -> None:
    execute(service, "UPDATE alembic_version SET version_num = '9999'")
    _, checks = check(sqlite_url)
    assert checks["Schema"][0] == FAILURE
    assert "9999, which is of a later release" in str(checks["Schema"][1])


@pytest.mark.parametrize("noun", ["device class", "IR requirement", "measurement"])
def test_a_document_of_another_major_version_is_told(
    check: Checked, service: Database, sqlite_url: str, noun: str
) -> None:
    if noun == "device class":
        with service.writing() as session:
            storing.save_classes(session, {"x": {"device_class": "x", "schema_version": "9.0"}})
    elif noun == "measurement":
        execute(
            service,
            "INSERT INTO measurements (uuid, device_class, runtime, software, measured_on,"
            " operators, models, content_hash, document, created_at)"
            " VALUES ('x', 'c', 'eager', 's', 'd', 0, 0, 'h',"
            " '{\"schema_version\": \"9.0\"}', '2026-01-01 00:00:00.000000')",
        )
    else:
        execute(
            service,
            "INSERT INTO ir_requirements (uuid, name, document, created_at)"
            " VALUES ('x', 'm', '{\"schema_version\": \"9.0\"}', '2026-01-01 00:00:00.000000')",
        )
    _, checks = check(sqlite_url)
    assert checks["Stored documents"][0] == FAILURE
    assert f"{noun} x" in str(checks["Stored documents"][1])


def test_a_table_of_mariadb_that_folds_case_is_told(check: Checked, mariadb_url: str) -> None:
    for database in open_database(mariadb_url):
        execute(
            database,
            "ALTER TABLE leases CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        )
        _, checks = check(mariadb_url)
        result, details = checks["Texts compared to the letter"]
        assert result == FAILURE
        assert "leases.about, leases.holder, leases.name" in str(details)


@pytest.mark.parametrize(
    ("policy", "result", "words"),
    [
        ("'cyborg:device:get_one': 'role:x'\n", SUCCESS, None),
        ("'cyborg:nonsense': ''\n", WARNING, "nothing asks for: cyborg:nonsense"),
        ("'cyborg:device:get_one': 'rule:nowhere'\n", FAILURE, "cyborg:device:get_one"),
        ("'a': 'rule:b'\n'b': 'rule:a'\n", FAILURE, "cyclical"),
        ("{{{\n", FAILURE, "cannot be read"),
        ("- a\n- b\n", FAILURE, "cannot be read"),
        ("7\n", FAILURE, "cannot be read"),
        ("'cyborg:device:get_one': {a: [1]}\n", FAILURE, "Failed to understand rule a"),
        ("'cyborg:device:get_one': 'role:x or or'\n", FAILURE, "understand rule role:x or or"),
        ("", SUCCESS, None),
    ],
)
def test_the_policy_file_is_read_as_the_service_reads_it(
    check: Checked,
    service: Database,
    sqlite_url: str,
    policy: str,
    result: int,
    words: str | None,
) -> None:
    (check.directory / "policy.yaml").write_text(policy)
    _, checks = check(sqlite_url)
    assert checks["Policy file"][0] == result, checks
    assert (words or "") in (checks["Policy file"][1] or "")


def test_agents_of_the_first_release_are_named(
    check: Checked, service: Database, sqlite_url: str
) -> None:
    World(service, check.directory)
    _, checks = check(sqlite_url)
    assert checks["Agents"][0] == WARNING
    assert "1 host with agents of the first release" in str(checks["Agents"][1])
    assert str(checks["Agents"][1]).endswith("host-2")


def test_a_deprecated_option_is_named(check: Checked, service: Database, sqlite_url: str) -> None:
    check.more = f"[DEFAULT]\nlogdir = {check.directory}\n"
    _, checks = check(sqlite_url)
    assert checks["Configuration"][0] == WARNING
    assert 'Option "logdir" from group "DEFAULT"' in str(checks["Configuration"][1])


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that answers everything so; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "result", "words"),
    [
        (200, SUCCESS, ""),
        (401, FAILURE, "Placement (refused)"),
        (403, FAILURE, "Placement (refused)"),
        (500, FAILURE, "Placement (failed)"),
    ],
)
def test_placement_is_asked_with_the_services_credentials(
    check: Checked, service: Database, sqlite_url: str, status: int, result: int, words: str
) -> None:
    with answering(status, b'{"resource_providers": []}') as url:
        check.more = PLACEMENT.format(url=url)
        _, checks = check(sqlite_url)
    assert checks["Placement"][0] == result
    assert words in (checks["Placement"][1] or "")


@pytest.mark.parametrize(
    "more",
    [
        PLACEMENT.format(url="http://127.0.0.1:1"),
        "[placement]\nauth_type = nonsense\n",
        "[placement]\nauth_type = password\n",
    ],
)
def test_a_placement_that_cannot_be_asked_is_told(
    check: Checked, service: Database, sqlite_url: str, more: str
) -> None:
    check.more = more
    _, checks = check(sqlite_url)
    assert checks["Placement"][0] == FAILURE
    assert "Placement cannot be used" in str(checks["Placement"][1])
