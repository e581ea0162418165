"""Whoever means harm is refused, changes nothing, and learns nothing of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import webob
from sqlalchemy import select

from cyborg_rr.api.app import make_app
from cyborg_rr.api.layers import make_layers
from cyborg_rr.api.operations import list_routes
from cyborg_rr.api.request.body import Schema
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import devices
from cyborg_rr.db.tables import Table
from cyborg_rr.domain.errors import InvalidInput
from tests.api.attacks import ARQS, ATTACKS, UUID, WRITES, Attack, fill
from tests.api.stage import NEWEST, Answer, Stage
from tests.api.test_fuzz import VALID
from tests.fakes.keystone import FOREIGN_PROJECT

OF_OTHERS = ("foreign", "foreign-bound", "foreign-instance", "foreign-requirement")


def dump(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with database.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by("id"))]
            for table in Table.metadata.sorted_tables
        }


def furnish(stage: Stage) -> dict[str, str]:
    """Something of everything, for two projects; the ids by the names that attacks use."""
    stage.add_host("compute-1", devices=2, handles=2)
    profile = stage.create_profile()
    own, bound = stage.create_arqs(profile) + stage.create_arqs(profile)
    foreign, foreign_bound = (stage.create_arqs(profile, "foreign-member")[0] for _ in range(2))
    assert stage.bind([bound], "compute-1").status == 202
    assert stage.bind([foreign_bound], "compute-1", token="foreign-member").status == 202

    def first(path: str) -> dict[str, Any]:
        rows = stage.call("GET", path, version=NEWEST).json
        return dict(next(iter(rows.values()))[0])

    def instance_of(arq: str) -> str:
        return str(stage.call("GET", f"{ARQS}/{arq}").json["instance_uuid"])

    document = next(body for _, path, body in VALID if path == "/v2/ir_requirements")
    requirement, foreign_requirement = (
        stage.call("POST", "/v2/ir_requirements", document, token=token, version=NEWEST).json[
            "uuid"
        ]
        for token in ("member", "foreign-member")
    )
    return {
        "own": own,
        "bound": bound,
        "instance": instance_of(bound),
        "foreign": foreign,
        "foreign-bound": foreign_bound,
        "foreign-instance": instance_of(foreign_bound),
        "requirement": requirement,
        "foreign-requirement": foreign_requirement,
        "profile": first("/v2/device_profiles")["uuid"],
        "profile-name": profile,
        "device": first("/v2/devices")["uuid"],
        "deployable": first("/v2/deployables")["uuid"],
        "provider": first("/v2/deployables")["rp_uuid"],
        "handle": first("/v2/attach_handles?state=free")["uuid"],
    }


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Iterator[Stage]:
    """An empty service on each kind of database."""
    stage = Stage(tmp_path, database__connection=database_url)
    yield stage
    stage.close()


def send(stage: Stage, attack: Attack) -> Answer:
    """The answer to an attack."""
    return stage.call(
        attack.method,
        attack.path,
        attack.body,
        token=attack.token,
        service=attack.service,
        version=attack.version,
        headers=attack.headers,
    )


def judge(attack: Attack, answer: Answer, names: Mapping[str, str]) -> str | None:
    """What is wrong with an answer."""
    if answer.status != attack.status:
        return f"{answer.status}, not {attack.status}"
    if answer.status >= 400 and not answer.fault:
        return "no fault"
    if answer.status == 200 and next(iter(answer.json.values())):
        return "it shows something"
    sent = attack.path + str(attack.body)
    told = [FOREIGN_PROJECT, *(names[name] for name in OF_OTHERS)]
    if attack.token == "member" and any(t in answer.body.decode() for t in told if t not in sent):
        return "it tells of another project"
    return None


def test_no_attack_is_answered_otherwise_or_has_an_effect(place: Stage) -> None:
    names = furnish(place)
    before = dump(place.database)
    wrong = []
    for what, attacks in ATTACKS.items():
        for wanted in attacks:
            attack = fill(wanted, names)
            answer = send(place, attack)
            if (trouble := judge(attack, answer, names)) is not None:
                wrong.append((what, trouble, wanted, answer.body[:300]))
        if dump(place.database) != before:
            wrong.append((what, "it had an effect", None, b""))
            before = dump(place.database)
    assert wrong == []


def test_every_operation_that_reads_json_is_attacked(shared_stage: Stage) -> None:
    attacked = {(method, path.partition("<")[0].rstrip("/")) for method, path in WRITES}
    for route in list_routes(shared_stage.services):
        takes_json = route.method in ("POST", "PATCH") and not route.path.endswith("enable")
        path = f"/v2/{route.path.partition('{')[0].rstrip('/')}"
        assert not takes_json or (route.method, path) in attacked


def test_what_is_of_others_is_answered_as_what_there_is_not(stage: Stage) -> None:
    names = furnish(stage)

    def ask(method: str, path: str, uuid: str, token: str) -> tuple[int, str]:
        answer = stage.call(method, path.format(uuid), version=NEWEST, token=token)
        return answer.status, answer.fault.replace(uuid, "it")

    for path, kind in (
        (f"{ARQS}/{{}}", "foreign-bound"),
        ("/v2/ir_requirements/{}", "foreign-requirement"),
    ):
        for method in ("GET", "DELETE"):
            absent = ask(method, path, UUID, "member")
            assert absent[0] == 404
            assert ask(method, path, names[kind], "member") == absent


def test_whose_requests_keep_a_profile_is_told_to_those_who_see_them(
    stage: Stage, tmp_path: Path
) -> None:
    """Where an operator lets others than administrators delete profiles."""
    policy = tmp_path / "policy.yaml"
    policy.write_text('"cyborg:device_profile:delete": "role:member"\n')
    stage.conf.set_override("policy_file", str(policy), group="oslo_policy")
    profile = stage.create_profile()
    (own,) = stage.create_arqs(profile)

    def refuse(token: str) -> str:
        path = f"/v2/device_profiles/{profile}"
        answer = stage.call("DELETE", path, token=token, version=NEWEST)
        assert answer.status == 409
        return answer.fault

    assert refuse("member").endswith(f"is in use by accelerator requests {own}")
    assert refuse("foreign-member").endswith("is in use by accelerator requests of other projects")
    assert own in refuse("foreign-admin")


class Watched(list[Any]):
    """A list that counts how many of its items were looked at."""

    seen = 0

    def __iter__(self) -> Iterator[Any]:
        for item in super().__iter__():
            self.seen += 1
            yield item


def test_a_body_with_many_mistakes_is_not_looked_at_to_its_end() -> None:
    body = Watched([1] * 10_000)
    with pytest.raises(InvalidInput, match=r"body\[[0-9]+\]"):
        Schema({"type": "array", "items": {"type": "string"}}).check(body)
    assert body.seen <= 100


def test_a_project_makes_so_many_requests_and_others_are_not_in_its_way(tmp_path: Path) -> None:
    stage = Stage(tmp_path, api__max_waiting_requests=3)
    stage.add_host("compute-1", handles=2)
    one, three = stage.create_profile(), stage.create_profile([{"resources:PGPU": "3"}])

    def make(profile: str, token: str = "member") -> Answer:
        return stage.call("POST", ARQS, {"device_profile_name": profile}, token=token)

    first = make(one).json["arqs"][0]["uuid"]
    before = dump(stage.database)
    refused = make(three)
    assert (refused.status, dump(stage.database)) == (403, before)
    assert refused.fault == "a project may have 3 requests that are bound to nothing"
    assert make(three, "foreign-member").status == 201
    assert stage.bind([first], "compute-1").status == 202
    assert make(three).status == 201
    assert make(one).status == 403
    stage.close()


def test_a_project_stores_so_many_requirements(tmp_path: Path) -> None:
    stage = Stage(tmp_path, api__max_ir_requirements=1)
    document = next(body for _, path, body in VALID if path == "/v2/ir_requirements")

    def store(token: str) -> Answer:
        return stage.call("POST", "/v2/ir_requirements", document, token=token, version=NEWEST)

    uuid = store("member").json["uuid"]
    assert store("member").fault == "1 IR requirements are kept for a project; delete some"
    assert store("foreign-member").status == 201
    stage.call("DELETE", f"/v2/ir_requirements/{uuid}", token="member", version=NEWEST)
    assert store("member").status == 201
    stage.close()


PAGES = [
    ("evil.example:6666", None),
    ("localhost.evil.example", None),
    ("127.0.0.1.evil.example", None),
    ("10.0.0.1", None),
    ("", None),
    ("localhost:6666", "http://evil.example"),
    ("localhost:6666", "http://localhost"),
    ("localhost:6666", "null"),
]
OWN: list[tuple[str, str | None]] = [
    (host, None) for host in ("localhost", "LOCALHOST:6666", "127.0.0.1:6666", "[::1]:6666")
]
OWN += [("localhost:6666", "http://localhost:6666")]


@pytest.mark.parametrize(
    ("host", "origin", "status"), [(*page, 403) for page in PAGES] + [(*own, 204) for own in OWN]
)
def test_without_keystone_a_page_of_somebody_else_is_no_administrator(
    stage: Stage, host: str, origin: str | None, status: int
) -> None:
    """All who reach loopback are administrators, and a browser lets any page reach it."""
    app = make_app(stage.services, make_layers(stage.conf, "noauth"))
    stage.add_host("compute-1")
    with stage.database.reading() as session:
        (device,) = devices.list_devices(session)
    request = webob.Request.blank(f"/v2/devices/{device.uuid}/disable", method="POST")
    request.headers["Host"] = host
    if origin is not None:
        request.headers["Origin"] = origin
    before = dump(stage.database)
    assert request.get_response(app).status_int == status
    assert (dump(stage.database) == before) == (status == 403)
