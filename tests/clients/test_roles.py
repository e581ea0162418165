"""Every route with users of every role of a real Keystone: who is in, and who is told 403."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cyborg_rr.api.app import make_app
from cyborg_rr.api.layers import make_layers
from cyborg_rr.api.operations import list_routes
from tests.api.stage import NEWEST, Stage
from tests.api.test_policy_matrix import ALLOWED, render_path
from tests.clients.service import write_configuration
from tests.servers.realm import Realm

USERS = {
    "reader": ("reader", "demo"),
    "member": ("member", "demo"),
    "manager": ("manager", "demo"),
    "admin": ("admin", "demo"),
    "foreign-member": ("member", "foreign"),
    "foreign-admin": ("admin", "foreign"),
    "service": ("service", "service"),
}
"""Names of the matrix of the fake middleware, and who that is in Keystone: role and project."""


@pytest.fixture
def make_guarded(realm: Realm, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Make an API before Keystone's middleware; options are those of [keystone_authtoken]."""
    made: list[Stage] = []

    def make(**options: str) -> Stage:
        stage = Stage(tmp_path, files=[write_configuration(realm, tmp_path, **options)])
        stage.__dict__["app"] = make_app(stage.services, make_layers(stage.conf, "keystone"))
        made.append(stage)
        return stage

    yield make
    for stage in made:
        stage.close()


def test_each_role_passes_exactly_the_rules_of_the_table(
    realm: Realm, make_guarded: Callable[..., Stage]
) -> None:
    stage = make_guarded()
    nova = {"X-Service-Token": realm.token("service", "service")}
    wrong, cells = [], 0
    for name, (role, project) in USERS.items():
        token = realm.token(role, project)
        for route in list_routes(stage.services):
            if route.rule is None:
                continue
            cells += 1
            path = render_path(route)
            answer = stage.call(route.method, path, token=token, headers=nova, version=NEWEST)
            assert answer.status != 401
            wanted = "in" if name in ALLOWED[route.rule] else "403"
            given = "403" if answer.status == 403 else "in"
            if given != wanted:
                wrong.append(f"{name} {route.method} {route.path}: {given}, not {wanted}")
    assert wrong == []
    assert cells >= 200


def test_a_request_is_of_the_tokens_project_and_hidden_from_others(
    realm: Realm, make_guarded: Callable[..., Stage]
) -> None:
    stage = make_guarded()
    admin, member = realm.token("admin"), realm.token("member")
    body = [{"name": "one", "groups": [{"resources:PGPU": "1"}]}]
    assert stage.call("POST", "/v2/device_profiles", body, token=admin).status == 201
    body = {"device_profile_name": "one"}
    made = stage.call("POST", "/v2/accelerator_requests", body, token=member).json["arqs"][0]
    assert made["project_id"] == realm.projects["demo"]
    path = f"/v2/accelerator_requests/{made['uuid']}"
    for token, status in (
        (member, 200),
        (realm.token("reader"), 200),
        (realm.token("member", "foreign"), 404),
        (realm.token("admin", "foreign"), 200),
    ):
        assert stage.call("GET", path, token=token).status == status


def test_no_spelling_of_a_path_needs_no_token(make_guarded: Callable[..., Stage]) -> None:
    stage = make_guarded()
    for path in ("//", "/v2//", "//v2", "/v2/./", "/v2/../v2/devices", "/healthcheck/x"):
        assert stage.call("GET", path, token=None).status == 401


def test_the_operator_says_which_role_makes_a_token_a_services(
    realm: Realm, make_guarded: Callable[..., Stage]
) -> None:
    stage = make_guarded(service_token_roles="manager")
    path = "/v2/accelerator_requests?instance=99999999-2222-3333-4444-555555555555"
    member = realm.token("member")
    for service, status in (
        (realm.token("manager"), 204),
        (realm.token("admin"), 204),  # an admin is a manager too
        (realm.token("service", "service"), 401),
    ):
        headers = {"X-Service-Token": service}
        assert stage.call("DELETE", path, token=member, headers=headers).status == status
