"""Every route with every kind of caller: who is let in, who is told 403, who 401."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cyborg_rr.api.operations import list_routes, list_rules
from cyborg_rr.api.request.path import Route
from tests.api.stage import NEWEST, Stage
from tests.fakes.keystone import TOKENS

_ANYWHERE = {"admin", "foreign-admin"}
ADMINS = {*_ANYWHERE, "bare-admin"}
MANAGERS = {*ADMINS, "manager", "foreign-manager"}
MEMBERS = {*_ANYWHERE, "manager", "foreign-manager", "member", "foreign-member"}
READERS = {*MEMBERS, *ADMINS, "reader"}
SERVICES = {*MEMBERS, "service"}

ALLOWED = {
    "cyborg:device_profile:get_all": READERS,
    "cyborg:device_profile:get_one": READERS,
    "cyborg:device_profile:create": ADMINS,
    "cyborg:device_profile:update": ADMINS,
    "cyborg:device_profile:delete": ADMINS,
    "cyborg:arq:get_all": READERS,
    "cyborg:arq:get_one": READERS,
    "cyborg:arq:create": SERVICES,
    "cyborg:arq:update": SERVICES,
    "cyborg:arq:delete": SERVICES,
    "cyborg:device:get_all": MANAGERS,
    "cyborg:device:get_one": MANAGERS,
    "cyborg:device:enable": ADMINS,
    "cyborg:device:disable": ADMINS,
    "cyborg:deployable:get_all": MANAGERS,
    "cyborg:deployable:get_one": MANAGERS,
    "cyborg:deployable:program": ADMINS,
    "cyborg:attribute:get_all": MANAGERS,
    "cyborg:attribute:get_one": MANAGERS,
    "cyborg:attribute:create": ADMINS,
    "cyborg:attribute:delete": ADMINS,
    "cyborg:attach_handle:get_all": ADMINS,
    "cyborg:attach_handle:get_one": ADMINS,
    "cyborg:attach_handle:update": ADMINS,
    "cyborg:agent:get_all": ADMINS,
    "cyborg:agent:get_one": ADMINS,
    "cyborg:conductor:get_all": ADMINS,
    "cyborg:host:get_all": ADMINS,
    "cyborg:host:get_one": ADMINS,
    "cyborg:host:delete": ADMINS,
    "cyborg:usage:get_all": READERS,
    "cyborg:ir_requirement:get_all": READERS,
    "cyborg:ir_requirement:get_one": READERS,
    "cyborg:ir_requirement:create": {*MEMBERS, *ADMINS},
    "cyborg:ir_requirement:delete": {*MEMBERS, *ADMINS},
    "cyborg:resource_representation:get_all": READERS,
    "cyborg:resource_representation:get_one": READERS,
    "cyborg:match:create": READERS,
    "cyborg:measurement:get_all": ADMINS,
    "cyborg:measurement:get_one": ADMINS,
    "cyborg:measurement:create": ADMINS,
    "cyborg:measurement:delete": ADMINS,
}
"""Who passes which rule: the table that operators read in the documentation."""

PUBLIC = {("GET", ""), ("GET", "v2")}
UUID = "99999999-2222-3333-4444-555555555555"


def render_path(route: Route) -> str:
    """A path that the route matches; there is no such object."""
    return "/v2/" + re.sub(r"\{\w+\}", UUID, route.path)


def test_every_rule_of_a_route_has_its_row(shared_stage: Stage) -> None:
    routes = list_routes(shared_stage.services)
    assert {route.rule for route in routes if route.rule} == set(ALLOWED)
    assert {(route.method, route.path) for route in routes if route.rule is None} == PUBLIC


@pytest.mark.parametrize("token", [*TOKENS, None])
def test_each_caller_passes_exactly_the_rules_of_the_table(
    shared_stage: Stage, token: str | None
) -> None:
    wrong = []
    cells = 0
    for route in list_routes(shared_stage.services):
        if route.rule is None:
            continue
        cells += 1
        answer = shared_stage.call(
            route.method, render_path(route), token=token, service=True, version=NEWEST
        )
        wanted = "401" if token is None else "in" if token in ALLOWED[route.rule] else "403"
        given = str(answer.status) if answer.status in (401, 403) else "in"
        if given != wanted:
            wrong.append(f"{route.method} {route.path}: {given}, not {wanted}")
        if given == "403":
            assert route.rule in answer.fault
    assert wrong == []
    assert cells >= 30


def test_the_documents_of_the_rules_name_operations_that_exist(shared_stage: Stage) -> None:
    def shape(path: str) -> str:
        return re.sub(r"\{\w+\}", "{}", path)

    served: dict[str, set[tuple[str, str]]] = {}
    for route in list_routes(shared_stage.services):
        served.setdefault(route.rule or "", set()).add((route.method, shape(f"/v2/{route.path}")))
    for rule in list_rules():
        for operation in getattr(rule, "operations", []):
            assert (operation["method"], shape(operation["path"])) in served[rule.name]


def test_a_caller_cannot_forge_the_headers_of_the_middleware(shared_stage: Stage) -> None:
    answer = shared_stage.call(
        "GET", "/v2/devices", token="reader", headers={"X-Roles": "admin", "X-Project-Id": "x"}
    )
    assert answer.status == 403


def test_the_operator_can_change_a_rule_and_it_is_held_against_the_objects_project(
    stage: Stage, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text('"cyborg:arq:get_one": "project_id:%(project_id)s"\n')
    stage.conf.set_override("policy_file", str(policy), group="oslo_policy")
    arq = stage.create_arqs(token="foreign-member")[0]
    own = stage.create_arqs(token="admin")[0]
    assert stage.call("GET", f"/v2/accelerator_requests/{own}").status == 200
    assert stage.call("GET", f"/v2/accelerator_requests/{arq}").status == 403


@pytest.mark.parametrize(
    ("line", "passes"),
    [
        ('"cyborg:device:get_all": "rule:admin_or_user"', True),
        ('"cyborg:device:get_all": "user_id:%(user_id)s"', True),
        ('"cyborg:device:get_all": "rule:default"', True),
        ('"cyborg:device:get_all": "is_admin:True or project_id:%(project_id)s"', True),
        ('"cyborg:device:get_all": "rule:is_admin"', False),
        ('"cyborg:device:get_all": "rule:admin_apii"', False),
        ('"cyborg:device:get_one": ""', False),
    ],
)
def test_a_rule_of_an_existing_policy_file_means_what_it_did(
    stage: Stage, tmp_path: Path, line: str, passes: bool
) -> None:
    """But that a rule which there is not lets nobody pass."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(f"{line}\n")
    stage.conf.set_override("policy_file", str(policy), group="oslo_policy")
    assert stage.call("GET", "/v2/devices", token="member").status == (200 if passes else 403)


def test_whose_word_counts_for_a_clean_is_a_rule_of_its_own(stage: Stage, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        '"cyborg:attach_handle:update": "role:manager"\n'
        '"cyborg:attach_handle:get_all": "role:manager"\n'
    )
    stage.conf.set_override("policy_file", str(policy), group="oslo_policy")
    stage.add_host("compute-1")
    listed = stage.call("GET", "/v2/attach_handles", token="manager", version=NEWEST)
    path = f"/v2/attach_handles/{listed.json['attach_handles'][0]['uuid']}"

    def wish(state: str, token: str) -> int:
        body = {"state": state, "reason": "a test"}
        return stage.call("PATCH", path, body, token=token, version=NEWEST).status

    assert wish("quarantined", "manager") == 200
    assert wish("free", "manager") == 403
    assert wish("dirty", "manager") == 200
    assert wish("quarantined", "manager") == 200
    assert wish("free", "admin") == 200
