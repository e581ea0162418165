"""Who calls: what Keystone's middleware says of the caller, as one value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from oslo_context import context as log_context

Environ = MutableMapping[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

ADMIN_ROLE = "admin"
NOAUTH_USER = "00000000000000000000000000000001"
NOAUTH_PROJECT = "00000000000000000000000000000002"
"""The one user and project of a service without Keystone."""
NOAUTH_ROLES = "admin,manager,member,reader"
NOAUTH_SERVICE_ROLE = "service"

_IDENTITY_HEADERS = (
    "HTTP_X_USER_ID",
    "HTTP_X_PROJECT_ID",
    "HTTP_X_DOMAIN_ID",
    "HTTP_X_ROLES",
    "HTTP_X_SERVICE_ROLES",
    "HTTP_OPENSTACK_SYSTEM_SCOPE",
)


@dataclass(frozen=True, slots=True)
class Context:
    """The caller of one request."""

    user_id: str | None
    project_id: str | None
    domain_id: str | None
    system_scope: str | None
    roles: frozenset[str]
    has_service_token: bool

    @property
    def is_admin(self) -> bool:
        """Whether the caller sees the objects of all projects."""
        return ADMIN_ROLE in self.roles

    @property
    def only_project(self) -> str | None:
        """The project whose objects the caller may touch; None: all."""
        return None if self.is_admin else self.project_id

    def to_credentials(self) -> dict[str, Any]:
        """The form that policy rules are checked against."""
        return {
            "user_id": self.user_id,
            "project_id": self.project_id,
            "domain_id": self.domain_id,
            "system_scope": self.system_scope,
            "roles": sorted(self.roles),
            "is_admin": self.is_admin,
        }


def read_context(environ: Environ, service_roles: Collection[str]) -> Context:
    """The caller as the authenticating middleware describes it in the environment.

    A service token counts when one of its roles is among ``service_roles``.
    """
    return Context(
        user_id=environ.get("HTTP_X_USER_ID"),
        project_id=environ.get("HTTP_X_PROJECT_ID"),
        domain_id=environ.get("HTTP_X_DOMAIN_ID"),
        system_scope=environ.get("HTTP_OPENSTACK_SYSTEM_SCOPE"),
        roles=_split(environ.get("HTTP_X_ROLES")),
        has_service_token=not _split(environ.get("HTTP_X_SERVICE_ROLES")).isdisjoint(service_roles),
    )


def remember_request(environ: Environ) -> None:
    """Let log lines of this thread carry the request's ids; who calls is not known yet."""
    log_context.RequestContext(
        request_id=environ.get("openstack.request_id"),
        global_request_id=environ.get("openstack.global_request_id"),
        overwrite=True,
    )


def remember_caller(environ: Environ) -> None:
    """Let log lines of this thread carry the caller too, once Keystone's middleware vouches."""
    log_context.RequestContext.from_environ(dict(environ), overwrite=True)


def _split(text: str | None) -> frozenset[str]:
    return frozenset(role.strip() for role in (text or "").split(",") if role.strip())


class EveryoneIsAdmin:
    """Stands where Keystone's middleware would: every caller is an administrator and a service.

    Identity headers that the caller sent are dropped first.
    """

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        for name in _IDENTITY_HEADERS:
            environ.pop(name, None)
        environ.update(
            HTTP_X_USER_ID=NOAUTH_USER,
            HTTP_X_PROJECT_ID=NOAUTH_PROJECT,
            HTTP_X_ROLES=NOAUTH_ROLES,
            HTTP_X_SERVICE_ROLES=NOAUTH_SERVICE_ROLE,
        )
        return self._app(environ, start_response)
