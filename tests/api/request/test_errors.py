"""The table from error to status, and what callers are told when nobody foresaw the error."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from oslo_context import context as log_context
from oslo_db import exception as db_exception

import cyborg_rr.api.request.errors as api_errors
from cyborg_rr.api.request.errors import STATUS, make_fault
from cyborg_rr.db import requirements
from cyborg_rr.domain.errors import AgentUnavailable, CyborgError, InvalidState
from tests.api.stage import Stage


def list_kinds(kind: type[CyborgError]) -> Iterator[type[CyborgError]]:
    """An error class and all below it that belong to what the API may meet."""
    yield kind
    for below in kind.__subclasses__():
        if below.__module__.startswith(("cyborg_rr.domain", "cyborg_rr.api")):
            yield from list_kinds(below)


def test_every_error_of_domain_and_api_has_a_status() -> None:
    kinds = list(list_kinds(CyborgError))
    assert api_errors.NoSuchUrl in kinds
    assert {kind.code for kind in kinds} == set(STATUS)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidState("x"), 409),
        (AgentUnavailable("x"), 503),
        (db_exception.DBConnectionError("secret"), 503),
        (db_exception.DBDeadlock("secret"), 503),
        (ZeroDivisionError("secret"), 500),
        (db_exception.DBError("SELECT secret"), 500),
    ],
)
def test_an_error_is_told_without_secrets(error: Exception, status: int) -> None:
    answer = make_fault(error)
    assert answer.status_int == status
    assert b"secret" not in answer.body
    fault = json.loads(json.loads(answer.body)["error_message"])
    assert fault["faultcode"] == ("Client" if status < 500 else "Server")
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_an_unforeseen_error_is_logged_with_its_traceback(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    with stage.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE device_profiles")
    with caplog.at_level(logging.ERROR):
        answer = stage.call("GET", "/v2/device_profiles")
    assert answer.status == 500
    assert "device_profiles" not in answer.fault
    assert "Traceback" in caplog.text
    assert answer.headers["OpenStack-API-Version"] == "accelerator 2.0"
    assert answer.headers["x-openstack-request-id"].startswith("req-")


def test_health_is_bad_without_a_database(stage: Stage) -> None:
    assert stage.call("GET", "/healthcheck", token=None).status == 200
    stage.database.engine.dispose()
    stage.database.engine.pool._creator = broken  # type: ignore[attr-defined]
    answer = stage.call("GET", "/healthcheck", token=None)
    assert answer.status == 503
    assert answer.fault == "the database does not answer"


def broken(*_arguments: object) -> None:
    """A database that cannot be reached."""
    raise db_exception.DBConnectionError("gone")


def test_a_bind_to_a_host_whose_agent_is_gone_is_unavailable(stage: Stage) -> None:
    stage.add_host("compute-1")
    stage.conductor.agents.unreachable.add("compute-1")
    arqs = stage.create_arqs()
    assert stage.bind(arqs, "compute-1").status == 503
    answer = stage.call("GET", f"/v2/accelerator_requests/{arqs[0]}", version="2.100")
    assert answer.json["state"] == "BindFailed"
    assert "did not answer" in answer.json["reason"]


def test_requests_of_an_instance_that_are_not_resolved_are_locked(stage: Stage) -> None:
    stage.add_host("compute-1")
    arqs = stage.create_arqs()
    instance = "77777777-2222-3333-4444-555555555555"
    assert stage.bind(arqs, "compute-1", instance_uuid=instance).status == 202
    with stage.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE accelerator_requests SET state = 'BindStarted'")
    path = f"/v2/accelerator_requests?instance={instance}&bind_state=resolved"
    old = stage.call("GET", path)
    assert (old.status, old.json) == (423, {"error_message": "null"})
    new = stage.call("GET", path, version="2.100")
    assert (new.status, new.fault) == (423, "1 of 1 accelerator requests are not resolved")


def test_a_name_that_is_too_long_is_pinned_and_mended(stage: Stage) -> None:
    body = [{"name": "n" * 256, "groups": [{}]}]
    assert stage.call("POST", "/v2/device_profiles", body).status == 500
    assert stage.call("POST", "/v2/device_profiles", body, version="2.100").status == 400
    body[0]["name"] = "n" * 255
    assert stage.call("POST", "/v2/device_profiles", body).status == 201


def test_a_patch_binds_all_or_none(stage: Stage) -> None:
    stage.add_host("compute-1", devices=1, handles=1)
    arqs = stage.create_arqs(stage.create_profile([{"resources:PGPU": "2"}]))
    assert stage.bind(arqs, "compute-1").status == 404
    states = [row["state"] for row in stage.call("GET", "/v2/accelerator_requests").json["arqs"]]
    assert states == ["Initial", "Initial"]


def test_each_request_is_logged_under_its_own_id(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="cyborg_rr.api"):
        answer = stage.call("GET", "/v2/no\x1b[31mpe", headers={"X-Project-Id": "forged"})
    line = next(record for record in caplog.records if "answered with" in record.getMessage())
    assert "GET '/v2/no\\x1b[31mpe' answered with 404 after" in line.getMessage()
    current = log_context.get_current()
    assert current is not None
    assert current.request_id == answer.headers["x-openstack-request-id"]
    assert current.project_id is None


def test_what_a_newer_release_stored_is_listed_and_told_from_a_mistake(stage: Stage) -> None:
    with stage.database.writing() as session:
        newer = requirements.create_requirement(session, "newer", {"schema_version": "2.0"}, None)
    listed = stage.call("GET", "/v2/ir_requirements", version="2.100")
    assert (listed.status, [row["ir"] for row in listed.json["ir_requirements"]]) == (200, [None])
    shown = stage.call("GET", f"/v2/ir_requirements/{newer.uuid}", version="2.100")
    assert shown.json["requirement"] == {"schema_version": "2.0"}
    body = {"ir_requirement": newer.uuid}
    refused = stage.call("POST", "/v2/matches", body, version="2.100")
    assert refused.status == 503
    assert "another release of this service wrote it" in refused.fault
