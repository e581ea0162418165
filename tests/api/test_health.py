"""What /healthcheck says of everything that the service needs, and what it keeps to itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from oslo_db import exception as db_exception

from cyborg_rr.api.health import endpoint
from cyborg_rr.api.health.probe import NO_ANSWER, Finding, Probe
from cyborg_rr.db.engine import Database
from cyborg_rr.db.leases import CONDUCTOR, release_lease, take_lease
from cyborg_rr.domain.errors import AgentUnavailable
from tests.api.stage import Stage

DETAIL = "/healthcheck?detail=true"
ALL = {"database", "database_writes", "schema", "bus", "conductors"}
SECRET = "u:secret@10.1.2.3"
WELL = Finding("ok")


@pytest.fixture
def well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A service with all that it needs; nothing is answered from memory or waited for long."""
    monkeypatch.setattr(endpoint, "FRESH_SECONDS", 0.0)
    stage = Stage(tmp_path)
    with stage.database.writing() as session:
        assert take_lease(session, f"{CONDUCTOR}one", "one", 600)
    return stage


def codes(stage: Stage) -> dict[str, str]:
    """What the detailed form says is not well, by name."""
    answer = stage.call("GET", DETAIL, token=None)
    assert answer.status in (200, 503)
    assert SECRET not in answer.body.decode()
    checks = answer.json["checks"]
    assert set(checks) == ALL
    assert all((check["status"] == "ok") == (check["code"] == "ok") for check in checks.values())
    troubles = {name: c["code"] for name, c in checks.items() if c["status"] != "ok"}
    assert (answer.status == 200) == (answer.json["status"] == "ok") == (not troubles)
    assert ("Retry-After" in answer.headers) == bool(troubles)
    return troubles


def lose_database(stage: Stage, instead: Callable[..., Any]) -> None:
    """Have new connections made by something else."""
    stage.database.engine.dispose()
    stage.database.engine.pool._creator = instead  # type: ignore[attr-defined]


def broken(*_arguments: object) -> None:
    """A database that cannot be reached, and says where it was sought."""
    raise db_exception.DBConnectionError(SECRET)


def test_all_that_is_needed_is_told_to_be_well(well: Stage) -> None:
    assert codes(well) == {}
    assert well.call("GET", "/healthcheck/?detail=true", token=None).status == 200
    assert well.call("HEAD", DETAIL, token=None).status == 200
    assert well.call("GET", "/healthcheck?detail=false", token=None).json == {"database": "ok"}


@pytest.mark.parametrize("query", ["detail=yes", "detail", "detail=true&detail=true"])
def test_a_detail_that_is_none_is_refused(well: Stage, query: str) -> None:
    assert well.call("GET", f"/healthcheck?{query}", token=None).status == 400
    many = "&".join(f"a{number}=1" for number in range(100))
    assert well.call("GET", f"/healthcheck?{many}", token=None).status == 400


def test_a_service_whose_conductors_have_ended_is_not_well(well: Stage) -> None:
    with well.database.writing() as session:
        release_lease(session, f"{CONDUCTOR}one", "one")
    assert codes(well) == {"conductors": "none_alive"}


def test_a_schema_of_an_earlier_release_is_not_well(well: Stage) -> None:
    with well.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert codes(well) == {"schema": "schema_old"}


def test_a_lost_database_is_told_without_its_address(well: Stage) -> None:
    lose_database(well, broken)
    silent = ("database", "database_writes", "schema", "conductors")
    assert codes(well) == dict.fromkeys(silent, "no_answer")


def test_a_bus_that_takes_nothing_is_told(well: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_seconds: float) -> None:
        raise AgentUnavailable(SECRET)

    monkeypatch.setattr(well.conductor, "check_bus", refuse)
    assert codes(well) == {"bus": "no_answer"}


def test_a_database_that_takes_no_writes_is_told(mariadb_url: str, tmp_path: Path) -> None:
    options = {"database__connection": mariadb_url}
    stage = Stage(tmp_path, **options)
    with stage.database.writing() as session:
        assert take_lease(session, f"{CONDUCTOR}one", "one", 600)
    mark = "&" if "?" in mariadb_url else "?"
    reading_only = f"{mark}init_command=" + "SET SESSION TRANSACTION READ ONLY".replace(" ", "%20")
    conf = {**stage.conf.database, "connection": mariadb_url + reading_only}
    object.__setattr__(stage, "database", Database(conf))
    stage.__dict__.pop("services", None)
    assert codes(stage) == {"database_writes": "read_only"}


def test_a_hanging_database_is_told_in_time_and_holds_one_thread_for_each_question(
    well: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "SECONDS", 0.05)
    gate = threading.Event()

    def hang(*_arguments: object) -> None:
        gate.wait(60)
        broken()

    lose_database(well, hang)
    try:
        for _ in range(10):
            assert well.call("GET", "/healthcheck", token=None).status == 503
            assert codes(well)["database"] == "no_answer"
        asking = [thread for thread in threading.enumerate() if thread.name == "health"]
        assert len(asking) <= 1 + len(ALL)
    finally:
        gate.set()


def test_many_who_ask_at_once_are_answered_by_one_question() -> None:
    asked, gate = [], threading.Event()

    def ask() -> Finding:
        asked.append(1)
        gate.wait(30)
        return WELL

    probe = Probe(ask, 30)
    found: list[Finding] = []
    callers = [threading.Thread(target=lambda: found.append(probe.find())) for _ in range(20)]
    probe.begin()
    for caller in callers:
        caller.start()
    gate.set()
    for caller in callers:
        caller.join(30)
    assert found == [WELL] * 20
    assert len(asked) < 20


def test_an_answer_is_kept_for_a_moment_and_a_failure_is_a_finding() -> None:
    asked = []

    def fail() -> Finding:
        asked.append(1)
        raise RuntimeError(SECRET)

    kept, fresh = Probe(fail, 30, fresh_seconds=600), Probe(fail, 30)
    assert [kept.find().code for _ in range(3)] == ["failed"] * 3
    assert len(asked) == 1
    assert [fresh.find().code for _ in range(3)] == ["failed"] * 3
    assert len(asked) == 4
    assert Probe(lambda: (threading.Event().wait(60) and WELL) or WELL, 0.0).find() == NO_ANSWER
