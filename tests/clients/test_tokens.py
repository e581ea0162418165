"""Who is let in: Keystone's own tokens, judged by its own middleware."""

from __future__ import annotations

import uuid

import pytest

from tests.clients.service import Running


@pytest.mark.parametrize("path", ["/", "/v2", "/v2/", "/v2.json", "/healthcheck"])
def test_discovery_and_health_need_no_token(service: Running, path: str) -> None:
    assert service.ask("GET", path).status_code == 200


@pytest.mark.parametrize("path", ["/v2/devices", "/devices", "/v2//", "/v2/nope", "/%2e"])
def test_nothing_else_answers_without_a_token(service: Running, path: str) -> None:
    answer = service.ask("GET", path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == f'Keystone uri="{service.realm.url}"'


@pytest.mark.parametrize("token", ["garbage", "gAAAA" + "x" * 200, "a b", "ü".encode("latin1"), ""])
def test_garbage_is_no_token(service: Running, token: str | bytes) -> None:
    assert service.ask("GET", "/v2/devices", token).status_code == 401  # type: ignore[arg-type]


def test_a_revoked_token_is_refused(service: Running) -> None:
    token = service.realm.token("manager")
    assert service.ask("GET", "/v2/devices", token).status_code == 200
    service.realm.revoke(token)
    assert service.ask("GET", "/v2/devices", token).status_code == 401


def test_an_expired_token_is_refused_but_beside_a_services(service: Running) -> None:
    """A service finishes what a user began: Keystone shows it the token for two days more."""
    token = service.realm.token("manager")
    expired, forgotten = service.realm.expire(token), service.realm.expire(token, 3 * 86400)
    nova = service.realm.token("service", "service")
    assert service.ask("GET", "/v2/devices", expired).status_code == 401
    assert service.ask("GET", "/v2/devices", expired, service_token=nova).status_code == 200
    assert service.ask("GET", "/v2/devices", forgotten, service_token=nova).status_code == 401
    expired_nova = service.realm.expire(nova)
    assert service.ask("GET", "/v2/devices", token, service_token=expired_nova).status_code == 401


@pytest.mark.parametrize("scope", ["system", "domain", None])
def test_a_token_that_is_of_no_project_is_forbidden(service: Running, scope: str | None) -> None:
    token = service.realm.token("admin", scope)
    for path in ("/v2/devices", "/v2/accelerator_requests", "/v2/device_profiles"):
        assert service.ask("GET", path, token).status_code == 403


def test_an_application_credential_does_what_its_access_rules_say(service: Running) -> None:
    """Keystone's middleware holds them against the service's type, which is known here."""
    rule = {"service": "accelerator", "method": "GET", "path": "/v2/devices"}
    token = service.realm.restrict("manager", rule)
    assert service.ask("GET", "/v2/devices", token).status_code == 200
    assert service.ask("GET", "/v2/deployables", token).status_code == 401
    assert service.ask("POST", "/v2/devices", token).status_code == 401
    elsewhere = service.realm.restrict("manager", {**rule, "service": "compute"})
    assert service.ask("GET", "/v2/devices", elsewhere).status_code == 401


def test_headers_of_the_middleware_cannot_be_forged(service: Running) -> None:
    forged = {"X-Roles": "admin", "X-Project-Id": "x", "X-Identity-Status": "Confirmed"}
    for token, status in ((None, 401), (service.realm.token("member"), 403)):
        headers = {**forged, **({"X-Auth-Token": token} if token else {})}
        assert service.send("GET", "/v2/devices", headers).status_code == status


def test_only_a_services_token_is_a_service_token(service: Running) -> None:
    """Not that of another user, not the user's own token, and not an administrator's."""
    realm = service.realm
    path = f"/v2/accelerator_requests?instance={uuid.uuid4()}"

    def delete(token: str, service_token: str | None = None) -> int:
        return service.ask("DELETE", path, token, service_token=service_token).status_code

    member, nova, admin = realm.token("member"), realm.token("service"), realm.token("admin")
    assert delete(member) == 403
    assert delete(admin) == 403
    assert delete(nova) == 403
    assert delete(member, service_token=member) == 401
    assert delete(member, service_token=admin) == 401
    assert delete(member, service_token="garbage") == 401
    assert delete(member, service_token=nova) == 204
    realm.revoke(nova)
    assert delete(member, service_token=nova) == 401
