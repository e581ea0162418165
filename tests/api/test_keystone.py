"""The real keystonemiddleware before the API, with a small identity service behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import webob
from keystonemiddleware import auth_token
from oslo_config import cfg

from cyborg_rr.api.app import make_app
from cyborg_rr.api.layers import make_layers
from tests.api.stage import Stage
from tests.fakes.identity import NOVA_TOKEN, IdentityService
from tests.fakes.serving import serving


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A service whose callers are checked by keystonemiddleware."""
    with serving(IdentityService()) as url:
        stage = Stage(tmp_path_factory.mktemp("keystone"))
        configure(stage.conf, url)
        stage.__dict__["app"] = make_app(stage.services, make_layers(stage.conf, "keystone"))
        yield stage
        stage.close()


def configure(conf: cfg.ConfigOpts, url: str) -> None:
    """What an operator writes into [keystone_authtoken]."""
    for _, options in auth_token.list_opts():
        conf.register_opts(options, group="keystone_authtoken")
    file = Path(conf.database.connection.removeprefix("sqlite:///")).with_name("auth.conf")
    file.write_text(
        f"[keystone_authtoken]\nwww_authenticate_uri={url}\nauth_url={url}\nauth_type=v3password\n"
        "username=cyborg\npassword=secret\nuser_domain_id=default\nproject_name=service\n"
        "project_domain_id=default\n"
    )
    conf(["--config-file", str(file)], project="cyborg_rr")


def get(stage: Stage, path: str, **headers: str) -> Any:
    """A GET with those headers."""
    request = webob.Request.blank(path)
    request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return request.get_response(stage.app)


def test_without_a_token_only_discovery_and_health_answer(guarded: Stage) -> None:
    for path in ("/", "/v2", "/v2/", "/v2.json", "/healthcheck"):
        assert get(guarded, path).status_int == 200
    for path in ("/v2/devices", "/devices", "/v2/ir_requirements", "//", "/v2//"):
        answer = get(guarded, path)
        assert answer.status_int == 401
        assert "Keystone uri=" in answer.headers["WWW-Authenticate"]


def test_an_unknown_token_is_refused(guarded: Stage) -> None:
    assert get(guarded, "/v2/devices", X_Auth_Token="nobody").status_int == 401


def test_roles_and_project_come_from_the_token(guarded: Stage) -> None:
    assert get(guarded, "/v2/devices", X_Auth_Token="manager").status_int == 200
    assert get(guarded, "/v2/devices", X_Auth_Token="member").status_int == 403
    assert get(guarded, "/v2/accelerator_requests", X_Auth_Token="member").json == {"arqs": []}


def test_forged_identity_headers_do_not_count(guarded: Stage) -> None:
    forged = {"X_Roles": "admin", "X_Project_Id": "x", "X_Service_Roles": "service"}
    assert get(guarded, "/v2/devices", X_Auth_Token="member", **forged).status_int == 403
    assert get(guarded, "/v2/devices", X_Identity_Status="Confirmed", **forged).status_int == 401


def test_a_system_scoped_token_is_forbidden(guarded: Stage) -> None:
    for token in ("system-admin", "domain-admin"):
        assert get(guarded, "/v2/devices", X_Auth_Token=token).status_int == 403


def test_only_a_token_with_the_service_role_is_a_service_token(guarded: Stage) -> None:
    path = "/v2/accelerator_requests?instance=99999999-2222-3333-4444-555555555555"

    def delete(**headers: str) -> int:
        request = webob.Request.blank(path, method="DELETE")
        request.headers["X-Auth-Token"] = "member"
        request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return int(request.get_response(guarded.app).status_int)

    assert delete() == 403
    assert delete(X_Service_Token="member") == 401
    assert delete(X_Service_Token=NOVA_TOKEN) == 204
