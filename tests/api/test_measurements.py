"""What administrators measured changes what matches are estimated to take, and is named by them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr import codec
from cyborg_rr.db import measurements
from cyborg_rr.domain.representation.measured.measurement import Measurement
from tests.api.stage import NEWEST, Answer, Stage
from tests.statements import counted
from tests.unit.representation.measured.making import H100, make_measurement

MODEL = Path(__file__).parents[1] / "data" / "onnx" / "cnn.onnx"
OCTETS = {"Content-Type": "application/octet-stream"}


def post(stage: Stage, measurement: Measurement) -> Answer:
    """Store one."""
    body = {"measurement": codec.render(measurement)}
    return stage.call("POST", "/v2/measurements", body, version=NEWEST)


def add_h100(stage: Stage) -> str:
    """A host whose devices are H100; a requirement to match, by its uuid."""
    stage.add_host("compute-1")
    with stage.database.engine.begin() as connection:
        representation = codec.render(stage.catalogue.represent_product(H100))
        connection.exec_driver_sql(
            "UPDATE device_classes SET name = ?, document = ?", (H100, json.dumps(representation))
        )
    made = stage.call(
        "POST", "/v2/ir_requirements?batch=8", MODEL.read_bytes(), version=NEWEST, headers=OCTETS
    )
    uuid: str = made.json["uuid"]
    return uuid


def match(stage: Stage, requirement: str, version: str = NEWEST) -> Mapping[str, Any]:
    """The answer of a match for an eager runtime."""
    wanted = {"ir_requirement": requirement, "runtime": "eager"}
    answer = stage.call("POST", "/v2/matches", wanted, version=version)
    assert answer.status == 200, answer.body
    document: Mapping[str, Any] = answer.json
    return document


def test_a_match_is_estimated_by_what_is_stored_and_names_it(stage: Stage) -> None:
    requirement = add_h100(stage)
    before = match(stage, requirement)
    stored = post(stage, make_measurement())
    assert stored.status == 201, stored.body
    after = match(stage, requirement)
    assert after == match(stage, requirement)
    (verdict,) = after["matches"]
    assert any("measured on devices of this class" in text for text in verdict["assumptions"])
    assert verdict["time_seconds"] != before["matches"][0]["time_seconds"]
    assert before["catalogue"]["version"] == stage.catalogue.version
    assert after["catalogue"]["version"].startswith(f"{stage.catalogue.version}+measured.")
    uuid = stored.json["uuid"]
    assert stage.call("DELETE", f"/v2/measurements/{uuid}", version=NEWEST).status == 204
    assert match(stage, requirement) == before


def test_callers_of_2_100_are_told_nothing_of_a_catalogue(stage: Stage) -> None:
    requirement = add_h100(stage)
    post(stage, make_measurement())
    assert set(match(stage, requirement, "2.100")) == {"matches", "device_profile"}


def test_a_match_costs_one_statement_more_however_many_are_stored(stage: Stage) -> None:
    requirement = add_h100(stage)
    counts = []
    for slower in (1.0, 1.02, 1.04, 1.06):
        post(stage, make_measurement(slower=slower))
        match(stage, requirement)
        with counted(stage.database.engine) as statements:
            match(stage, requirement)
        counts.append(len(statements))
    assert len(set(counts)) == 1


def test_one_measurement_that_many_post_at_once_is_stored_once(
    tmp_path: Path, database_url: str
) -> None:
    stage = Stage(tmp_path, database__connection=database_url)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(stage, make_measurement()), range(4)))
    assert sorted(answer.status for answer in answers) in ([200, 200, 200, 201],)
    assert len({answer.json["uuid"] for answer in answers}) == 1
    stage.close()


def test_no_more_are_kept_than_a_match_can_read(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurements, "MAX_MEASUREMENTS", 1)
    assert post(stage, make_measurement()).status == 201
    refused = post(stage, make_measurement(slower=1.01))
    assert refused.status == 403
    assert "1 measurements are kept; delete some" in refused.fault


def test_what_a_newer_release_stored_is_passed_over(stage: Stage) -> None:
    requirement = add_h100(stage)
    post(stage, make_measurement())
    with stage.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE measurements SET content_hash = 'x', document = '{\"schema_version\": \"2.0\"}'"
        )
    assert match(stage, requirement)["catalogue"]["version"] == stage.catalogue.version


def test_models_alone_can_be_kept_and_estimate_nothing(stage: Stage) -> None:
    requirement = add_h100(stage)
    before = match(stage, requirement)
    run = codec.parse(
        Measurement,
        {
            **codec.render(replace(make_measurement(), operators=())),
            "models": [
                {"name": "m", "sha256": None, "inputs": [], "seconds": 0.1, "spread": 0.01,
                 "samples": 3}
            ],
        },
        "x",
    )  # fmt: skip
    assert post(stage, run).status == 201
    assert match(stage, requirement)["matches"] == before["matches"]
