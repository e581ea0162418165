"""A small identity service over HTTP: issues and describes tokens in the form of Keystone v3."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import webob

from tests.fakes.keystone import TOKENS, Token

SERVICE_USER_TOKEN = "the-service-itself"
NOVA_TOKEN = "nova-service-token"


class IdentityService:
    """Answers /v3/auth/tokens for the tokens of ``TOKENS`` and those of services."""

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        request = webob.Request(environ)
        answer = self._answer(request)
        result: Iterable[bytes] = answer(environ, start_response)
        return result

    def _answer(self, request: Any) -> Any:
        if request.path_info in ("/", "/v3", "/v3/"):
            return self._tell_version(request)
        if request.path_info != "/v3/auth/tokens":
            return webob.Response(status=404)
        if request.method == "POST":
            document = _describe(Token("service"))
            document["token"]["catalog"] = [_describe_itself(request.host_url)]
            answer = webob.Response(status=201, json=document)
            answer.headers["X-Subject-Token"] = SERVICE_USER_TOKEN
            return answer
        subject = request.headers.get("X-Subject-Token", "")
        known = {**TOKENS, NOVA_TOKEN: Token("service"), SERVICE_USER_TOKEN: Token("service")}
        if subject not in known:
            return webob.Response(status=404, json={"error": {"code": 404}})
        return webob.Response(status=200, json=_describe(known[subject]))

    @staticmethod
    def _tell_version(request: Any) -> Any:
        links = [{"rel": "self", "href": f"{request.host_url}/v3/"}]
        version = {"id": "v3.14", "status": "stable", "links": links}
        if request.path_info == "/":
            return webob.Response(status=300, json={"versions": {"values": [version]}})
        return webob.Response(json={"version": version})


def _describe_itself(url: str) -> dict[str, Any]:
    endpoints = [
        {"id": kind, "interface": kind, "region": "one", "region_id": "one", "url": url}
        for kind in ("admin", "internal", "public")
    ]
    return {"id": "identity", "type": "identity", "name": "keystone", "endpoints": endpoints}


def _describe(token: Token) -> dict[str, Any]:
    now = datetime.now(UTC)
    document: dict[str, Any] = {
        "methods": ["password"],
        "user": {"id": "user", "name": "user", "domain": {"id": "default", "name": "Default"}},
        "roles": [{"id": role, "name": role} for role in token.roles.split(",") if role],
        "issued_at": now.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        "expires_at": (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        "catalog": [],
        "audit_ids": ["x"],
    }
    if token.project_id is not None:
        domain = {"id": "default", "name": "Default"}
        document["project"] = {"id": token.project_id, "name": "p", "domain": domain}
    if token.domain_id is not None:
        document["domain"] = {"id": token.domain_id, "name": "Default"}
    if token.system_scope is not None:
        document["system"] = {token.system_scope: True}
    return {"token": document}
