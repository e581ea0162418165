"""What Keystone's middleware does with a token it knows, for tokens that tests invent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import webob

from cyborg_rr.api.request.caller import Environ, Wsgi

_IDENTITY = (
    "HTTP_X_USER_ID",
    "HTTP_X_PROJECT_ID",
    "HTTP_X_DOMAIN_ID",
    "HTTP_X_ROLES",
    "HTTP_X_SERVICE_ROLES",
    "HTTP_OPENSTACK_SYSTEM_SCOPE",
)
PROJECT = "4f9c1d0f0b6a4d6d8b7e2f3a1c5d7e90"
FOREIGN_PROJECT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
SERVICE_TOKEN = "nova"


@dataclass(frozen=True)
class Token:
    """Whom a token stands for."""

    roles: str
    project_id: str | None = PROJECT
    domain_id: str | None = None
    system_scope: str | None = None


TOKENS = {
    # As Keystone gives them: each role implies those below it.
    "admin": Token("admin,manager,member,reader"),
    "manager": Token("manager,member,reader"),
    "member": Token("member,reader"),
    "reader": Token("reader"),
    "service": Token("service"),
    "roleless": Token(""),
    "bare-admin": Token("admin"),
    "foreign-member": Token("member,reader", FOREIGN_PROJECT),
    "foreign-manager": Token("manager,member,reader", FOREIGN_PROJECT),
    "foreign-admin": Token("admin,manager,member,reader", FOREIGN_PROJECT),
    "system-admin": Token("admin,manager,member,reader", None, system_scope="all"),
    "domain-admin": Token("admin,manager,member,reader", None, domain_id="default"),
}


class FakeKeystone:
    """Stands where the middleware stands: drops forged headers, knows tokens, answers 401."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        for name in _IDENTITY:
            environ.pop(name, None)
        token = TOKENS.get(environ.get("HTTP_X_AUTH_TOKEN", ""))
        if token is None:
            refusal = webob.Response(status=401, json={"error": {"code": 401}})
            result: Iterable[bytes] = refusal(environ, start_response)
            return result
        environ.update(HTTP_X_USER_ID="user", HTTP_X_ROLES=token.roles)
        optional = {
            "HTTP_X_PROJECT_ID": token.project_id,
            "HTTP_X_DOMAIN_ID": token.domain_id,
            "HTTP_OPENSTACK_SYSTEM_SCOPE": token.system_scope,
        }
        environ.update({name: value for name, value in optional.items() if value is not None})
        if environ.get("HTTP_X_SERVICE_TOKEN") == SERVICE_TOKEN:
            environ["HTTP_X_SERVICE_ROLES"] = "service,member"
        return self._app(environ, start_response)
