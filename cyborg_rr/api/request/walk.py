"""The walk of a request through the steps of this room, in the order of the contract.

Path, version, form of the answer, caller, policy, then the query, and only then the body: who may
not do a thing is told so before anything of the request is looked at.

Pecan is the shell around ``Walk``: it makes a webob request of the WSGI environment, asks the root
controller's ``_route`` who answers, calls that and sends what it returns. Nothing else of it is
used. Its routing by attributes could not tell the contract's 404 from its 405 and would serve
whatever a class exposes; its hooks and error pages know neither versions nor the API's faults; its
renderers and its reading of parameters would parse a body before the policy was asked and without
a limit.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pecan
import webob
from oslo_log import log
from oslo_policy.policy import Enforcer
from webob.acceptparse import create_accept_header
from webob.multidict import NoVars

from cyborg_rr.api.request.answer import Call, Links, Reply, render_reply
from cyborg_rr.api.request.body import JSON, NO_BODY, Body
from cyborg_rr.api.request.caller import (
    Environ,
    Wsgi,
    read_caller,
    remember_caller,
    remember_request,
)
from cyborg_rr.api.request.errors import NotAcceptable, make_fault
from cyborg_rr.api.request.path import Route, Router, is_public, read_path
from cyborg_rr.api.request.query import NOTHING_ASKED, parse_query
from cyborg_rr.api.request.version import HEADER, Version
from cyborg_rr.domain.errors import InvalidInput

LOG = log.getLogger(__name__)

_BODY = "cyborg_rr.body"
_HEADERS = "cyborg_rr.headers"
SKIPS_BODIES = "cyborg_rr.skips_bodies"
"""Set in the environment by a server that deals with what an answered request left unread."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{1,45}\]|[0-9A-Za-z._~-]{1,255})(:[0-9]{0,5})?", re.ASCII)
"""A name or an address, and perhaps a port (RFC 9110, section 7.2); names are not encoded."""

MAX_ACCEPT_LENGTH = 4096
"""Longer, what Accept lists takes longer to read than whoever has no token may take."""

_ANNOUNCE_A_BODY = ("CONTENT_LENGTH", "CONTENT_TYPE", "wsgi.input_terminated")


class Door:
    """The outermost wrapper: nothing leaves the service but an answer in the API's form.

    ``public`` answers the paths that need no token, ``guarded`` all others, and ``aside`` those
    that are no part of the API, by path.
    """

    def __init__(self, public: Wsgi, guarded: Wsgi, aside: Mapping[str, Wsgi]) -> None:
        self._public = public
        self._guarded = guarded
        self._aside = aside

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        remember_request(environ)  # nothing must be logged under the id of an earlier request
        began = time.monotonic()
        headers = environ[_HEADERS] = {}
        body = environ[_BODY] = _find_body(environ)
        try:
            answer = webob.Request(environ).get_response(self._choose(read_path(environ)))
        except Exception as error:  # noqa: BLE001  # the outermost wrapper of the API
            answer = make_fault(error)
        answer.headers.update(headers)
        LOG.info(
            "%s %r answered with %d after %.1f ms",
            environ["REQUEST_METHOD"],
            environ.get("PATH_INFO", ""),
            answer.status_int,
            (time.monotonic() - began) * 1e3,
        )
        if body is not NO_BODY and not environ.get(SKIPS_BODIES):
            body.drain()
        result: Iterable[bytes] = answer(environ, start_response)
        return _hang_up_after(result) if body.is_broken else result

    def _choose(self, path: str) -> Wsgi:
        aside = self._aside.get(path.removesuffix("/"))
        return aside or (self._public if is_public(path) else self._guarded)


def _find_body(environ: Environ) -> Body:
    return Body(environ) if any(environ.get(name) for name in _ANNOUNCE_A_BODY) else NO_BODY


def _hang_up_after(answer: Iterable[bytes]) -> Iterator[bytes]:
    """The answer, after which the server must close: what follows may not be a request."""
    yield from answer
    raise ConnectionAbortedError("the request's body was broken")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a JSON body may be."""

    body_bytes: int
    json_depth: int


class Walk:
    """Takes a request through all steps; pecan's root controller."""

    def __init__(
        self,
        router: Router,
        enforcer: Enforcer,
        service_roles: Collection[str],
        public_endpoint: str | None,
        limits: Limits,
    ) -> None:
        self._router = router
        self._enforcer = enforcer
        self._service_roles = frozenset(service_roles)
        self._public_endpoint = public_endpoint
        self._limits = limits

    @pecan.expose()
    def _route(self, _remainder: list[str], request: Any) -> tuple[Any, list[str]]:
        request.context["accept"] = request.environ.get("HTTP_ACCEPT")
        request.environ["HTTP_ACCEPT"] = "*/*"  # pecan would judge it before its turn
        return self.answer, []

    @pecan.expose()
    def answer(self, request: Any, _response: Any) -> Any:
        """The steps, in their order."""
        found = self._router.find(request.method, request.path_info)
        route, version = found.choose(request.headers.get(HEADER), request.environ[_HEADERS])
        _check_accept(request.context["accept"])
        return render_reply(self._call(request, route, version, found.variables))

    def _call(
        self, request: Any, route: Route, version: Version, variables: Mapping[str, str]
    ) -> Reply:
        caller = read_caller(request.environ, self._service_roles, self._enforcer)
        remember_caller(request.environ)

        def check_object(project_id: str | None) -> None:
            if route.rule is not None:
                caller.check(route.rule, project_id)

        check_object(caller.project_id)
        query, body = request.query_string, request.environ[_BODY]
        return route.handle(
            Call(
                caller=caller,
                version=version,
                path=variables,
                query=parse_query(query, route.query, version) if query else NOTHING_ASKED,
                body=body,
                links=Links(self._public_endpoint or _read_root(request)),
                read_json=lambda: body.read_json(self._limits.body_bytes, self._limits.json_depth),
                check_object=check_object,
                passes=lambda rule: caller.passes(rule, caller.project_id),
            )
        )


def _check_accept(header: str | None) -> None:
    if header is not None and len(header) > MAX_ACCEPT_LENGTH:
        raise NotAcceptable(f"the header Accept has more than {MAX_ACCEPT_LENGTH} characters")
    if not create_accept_header(header).acceptable_offers([JSON]):
        raise NotAcceptable(f"the answer is {JSON}, which Accept leaves out")


def _read_root(request: Any) -> str:
    """Where the request came in; its Host stands in links and in a header, so it must be one."""
    host = request.environ.get("HTTP_HOST")
    if host and not _HOST.fullmatch(host):
        raise InvalidInput(f"the header Host is no name or address: {host[:100]!r}")
    root: str = request.application_url
    return root.rstrip("/")


class _UnreadRequest(pecan.Request):  # type: ignore[misc]  # pecan has no types
    """A request whose query and body pecan leaves alone: they are read within limits, later."""

    GET = params = NoVars()
    json = None


def make_shell(walk: Walk) -> Wsgi:
    """The walk as a WSGI application."""
    app: Wsgi = pecan.Pecan(
        walk,
        use_context_locals=False,
        guess_content_type_from_ext=False,
        default_renderer="json",
        request_cls=_UnreadRequest,
    )
    return app
