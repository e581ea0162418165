"""The outermost wrapper: nothing leaves the service but an answer in the API's form."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import webob
from keystoneauth1.exceptions import ClientException
from oslo_db import exception as db_exception
from oslo_log import log

from cyborg_rr.api import errors
from cyborg_rr.api.body import Body
from cyborg_rr.api.context import Environ, Wsgi, remember_request
from cyborg_rr.api.microversion import V2_3, Version
from cyborg_rr.domain.errors import CyborgError

LOG = log.getLogger(__name__)

_RETRY_STATUS = 503


def make_fault(error: Exception, version: Version | None = None) -> Any:
    """The error answer; what nobody foresaw is logged with its traceback and told as such."""
    if isinstance(error, db_exception.DBConnectionError | db_exception.DBDeadlock):
        LOG.error("The database does not answer: %s", error)
        error = errors.OutOfService("the database does not answer")
    if isinstance(error, ClientException):
        LOG.error("Keystone cannot be asked: %s", error)
        error = errors.OutOfService("the identity service does not answer")
    if not isinstance(error, CyborgError):
        LOG.error("A request failed for a reason that nobody foresaw", exc_info=error)
        return _respond(500, errors.render_fault(500, errors.UNEXPECTED))
    status = errors.STATUS[error.code]
    body = errors.render_fault(status, str(error))
    if status == 423 and version is not None and version <= V2_3:
        body = errors.EMPTY_FAULT
    response = _respond(status, body)
    if isinstance(error, errors.MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.allow)
    if status == _RETRY_STATUS:
        response.headers["Retry-After"] = str(errors.RETRY_AFTER_SECONDS)
    return response


def _respond(status: int, body: bytes) -> Any:
    return webob.Response(status=status, body=body, content_type="application/json", charset=None)


class Barrier:
    """Gives the request its body reader, and answers for whatever the inner layers let through."""

    def __init__(self, app: Wsgi, body_key: str) -> None:
        self._app = app
        self._body_key = body_key

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        remember_request(environ)  # nothing must be logged under the id of an earlier request
        began = time.monotonic()
        body = environ[self._body_key] = Body(environ)
        try:
            _check_path(environ)
            answer = webob.Request(environ).get_response(self._app)
        except Exception as error:  # noqa: BLE001  # the outermost wrapper of the API
            answer = make_fault(error)
        LOG.info(
            "%s %r answered with %d after %.1f ms",
            environ["REQUEST_METHOD"],
            environ.get("PATH_INFO", ""),
            answer.status_int,
            (time.monotonic() - began) * 1e3,
        )
        body.drain()
        result: Iterable[bytes] = answer(environ, start_response)
        return _hang_up_after(result) if body.is_broken else result


def _hang_up_after(answer: Iterable[bytes]) -> Iterator[bytes]:
    """The answer, after which the server must close: what follows may not be a request."""
    yield from answer
    raise ConnectionAbortedError("the request's body was broken")


def _check_path(environ: Environ) -> None:
    path = environ.get("PATH_INFO", "")
    try:
        path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise errors.NoSuchUrl("the URL's path is not UTF-8") from None
