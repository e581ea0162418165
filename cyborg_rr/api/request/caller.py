"""Who calls, as Keystone's middleware says, and what the policy lets the caller do."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from oslo_context import context as log_context
from oslo_policy.policy import Enforcer

from cyborg_rr.domain.errors import Forbidden
from cyborg_rr.domain.requests import Mandate

Environ = MutableMapping[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

ADMIN_ROLE = "admin"
NOAUTH_USER = "00000000000000000000000000000001"
NOAUTH_PROJECT = "00000000000000000000000000000002"
"""The one user and project of a service without Keystone."""
NOAUTH_ROLES = "admin,manager,member,reader"
NOAUTH_SERVICE_ROLE = "service"

_LOOPBACK = re.compile(
    r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{0,5})?", re.ASCII | re.IGNORECASE
)
_IDENTITY_HEADERS = (
    "HTTP_X_USER_ID",
    "HTTP_X_PROJECT_ID",
    "HTTP_X_DOMAIN_ID",
    "HTTP_X_ROLES",
    "HTTP_X_SERVICE_ROLES",
    "HTTP_OPENSTACK_SYSTEM_SCOPE",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of one request, and the policy that the caller is held against.

    What a call may touch follows from here alone: ``only_project`` limits it to one project's
    objects, ``has_service_token`` lets it change what is bound, ``mandate`` tells the conductor.
    """

    user_id: str | None
    project_id: str | None
    domain_id: str | None
    system_scope: str | None
    roles: frozenset[str]
    has_service_token: bool
    enforcer: Enforcer = field(repr=False)

    @property
    def is_admin(self) -> bool:
        """Whether the caller sees the objects of all projects."""
        return ADMIN_ROLE in self.roles

    @property
    def only_project(self) -> str | None:
        """The project whose objects the caller may touch; None: all."""
        return None if self.is_admin else self.project_id

    @property
    def mandate(self) -> Mandate:
        """What the conductor may do to accelerator requests for this caller."""
        return Mandate(self.only_project, may_be_bound=self.has_service_token)

    def passes(self, rule: str, project_id: str | None) -> bool:
        """Whether the rule lets the caller act on an object of that project.

        A token without project, such as a system-scoped one, passes no rule.
        """
        return self._acts_for_project and bool(
            self.enforcer.authorize(rule, {"project_id": project_id}, self._to_credentials())
        )

    def check(self, rule: str, project_id: str | None) -> None:
        """``Forbidden`` names the rule when it does not let the caller pass."""
        if not self._acts_for_project:
            raise Forbidden(f"rule {rule} needs a token for a project")
        if not self.passes(rule, project_id):
            raise Forbidden(f"policy rule {rule} does not allow this to the caller")

    @property
    def _acts_for_project(self) -> bool:
        return self.project_id is not None and self.system_scope is None

    def _to_credentials(self) -> dict[str, Any]:
        return {
            "user_id": self.user_id,
            "project_id": self.project_id,
            "domain_id": self.domain_id,
            "system_scope": self.system_scope,
            "roles": sorted(self.roles),
            "is_admin": self.is_admin,
        }


def read_caller(environ: Environ, service_roles: Collection[str], enforcer: Enforcer) -> Caller:
    """The caller as the authenticating middleware describes it in the environment.

    A service token counts when one of its roles is among ``service_roles``.
    """
    return Caller(
        user_id=environ.get("HTTP_X_USER_ID"),
        project_id=environ.get("HTTP_X_PROJECT_ID"),
        domain_id=environ.get("HTTP_X_DOMAIN_ID"),
        system_scope=environ.get("HTTP_OPENSTACK_SYSTEM_SCOPE"),
        roles=_split(environ.get("HTTP_X_ROLES")),
        has_service_token=not _split(environ.get("HTTP_X_SERVICE_ROLES")).isdisjoint(service_roles),
        enforcer=enforcer,
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

    Identity headers that the caller sent are dropped first. A page of somebody else in a browser
    of this machine is no such caller: ``Forbidden``.
    """

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        _refuse_pages_of_others(environ)
        for name in _IDENTITY_HEADERS:
            environ.pop(name, None)
        environ.update(
            HTTP_X_USER_ID=NOAUTH_USER,
            HTTP_X_PROJECT_ID=NOAUTH_PROJECT,
            HTTP_X_ROLES=NOAUTH_ROLES,
            HTTP_X_SERVICE_ROLES=NOAUTH_SERVICE_ROLE,
        )
        return self._app(environ, start_response)


def _refuse_pages_of_others(environ: Environ) -> None:
    """``Forbidden`` for what a browser sends for a page that did not come from this machine.

    Its Host names this machine otherwise where a name of the page's was made to lead here, and its
    Origin is another where the page sends a form here.
    """
    host, origin = environ.get("HTTP_HOST"), environ.get("HTTP_ORIGIN")
    if host is not None and not _LOOPBACK.fullmatch(host):
        raise Forbidden("without Keystone the header Host must name this machine's loopback")
    is_change = environ["REQUEST_METHOD"] not in ("GET", "HEAD")
    if is_change and origin is not None and origin.partition("://")[2] != host:
        raise Forbidden("without Keystone nothing is changed for a page of another origin")
