"""What went wrong, as HTTP says it: the one table from error code to status, and the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import webob
from oslo_db import exception as db_exception
from oslo_log import log

from cyborg_rr.db.faults import tell_fault
from cyborg_rr.domain.errors import Conflict, CyborgError, Forbidden, InvalidInput

LOG = log.getLogger(__name__)


class NoSuchUrl(CyborgError):
    """The URL names nothing that this service has."""

    code = "no_such_url"


class MethodNotAllowed(CyborgError):
    """The URL exists, but not with this method; ``allow`` are those of the resource."""

    code = "method_not_allowed"

    def __init__(self, method: str, allow: tuple[str, ...]) -> None:
        super().__init__(f"method {method} is not allowed here; allowed are {', '.join(allow)}")
        self.allow = allow


class NotAcceptable(CyborgError):
    """The answer cannot have the form, or the request the version, that the caller asks for."""

    code = "not_acceptable"


class MalformedVersion(NotAcceptable):
    """The version header cannot be read; the answer then carries no version headers."""

    code = "malformed_version"


class UnsupportedMediaType(CyborgError):
    """The body is of a type that the operation does not read."""

    code = "unsupported_media_type"


class BodyTooLarge(CyborgError):
    """The body is longer than the operation reads."""

    code = "body_too_large"


class NotResolved(CyborgError):
    """Some request of the instance is still being bound; ask again later.

    ``is_told`` is false for callers of old versions, whose answer says nothing.
    """

    code = "not_resolved"

    def __init__(self, text: str, *, is_told: bool) -> None:
        super().__init__(text)
        self.is_told = is_told


class ServiceTokenRequired(Forbidden):
    """Only another service, on behalf of a user, may do this to a bound request."""

    code = "service_token_required"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} requires a service token")


class Busy(CyborgError):
    """All places for this kind of work are taken; the caller may try again soon."""

    code = "busy"


class NotProgrammable(Conflict):
    """The deployable cannot be given a bitstream."""

    code = "not_programmable"


class PinnedServerFault(InvalidInput):
    """Bad input that the accelerator v2 API answers with 500 up to microversion 2.3.

    Its public test-suite expects that status; from 2.100 on it is what it should be.
    """

    code = "pinned_server_fault"


class OutOfService(CyborgError):
    """A part that the service cannot do without does not answer."""

    code = "out_of_service"


STATUS: Mapping[str, int] = MappingProxyType(
    {
        "invalid_input": 400,
        "unreadable_model": 400,
        "forbidden": 403,
        "host_refused": 403,
        "over_quota": 403,
        "service_token_required": 403,
        "not_found": 404,
        "no_such_url": 404,
        "no_free_handle": 404,
        "method_not_allowed": 405,
        "not_acceptable": 406,
        "malformed_version": 406,
        "conflict": 409,
        "invalid_state": 409,
        "handle_in_use": 409,
        "not_programmable": 409,
        "body_too_large": 413,
        "unsupported_media_type": 415,
        "not_resolved": 423,
        "error": 500,
        "bad_catalogue": 500,
        "pinned_server_fault": 500,
        "agent_unavailable": 503,
        "host_lost": 503,
        "no_allocation": 409,
        "placement_unavailable": 503,
        "host_busy": 503,
        "no_conductor": 503,
        "limits_unavailable": 503,
        "unreadable_document": 503,
        "busy": 503,
        "out_of_service": 503,
    }
)
"""HTTP status by error code; a test holds every error class against it."""

_RETRY_STATUS = 503
_RETRY_AFTER_SECONDS = 5

_UNEXPECTED = "The service failed to answer; its log says why, under the id of this request."
_UNTOLD = b'{"error_message": "null"}'


def make_fault(error: Exception) -> Any:
    """The error answer; what nobody foresaw is logged with its traceback and told as such."""
    error = _name_dependency(error)
    if not isinstance(error, CyborgError):
        LOG.error("A request failed for a reason that nobody foresaw", exc_info=error)
        return _respond(500, render_fault(500, _UNEXPECTED))
    status = STATUS[error.code]
    is_told = not isinstance(error, NotResolved) or error.is_told
    response = _respond(status, render_fault(status, str(error)) if is_told else _UNTOLD)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.allow)
    if status == _RETRY_STATUS:
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return response


def _name_dependency(error: Exception) -> Exception:
    """``OutOfService`` in place of what the libraries raise when what we depend on is silent."""
    if isinstance(error, db_exception.DBConnectionError | db_exception.DBDeadlock):
        return report_lost_database(error)
    return error


def report_lost_database(error: Exception) -> OutOfService:
    """Log why, and give the error that callers are told."""
    told = tell_fault(error)
    LOG.error("The database %s: %s", told, error)
    return OutOfService(f"the database {told}")


def _respond(status: int, body: bytes) -> Any:
    return webob.Response(status=status, body=body, content_type="application/json", charset=None)


def render_fault(status: int, text: str) -> bytes:
    """The error body: an object with one text, which is itself the JSON of a fault.

    The accelerator v2 API encodes twice, and the SDK reads ``faultstring`` from the inner text.
    """
    fault = {
        "faultcode": "Client" if status < 500 else "Server",
        "faultstring": text,
        "debuginfo": None,
    }
    return json.dumps({"error_message": json.dumps(fault)}).encode()
