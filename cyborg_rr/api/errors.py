"""What went wrong, as HTTP says it: the one table from error code to status, and the error body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from cyborg_rr.domain.errors import Conflict, CyborgError, Forbidden, InvalidInput


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
    """Some request of the instance is still being bound; ask again later."""

    code = "not_resolved"


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
        "busy": 503,
        "out_of_service": 503,
    }
)
"""HTTP status by error code; a test holds every error class against it."""

RETRY_AFTER_SECONDS = 5
"""What a caller is told to wait when the answer is 503."""

UNEXPECTED = "The service failed to answer; its log says why, under the id of this request."


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


EMPTY_FAULT = b'{"error_message": "null"}'
"""The body of 423 up to microversion 2.3."""
