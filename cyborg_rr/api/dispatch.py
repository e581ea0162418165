"""The pecan root controller: each request takes the same steps, in the order of the contract.

Routing, version negotiation, form of the answer, policy, then the query, and only then the body:
who may not do a thing is told so before anything of the request is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pecan
from pecan import hooks
from webob import exc

from cyborg_rr.api import errors, microversion
from cyborg_rr.api.authorization import Authorizer
from cyborg_rr.api.barrier import make_fault
from cyborg_rr.api.body import Body
from cyborg_rr.api.call import Call, Reply
from cyborg_rr.api.context import Wsgi, read_context, remember_caller
from cyborg_rr.api.links import Links
from cyborg_rr.api.microversion import Version
from cyborg_rr.api.query import parse_query
from cyborg_rr.api.routing import ROOT, Route, Router, split_path

BODY = "cyborg_rr.body"
_HEADERS = "cyborg_rr.version_headers"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a JSON body may be."""

    body_bytes: int
    json_depth: int


class RootController:
    """Takes every request; pecan calls ``_route`` to find who answers."""

    def __init__(
        self,
        router: Router,
        authorizer: Authorizer,
        service_roles: Collection[str],
        public_endpoint: str | None,
        limits: Limits,
    ) -> None:
        self._router = router
        self._authorizer = authorizer
        self._service_roles = frozenset(service_roles)
        self._public_endpoint = public_endpoint
        self._limits = limits

    @pecan.expose()
    def _route(self, _remainder: list[str], request: Any) -> tuple[Any, list[str]]:
        path = request.path_info
        found = self._router.find(request.method, path)
        version = microversion.MINIMUM
        if split_path(path) != ROOT:  # the root tells of versions and speaks none
            version = self._negotiate(request)
            if version < found.since:
                raise errors.NoSuchUrl(f"{path[:200]} is not a URL of version {version}")
            if found.refusal is None:
                request.context[_HEADERS] = microversion.render_headers(version)
        if found.refusal is not None or found.route is None:
            raise found.refusal or errors.NoSuchUrl(path[:200])
        if not request.accept.acceptable_offers(["application/json"]):
            raise errors.NotAcceptable("the answer is application/json, which Accept leaves out")
        request.environ["HTTP_ACCEPT"] = "*/*"  # looked at above; pecan would judge it again
        request.context["call"] = (found.route, version, found.variables)
        return self.answer, []

    @staticmethod
    def _negotiate(request: Any) -> Version:
        try:
            return microversion.negotiate(request.headers.get(microversion.HEADER))
        except errors.MalformedVersion:
            raise
        except errors.NotAcceptable:
            request.context[_HEADERS] = microversion.render_headers(None)
            raise

    @pecan.expose()
    def answer(self, request: Any, _response: Any) -> Any:
        """Check the caller, let the route's handler answer, and render what it says."""
        route: Route
        route, version, variables = request.context["call"]
        context = read_context(request.environ, self._service_roles)
        remember_caller(request.environ)

        def check_object(project_id: str | None) -> None:
            if route.rule is not None:
                self._authorizer.check(context, route.rule, project_id)

        check_object(context.project_id)
        body: Body = request.environ[BODY]
        reply = route.handle(
            Call(
                context=context,
                version=version,
                path=variables,
                query=parse_query(request.query_string, route.query, version),
                body=body,
                links=Links(self._public_endpoint or request.application_url.rstrip("/")),
                read_json=lambda: body.read_json(self._limits.body_bytes, self._limits.json_depth),
                check_object=check_object,
                passes=lambda rule: self._authorizer.passes(context, rule, context.project_id),
            )
        )
        return _render(reply)


def _render(reply: Reply) -> Any:
    if reply.document is None:
        response = pecan.Response(status=reply.status)
        response.content_type = None
    else:
        response = pecan.Response(
            status=reply.status,
            body=json.dumps(reply.document).encode(),
            content_type="application/json",
            charset=None,
        )
    response.headers.update(reply.headers)
    return response


class FaultHook(hooks.PecanHook):  # type: ignore[misc]  # pecan has no types
    """Turns whatever is raised into an error answer; adds the version headers to all answers."""

    def on_error(self, state: Any, error: Exception) -> Any:
        """The error answer."""
        if isinstance(error, exc.HTTPException):  # pecan's own, such as for a broken path
            error = errors.NoSuchUrl(str(error))
        version = state.request.context.get("call", (None, None))[1]
        return make_fault(error, version)

    def after(self, state: Any) -> None:
        """Add the version headers."""
        for name, value in state.request.context.get(_HEADERS, {}).items():
            state.response.headers[name] = value


class UnparsedRequest(pecan.Request):  # type: ignore[misc]  # pecan has no types
    """A request whose query and body pecan leaves alone: they are read within limits, later."""

    GET: Any = property(lambda _self: _NoParameters())
    params: Any = property(lambda _self: _NoParameters())
    json: Any = property(lambda _self: None)


class _NoParameters(dict[str, str]):
    def mixed(self) -> dict[str, str]:
        """What pecan asks a multi-dictionary for."""
        return {}


def make_dispatcher(root: RootController) -> Wsgi:
    """The WSGI application around the root controller."""
    app: Wsgi = pecan.Pecan(
        root,
        use_context_locals=False,
        guess_content_type_from_ext=False,
        default_renderer="json",
        hooks=[FaultHook()],
        request_cls=UnparsedRequest,
    )
    return app
